"""Groups (patients) of images, from a CSV file."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from albench.api import DataError
from albench_datasets.group_names import not_read
from albench_datasets.imagefolder_names import printable
from albench_datasets.spelling import composed
from albench_datasets.table_columns import Columns, columns, rows_of


@dataclass
class Groups:
    """The group of each image, by path.

    Attributes
    ----------
    respelt
        Rows whose path is that of an image in another Unicode form, or with other spaces around a name.
    told
        What was read of the table, and what was not, where it is more than ``file,group``.
    """

    of: dict[str, str] = field(default_factory=dict)
    respelt: int = 0
    told: str = ""


def read_groups(file: Path, images: Collection[str], group_by: str = "") -> Groups:
    """The group of each image, from a CSV file with the header ``file,group``, or names that mean the same.

    Paths and groups are compared in the Unicode form NFC and without spaces around names, so that ``café`` is one name
    however it was typed.

    Raises
    ------
    DataError
        Where the file or a column is missing, a row names no image or one named before, a group is blank, or an
        image has no row.
    """
    with rows_of(file) as rows:
        groups = _groups(rows, file, images, group_by)
    without = [name for name in images if name not in groups.of]
    if without:
        more = f" and {len(without) - 1:,} other images" if len(without) > 1 else ""
        raise DataError(f"{file}: no row for {printable(without[0])}{more}; every image needs its group")
    return groups


def image_of(images: Collection[str]) -> Callable[[str], tuple[str, list[str]]]:
    """What gives a typed path in the way of the listing, and the images that it may mean: one, none or several."""
    by_form: dict[str, list[str]] = defaultdict(list)
    for name in images:
        by_form[_form(name)].append(name)
    known = frozenset(images)

    def find(text: str) -> tuple[str, list[str]]:
        typed = _path(text, known, by_form)
        return typed, [typed] if typed in known else by_form.get(_form(typed), [])

    return find


def _groups(rows: csv.DictReader[str], file: Path, images: Collection[str], group_by: str) -> Groups:
    rows.fieldnames = [(column or "").strip() for column in rows.fieldnames or ()]
    needed = ("file", "group")
    roles = columns(rows.fieldnames, str(file), needed=needed, wanted=needed, form="file,group", group_by=group_by)
    find, groups = image_of(images), Groups(told=_told(roles, file.name))
    for row in rows:
        line = f"{file}, line {rows.line_num}"
        typed, alike = find((row[roles.of["file"]] or "").strip())
        group = composed((row[roles.of["group"]] or "").strip())
        if not alike:
            raise DataError(f"{line}: '{printable(typed)}' is no image here; paths are relative to the image folder")
        if len(alike) > 1:
            raise DataError(
                f"{line}: {printable(typed)} is the name of {len(alike)} files in two Unicode forms; rename one"
            )
        (name,) = alike
        if name in groups.of:
            raise DataError(f"{line}: {printable(name)} is named twice; one row an image is needed")
        if not group:
            raise DataError(f"{line}: no group for {printable(name)}; write one")
        groups.of[name] = group
        groups.respelt += name != typed
    return groups


def _told(roles: Columns, name: str) -> str:
    left = not_read(roles.others, "column")
    if roles.of["group"] == "group" and not left:
        return ""
    return f"groups from {name} (column {printable(roles.of['group'])}){f'; {left}' if left else ''}"


def _form(path: str) -> str:
    """What the spellings of one path have in common: composed letters, no spaces around a folder's name."""
    return "/".join(part.strip() for part in composed(path).split("/"))


def _path(text: str, known: Collection[str], by_form: Collection[str]) -> str:
    """The path in the way of the listing: ``./a/1.png`` and ``a\\1.png`` are ``a/1.png``."""
    name = str(PurePosixPath(text))
    return name if name in known or _form(name) in by_form else str(PurePosixPath(text.replace("\\", "/")))

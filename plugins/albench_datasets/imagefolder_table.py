"""Images whose labels are in a CSV file, in place of folders of classes."""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from albench.api import DataError
from albench_datasets.group_names import not_read
from albench_datasets.imagefolder_files import Listing
from albench_datasets.imagefolder_groups import image_of
from albench_datasets.imagefolder_names import is_system, kind, natural, number, printable, split_of
from albench_datasets.published import SPLITS
from albench_datasets.spelling import composed
from albench_datasets.table_columns import columns, rows_of, suggestions

USUAL = "labels.csv"
"""The table's name, in any case, by which it is found without being named."""
FORM = "file,label[,group][,split]"


@dataclass
class Table:
    """Rows of the table, by image.

    Attributes
    ----------
    labels
        Image -> the name of its class.
    groups
        Image -> its group; empty where no column tells.
    splits
        Image -> its split; empty where no column tells.
    group_column
        The header of the groups.
    others
        Column that is not read -> its values.
    """

    labels: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    splits: dict[str, str] = field(default_factory=dict)
    group_column: str = ""
    others: dict[str, list[str]] = field(default_factory=dict)


def usual_table(folder: Path) -> Path | None:
    """``labels.csv`` of a folder that has no folders of classes: at most one folder lies in it."""
    entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".") and not is_system(entry.name)]
    tables = [entry for entry in entries if entry.name.casefold() == USUAL and entry.is_file()]
    return tables[0] if tables and sum(entry.is_dir() for entry in entries) < 2 else None


def list_table(folder: Path, file: Path, group_by: str = "") -> tuple[Listing, dict[str, str]]:
    """The images that a table names, by split and class; and the group of each, where it has groups.

    Parameters
    ----------
    group_by
        The column of groups, where its name does not say so.

    Raises
    ------
    DataError
        Where the table or a column is missing, a row names no image or one named before, a label or group is blank, a
        split is none, or there are fewer than two classes.
    """
    images = _images(folder)
    table = _read(file, images, group_by)
    names = sorted(set(table.labels.values()), key=natural)
    if len(names) < 2:
        raise DataError(f"{file}: {number(len(names), 'different label')} in it; at least two classes are needed")
    code = {name: label for label, name in enumerate(names)}
    parts: dict[str, dict[str, int]] = {}
    for split in SPLITS if table.splits else ("",):
        rows = {name: code[label] for name, label in table.labels.items() if table.splits.get(name, "") == split}
        if rows:
            parts[split] = dict(sorted(rows.items()))
    if table.splits and "train" not in parts:
        raise DataError(f"{file}: no row of the split train")
    without = len(images) - len(table.labels)
    notices: tuple[str, ...] = (
        (f"not read, without a row in {file.name}: {number(without, 'image')}",) if without else ()
    )
    if not table.groups and not group_by:
        notices += suggestions(table.others, len(names), file.name)
    return Listing(tuple(names), parts, notices, (_told(table, file.name),)), table.groups


def _told(table: Table, name: str) -> str:
    """What was read of the table, and what was not."""
    called = "" if table.group_column.strip() in ("", "group") else f" (column {printable(table.group_column.strip())})"
    what_else = [each for each, found in ((f"groups{called}", table.groups), ("splits", table.splits)) if found]
    left = not_read(list(table.others), "column")
    return f"labels{''.join(f', {each}' for each in what_else)} from {name}{f'; {left}' if left else ''}"


def _images(folder: Path) -> list[str]:
    """All images in a folder and below it, relative to it; hidden ones and those of systems left out."""
    found = []
    for here, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and not is_system(name)]
        found += [
            (Path(here) / name).relative_to(folder).as_posix()
            for name in files
            if kind(name) == "read" and not name.startswith(".")
        ]
    return sorted(found)


def _read(file: Path, images: list[str], group_by: str) -> Table:
    where = str(file)
    with rows_of(file) as rows:
        roles = columns(
            [name or "" for name in rows.fieldnames or ()],
            where,
            needed=("file", "label"),
            wanted=("file", "label", "group", "split"),
            form=FORM,
            group_by=group_by,
        )
        table = Table(group_column=roles.of.get("group", ""), others={name: [] for name in roles.others})
        _fill(table, rows, roles.of, where, images)
    return table


def _fill(table: Table, rows: csv.DictReader[str], of: Mapping[str, str], where: str, images: list[str]) -> None:
    """Read the rows into the table."""
    bare: dict[str, list[str]] = defaultdict(list)
    for name in images:
        bare[name.rsplit(".", 1)[0]].append(name)
    find = image_of(images)
    for row in rows:
        line = f"{where}, line {rows.line_num}"
        value = {role: composed((row[column] or "").strip()) for role, column in of.items()}
        typed, alike = find((row[of["file"]] or "").strip())
        alike = alike or bare.get(typed, [])  # some tables leave the extension out
        if len(alike) != 1:
            why = f"the name of {len(alike)} images" if alike else "no image here; paths are relative to the folder"
            raise DataError(f"{line}: '{printable(typed)}' is {why}")
        (name,) = alike
        if name in table.labels:
            raise DataError(f"{line}: {printable(name)} is named twice; one row an image is needed")
        for role in ("label", "group"):
            if role in value and not value[role]:
                raise DataError(f"{line}: no {role} for {printable(name)}; write one, or leave the row out")
        if not value["label"].isprintable():
            raise DataError(f"{line}: the label {value['label']!r} cannot be shown; write plain text")
        table.labels[name] = value["label"]
        if "group" in value:
            table.groups[name] = value["group"]
        if "split" in value:
            split = split_of(value["split"])
            if not split:
                raise DataError(f"{line}: the split '{printable(value['split'])}' is neither train, val nor test")
            table.splits[name] = split
        for name, values in table.others.items():
            values.append((row[name] or "").strip())

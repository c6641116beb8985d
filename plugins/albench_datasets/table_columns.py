"""Tables of people's making: their separator, and what their columns are, by the usual names."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from albench.api import DataError
from albench_datasets.group_names import NO_GROUPS, bare, looks_like_groups, means_groups, suggestion, the_one
from albench_datasets.imagefolder_names import printable
from albench_datasets.textfiles import opened

COLUMNS = {
    "file": ("file", "filename", "image", "path"),
    "label": ("label", "class", "target"),
    "split": ("split", "set"),
    "text": ("text", "sentence", "message", "question", "review", "document", "content", "body"),
}
"""What a column is, and how its header is spelled, without case and separators; groups have names of their own."""
SUFFIXES = (".csv", ".tsv")
MOST_HEADER = 4096
MOST_ROWS = 100_000
"""Rows of a table that is only looked at."""


@dataclass(frozen=True)
class Columns:
    """What the columns of a table are.

    Attributes
    ----------
    of
        Role (``file``, ``label``, ``group``, ``split``) -> its header.
    others
        Headers of what is not read.
    """

    of: dict[str, str]
    others: tuple[str, ...]


@contextlib.contextmanager
def rows_of(file: Path) -> Iterator[csv.DictReader[str]]:
    """The rows of a table whose values lie between commas, semicolons or tabs.

    Raises
    ------
    DataError
        Where it cannot be read, is no UTF-8 or no CSV.
    """
    with opened(file) as lines:
        header = lines.readline(MOST_HEADER)
        lines.seek(0)
        yield csv.DictReader(lines, delimiter=max((",", ";", "\t"), key=header.count))


def columns(
    headers: Sequence[str],
    where: str,
    *,
    needed: tuple[str, ...],
    wanted: tuple[str, ...],
    form: str,
    group_by: str,
    named: Mapping[str, str] = MappingProxyType({}),
) -> Columns:
    """What each column is.

    Parameters
    ----------
    named
        Role -> the user's own word for its column, where he gave one.
    needed, wanted
        Roles that have to be there, and all that are read.
    form
        The header as it should be, for messages.
    group_by
        The user's own word for the column of groups.

    Raises
    ------
    DataError
        Where a column is missing, or two have one role.
    """
    found: dict[str, str] = {}
    for role in wanted:
        mine = [each for each in headers if _is(each, role, group_by)]
        if word := named.get(role):
            mine = [each for each in headers if bare(each) == bare(word)]
        if role == "group":
            mine = [the_one(mine, where, "column")] if mine else []
        if len(mine) > 1:
            raise DataError(f"{where}: the columns {mine[0]} and {mine[1]} both say the {role}; take one away")
        if mine:
            found[role] = mine[0]
    taken = [role for role, word in named.items() if word and role not in found]
    there = ", ".join(printable(header) for header in headers) or "none"
    if "group" in wanted and group_by not in ("", NO_GROUPS) and "group" not in found:
        raise DataError(f"{where}: group_by={group_by}: no such column; the columns are {there}")
    for role in taken:
        raise DataError(f"{where}: {role}={named[role]}: no such column; the columns are {there}")
    if not set(needed) <= found.keys():
        lacking = " or ".join(role for role in needed if role not in found)
        option = "group_by" if lacking == "group" else needed[0] if named and lacking.startswith(needed[0]) else lacking
        other = f"; {option}=COLUMN names it where it is called otherwise" if lacking == "group" or named else ""
        raise DataError(f"{where}: the columns are {there}; the header {form} is needed: none is the {lacking}{other}")
    others = tuple(printable(each) for each in headers if each not in found.values() and each.strip())
    return Columns(found, others)


def suggestions(values: dict[str, list[str]], n_classes: int, where: str) -> tuple[str, ...]:
    """A line for each column that is not read and looks like groups."""
    arrays = {name: np.array(each, np.str_) for name, each in values.items()}
    return tuple(
        suggestion(name, each, "column", where)
        for name, each in arrays.items()
        if looks_like_groups(_whole(each), n_classes)
    )


def tables_beside(folder: Path, read: Sequence[Path | None], group_by: str) -> tuple[str, ...]:
    """A line for each table in a folder of images that is not read and has a column of groups."""
    said = []
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() not in SUFFIXES or file.name.startswith(".") or not file.is_file() or file in read:
            continue
        try:
            with rows_of(file) as rows:
                headers = [header or "" for header in rows.fieldnames or ()]
        except DataError:  # it is not read anyway
            continue
        mine = [printable(header) for header in headers if means_groups(header, group_by)]
        if mine:
            more = "" if len(mine) == 1 or group_by else f",group_by={mine[0]}"
            said.append(
                f"{printable(file.name)} is not read, and its column {mine[0]} says groups (patients): "
                f"groups={printable(file.name)}{more} keeps each in one split"
            )
    return tuple(said)


def _is(header: str, role: str, group_by: str) -> bool:
    return means_groups(header, group_by) if role == "group" else bare(header) in COLUMNS[role]


def _whole(values: np.ndarray) -> np.ndarray:
    """Values that are numbers with a fraction are measurements, and no text."""
    try:
        numbers = values.astype(np.float64)
    except ValueError:
        return values
    return numbers if (np.trunc(numbers) != numbers).any() else values

"""Files of texts and labels, line by line: what is wrong with one is told with its number."""

from __future__ import annotations

import contextlib
import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from albench.api import DataError
from albench_datasets.group_names import NO_GROUPS, not_read
from albench_datasets.imagefolder_names import printable, split_of
from albench_datasets.spelling import composed
from albench_datasets.table_columns import columns, rows_of
from albench_datasets.textfiles import opened

Layout = Literal["table", "jsonl", "pairs", "trec"]
LAYOUTS: dict[Layout, str] = {
    "table": "read as a table with a header",
    "jsonl": "read as JSON lines",
    "pairs": "read as lines of a label, a tab and a text",
    "trec": "read as lines COARSE:fine text, in Latin-1",
}
"""Layout -> how a run tells it."""
FORM = "text,label[,split]"
LONGEST = 2**31 - 1
"""Characters of a table's longest cell; the csv module's own limit is shorter than some documents."""
LOOKED_AT = 50
"""Lines by which a layout is known."""
_TREC = re.compile(r"([A-Za-z]+):([A-Za-z]+) (.+)")
_TABLES = (".csv", ".tsv")
_JSON = (".jsonl", ".ndjson")


@dataclass(frozen=True)
class Wanted:
    """What the user says of a file's columns.

    Attributes
    ----------
    columns
        Role -> his own word for the column; "" where its name says so.
    classes_of
        Which of two labels of the layout ``trec``.
    group_by
        The column of groups.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    classes_of: Literal["coarse", "fine"] = "coarse"
    group_by: str = ""


@dataclass
class Lines:
    """What a file holds, line by line.

    Attributes
    ----------
    where
        The file.
    numbers
        Of the lines, from 1.
    splits, groups
        Of each item; empty where no column says so.
    how_read, notices
        What is told before a run.
    """

    where: str
    texts: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    splits: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    how_read: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def array(self) -> np.ndarray:
        """(N,) the texts as objects."""
        made = np.empty(len(self.texts), object)
        made[:] = self.texts
        return made

    def of(self, split: str) -> Lines:
        """The items of one split."""
        mine = [row for row, each in enumerate(self.splits) if each == split]
        return Lines(
            self.where,
            [self.texts[row] for row in mine],
            [self.labels[row] for row in mine],
            [self.numbers[row] for row in mine],
            groups=[self.groups[row] for row in mine] if self.groups else [],
        )

    def add(self, number: int, value: Mapping[str, str]) -> None:
        """Take an item, with its ``text``, ``label`` and, where known, ``split`` and ``group``.

        Raises
        ------
        DataError
            Naming the line and what it lacks.
        """
        line = f"{self.where}, line {number}"
        for role in ("text", "label", "group"):
            if role in value and not value[role]:
                raise DataError(f"{line}: no {role}; write one, or leave the row out")
        if not value["label"].isprintable():
            raise DataError(f"{line}: the label {value['label']!r} cannot be shown; write plain text")
        if "split" in value:
            split = split_of(value["split"])
            if not split:
                raise DataError(f"{line}: the split '{printable(value['split'])}' is neither train, val nor test")
            self.splits.append(split)
        if "group" in value:
            self.groups.append(composed(value["group"]))
        self.texts.append(value["text"])
        self.labels.append(composed(value["label"]))
        self.numbers.append(number)


def layout_of(path: Path) -> Layout:
    """How a file is laid out, by its ending, else by its first lines.

    Raises
    ------
    DataError
        Where neither says so.
    """
    suffix = path.suffix.lower()
    if suffix in _TABLES:
        return "table"
    if suffix in _JSON:
        return "jsonl"
    try:
        with path.open(encoding="latin-1") as file:
            first = [line for _, line in zip(range(LOOKED_AT), file, strict=False) if line.strip()]
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error
    if first and all(_TREC.fullmatch(line.strip()) for line in first):
        return "trec"
    if first and all("\t" in line for line in first):
        return "pairs"
    raise DataError(
        f"{path}: neither lines of a label, a tab and a text nor COARSE:fine text; a table with the header {FORM} ends "
        "in .csv or .tsv, JSON lines in .jsonl: else write layout=table, jsonl, pairs or trec"
    )


def read_lines(path: Path, layout: Layout, wanted: Wanted) -> Lines:
    """The items of a file.

    Raises
    ------
    DataError
        Where the file cannot be read, a column is missing, or a line is not in the layout.
    """
    lines = Lines(str(path))
    readers = {"table": _table, "jsonl": _jsonl, "pairs": _pairs, "trec": _trec}
    readers[layout](path, wanted, lines)
    if not lines.texts:
        raise DataError(f"{path}: no items; every split needs at least one")
    return lines


def _table(path: Path, wanted: Wanted, lines: Lines) -> None:
    limit = csv.field_size_limit(LONGEST)
    try:
        with rows_of(path) as rows:
            of = _roles([name or "" for name in rows.fieldnames or ()], wanted, lines)
            for row in rows:
                lines.add(rows.line_num, {role: (row[column] or "").strip() for role, column in of.items()})
    finally:
        csv.field_size_limit(limit)


def _jsonl(path: Path, wanted: Wanted, lines: Lines) -> None:
    of: dict[str, str] = {}
    with opened(path) as file:
        for number, line in _filled(file):
            try:
                row: Any = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            if not isinstance(row, dict):
                raise DataError(f"{path}, line {number}: not a JSON object; one a line is needed")
            of = of or _roles([str(name) for name in row], wanted, lines)
            value = {role: row.get(column) for role, column in of.items()}
            lines.add(number, {role: "" if each is None else str(each).strip() for role, each in value.items()})


def _roles(headers: list[str], wanted: Wanted, lines: Lines) -> dict[str, str]:
    found = columns(
        headers,
        lines.where,
        needed=("text", "label"),
        # a column "subject" or "case" of a table of letters is rarely a patient's
        wanted=("text", "label", "split", *(("group",) if wanted.group_by not in ("", NO_GROUPS) else ())),
        form=FORM,
        group_by=wanted.group_by,
        named={role: word for role, word in wanted.columns.items() if word} or {"text": ""},
    )
    read = ", ".join(f"{role}s from {printable(column)}" for role, column in found.of.items())
    lines.how_read = tuple(filter(None, (read, not_read(found.others, "column"))))
    return found.of


def _pairs(path: Path, _wanted: Wanted, lines: Lines) -> None:
    with opened(path) as file:
        for number, line in _filled(file):
            label, tab, text = line.partition("\t")
            if not tab:
                raise DataError(f"{path}, line {number}: no tab between a label and a text")
            lines.add(number, {"label": label.strip(), "text": text.strip()})


def _trec(path: Path, wanted: Wanted, lines: Lines) -> None:
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(path.open(encoding="latin-1"))
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error
        for number, line in _filled(file):
            match = _TREC.fullmatch(line.strip())
            if not match:
                raise DataError(f"{path}, line {number}: not COARSE:fine text, as in LOC:city What is ...")
            coarse, fine, text = match.groups()
            lines.add(number, {"label": coarse if wanted.classes_of == "coarse" else f"{coarse}:{fine}", "text": text})


def _filled(file: Any) -> Iterator[tuple[int, str]]:
    """Number and content of each line that holds anything."""
    return ((number, line) for number, line in enumerate(file, 1) if line.strip())

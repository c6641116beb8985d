"""Files of tables: CSV, TSV, ARFF and Parquet, as columns that know the line of each row."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from albench.api import DataError
from albench_datasets.imagefolder_names import printable
from albench_datasets.spelling import composed
from albench_datasets.tables.arff import read_arff
from albench_datasets.tables.frame import _NUMBER, Column, Frame, Reading, typed_columns
from albench_datasets.textfiles import opened

Separator = Literal["auto", "comma", "semicolon", "tab", "space"]
Header = Literal["auto", "yes", "no"]
SIGNS = {"comma": ",", "semicolon": ";", "tab": "\t", "space": " "}
PARQUET = (".parquet", ".pq")
SUFFIXES = (".csv", ".tsv", ".arff", ".dat", ".data", *PARQUET)
"""Of files that look like tables."""
LOOKED_AT = 50
"""Rows by which a first row is told from a header."""


@dataclass(frozen=True)
class Layout:
    """How a file of text is laid out."""

    separator: Separator = "auto"
    header: Header = "auto"
    named: tuple[str, ...] = ()
    """What the user calls columns: a first row that holds one of them is a header."""


@dataclass
class Cells:
    """A file of text: its columns' names, its rows and the line of each."""

    names: list[str]
    rows: list[list[str]]
    lines: list[int]
    has_header: bool


def read_frame(files: Mapping[str, Path], layout: Layout, how: Reading) -> tuple[Frame, tuple[str, ...]]:
    """The table of all files, and what is to be said of how its columns were read.

    Parameters
    ----------
    files
        Split -> its file; "" where one file holds all rows.

    Raises
    ------
    DataError
        Naming the file and the line.
    """
    suffixes = {split: file.suffix.lower() for split, file in files.items()}
    if any(suffix in PARQUET for suffix in suffixes.values()):
        from albench_datasets.tables.pandas_frames import frame_of, read_parquet

        return frame_of({split: read_parquet(file) for split, file in files.items()}, _called(files), how)
    orders: dict[str, tuple[str, ...] | None] = {}
    parts: dict[str, Cells] = {}
    for split, file in files.items():
        if suffixes[split] == ".arff":
            arff = read_arff(file)
            orders = orders or arff.orders
            parts[split] = Cells(arff.names, arff.cells, arff.lines, True)
        else:
            parts[split] = read_cells(file, layout)
        if not parts[split].rows:
            raise DataError(f"{file}: no items (no row below its header); every split needs at least one")
    frame, notices = joined(parts, _called(files), how, orders)
    first = next(iter(parts.values()))
    if first.has_header or layout.header != "auto":
        return frame, notices
    return frame, ("the first line was read as a row, not as a header: columns are called 1, 2, ...", *notices)


def joined(
    parts: Mapping[str, Cells],
    called: Mapping[str, str],
    how: Reading,
    orders: Mapping[str, tuple[str, ...] | None] | None = None,
) -> tuple[Frame, tuple[str, ...]]:
    """One frame of the cells of all files, whose columns are typed by all of them together."""
    first = next(iter(parts.values())).names
    for split, each in parts.items():
        if lacking := [name for name in first if name not in each.names]:
            raise DataError(
                f"{called[split]}: no column {printable(lacking[0])}, which {next(iter(called.values()))} has"
            )
    cells: dict[str, list[str]] = {}
    for name in first:
        places = {split: each.names.index(name) for split, each in parts.items()}
        cells[name] = [row[places[split]] for split, each in parts.items() for row in each.rows]
    declared = orders or {}
    texts = how.texts | {name for name, order in declared.items() if order is not None}
    columns, notices = typed_columns(cells, Reading(how.missing, how.comma, frozenset(texts)))
    columns = {name: Column(each.values, declared.get(name) or ()) for name, each in columns.items()}
    rows = np.array([f"line {line}" for each in parts.values() for line in each.lines], object)
    part = np.array([split for split, each in parts.items() for _ in each.rows], object)
    for name, order in declared.items():
        column = columns.get(name)
        if order is None and column is not None and not column.is_number and not column.missing.all():
            row = int(np.flatnonzero([not _NUMBER.fullmatch(value or "0") for value in column.values])[0])
            raise DataError(
                f"{called[str(part[row])]}: {rows[row]} has the value {column.values[row]!r} in column {name}, which "
                "its @attribute line says is a number"
            )
    return Frame(columns, part, rows, dict(called)), notices


def read_cells(file: Path, layout: Layout) -> Cells:
    """A file of text as cells.

    Raises
    ------
    DataError
        Naming the line that has more or fewer values than the first.
    """
    with opened(file) as lines:
        first = lines.readline(1 << 20)
        lines.seek(0)
        sign = SIGNS.get(layout.separator) or _separator(first)
        reader = csv.reader(lines, delimiter=sign, skipinitialspace=True)
        rows, numbers = [], []
        for row in reader:
            if row and (len(row) > 1 or row[0].strip()):
                rows.append([each for each in row if each] if sign == " " else row)
                numbers.append(reader.line_num)
    if not rows:
        raise DataError(f"{file}: no items (an empty file); every split needs at least one")
    width = len(rows[0])
    for row, line in zip(rows, numbers, strict=True):
        if len(row) != width:
            raise DataError(
                f"{file}: line {line} has {len(row)} values, the first line {width}; every row needs one a column, "
                "with text that holds a separator in double quotes"
            )
    head = [composed(each.strip()) for each in rows[0]]
    if not _is_header(head, rows[1 : 1 + LOOKED_AT], layout):
        return Cells([str(place) for place in range(1, width + 1)], rows, numbers, False)
    names = [name or f"column {place}" for place, name in enumerate(head, 1)]  # as of an index that was saved along
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{file}: two columns are called {printable(twice)}; give each a name of its own, or header=no")
    return Cells(names, rows[1:], numbers[1:], True)


def _separator(line: str) -> str:
    signs = max((",", ";", "\t"), key=line.count)
    return signs if line.count(signs) or " " not in line.strip() else " "


def _is_header(head: Sequence[str], rows: Sequence[Sequence[str]], layout: Layout) -> bool:
    """Whether a first row names the columns: it has no number, and holds what stands below it in no column."""
    if layout.header != "auto":
        return layout.header == "yes"
    if any(name in head for name in layout.named if not name.lstrip("+-").isdigit()):
        return True
    if any(_NUMBER.fullmatch(name) or name == "?" for name in head) or len(set(head)) < len(head):
        return False
    below = [{row[place].strip() for row in rows} for place in range(len(head))]
    return not any(name and name in values for name, values in zip(head, below, strict=True))


def _called(files: Mapping[str, Path]) -> dict[str, str]:
    return {split: str(file) for split, file in files.items()}

"""A table becomes splits: its target, groups and splits, what is left out, and the features that the pool makes."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np

from albench.api import DataError, Splits
from albench_datasets import precision
from albench_datasets.arrays import About
from albench_datasets.checks import Raw, checked_splits
from albench_datasets.group_names import NO_GROUPS, means_groups, the_one
from albench_datasets.imagefolder_names import printable, split_of
from albench_datasets.published import SPLITS
from albench_datasets.tables.deal import dealt
from albench_datasets.tables.encode import Encoded, encoded
from albench_datasets.tables.frame import Frame, find_column, find_columns, listed
from albench_datasets.tables.options import TableOptions
from albench_datasets.tables.target import with_classes

LEAST_ROWS = 10
"""In fewer rows values may all differ by chance."""


def splits_of_table(frame: Frame, target: str, options: TableOptions, about: About, split_by: str = "") -> Splits:
    """The splits of a table.

    Parameters
    ----------
    target
        Name of the column that is to be predicted.
    split_by
        The column that says the split of each row; "" where none does.

    Raises
    ------
    DataError
        For columns, labels, groups or values that cannot be used.
    """
    where = frame.where
    dropped = find_columns(options.drop, list(frame.columns), where, "drop")
    if target in dropped:
        raise DataError(f"{where}: drop={printable(target)}: it is the target; take another column, or target=COLUMN")
    frame, y, class_names, notices, how_labels = with_classes(
        frame.without(dropped), target, options, about.class_names
    )
    if split_by:
        frame = _by_column(frame, find_column(split_by, list(frame.columns), where, "split_by"))
    frame, groups, how_groups = _groups(frame, options.group_by)
    frame = _as_categories(frame, options.categories)
    frame, of_identifiers = _without_identifiers(frame)
    _check_finite(frame)
    if not frame.columns:
        raise DataError(f"{where}: no column is left to learn from beside the target")

    @functools.lru_cache(maxsize=1)  # by the pool that is dealt last the features are made that are handed on
    def made_by(pool: bytes) -> Encoded:
        return encoded(frame, np.frombuffer(pool, bool), options)

    part, how_dealt = dealt(frame, y, groups, class_names, options, lambda pool: made_by(pool.tobytes()).x)
    made = made_by((part == "train").tobytes())
    if not made.x.shape[1]:
        raise DataError(f"{where}: every column is the same in the whole pool; there is nothing to learn from")
    rows = {split: np.flatnonzero(part == split) for split in SPLITS}
    raw = {
        split: Raw(made.x[at], y[at], _source(frame, split), _source(frame, split),
                   None if groups is None else groups[at], _source(frame, split))
        for split, at in rows.items()
    }  # fmt: skip
    splits = checked_splits(
        raw,
        modality="features",
        class_names=class_names,
        ordinal=options.ordinal,
        notices=(*about.notices, *notices, *of_identifiers, *_far_out(made, rows)),
        stand_in=about.stand_in,
    )
    left = (f"left out by drop=: {listed(dropped)}",) if dropped else ()
    how_read = (*about.how_read, f"target: column {printable(target)}", *how_labels, *how_groups, *left)
    names = {split: frame.rows[at].astype(str) for split, at in rows.items()}
    return replace(splits, how_read=(*how_read, *made.how_read, *how_dealt), names=names)


def _source(frame: Frame, split: str) -> str:
    return frame.files.get(split, frame.where)


def _by_column(frame: Frame, column: str) -> Frame:
    """The same rows, each in the split that a column says."""
    values = frame.columns[column].as_text().values
    parts = np.array([split_of(value or "") for value in values], object)
    wrong = np.flatnonzero(parts == "")
    if len(wrong):
        row = int(wrong[0])
        raise DataError(f"{frame.at(row)}: the split '{printable(values[row] or '')}' is neither train, val nor test")
    if "train" not in parts:
        raise DataError(f"{frame.where}: no row of the split train")
    order = sorted(range(len(parts)), key=lambda row: SPLITS.index(str(parts[row])))  # what is trained on comes first
    frame = replace(frame.without([column]), part=parts)
    columns = {name: replace(each, values=each.values[order]) for name, each in frame.columns.items()}
    return replace(frame, columns=columns, part=parts[order], rows=frame.rows[order])


def _groups(frame: Frame, group_by: str) -> tuple[Frame, np.ndarray | None, tuple[str, ...]]:
    """The frame without its column of groups, and (N,) these as text."""
    if group_by not in ("", NO_GROUPS):
        name = find_column(group_by, list(frame.columns), frame.where, "group_by")
    else:
        name = the_one([each for each in frame.columns if means_groups(each, group_by)], frame.where, "column")
    if not name:
        return frame, None, ()
    values = frame.columns[name].as_text().values
    wrong = np.flatnonzero([value is None for value in values])
    if len(wrong):
        raise DataError(
            f"{frame.at(int(wrong[0]))}: no group in column {printable(name)}; write one, leave the row out, or "
            f"group_by={NO_GROUPS}"
        )
    told = f"groups: column {printable(name)} (group_by={NO_GROUPS} makes it a feature)"
    return frame.without([name]), values.astype(np.str_), (told,)


def _as_categories(frame: Frame, typed: str) -> Frame:
    names = find_columns(typed, list(frame.columns), frame.where, "categories")
    return replace(frame, columns=frame.columns | {name: frame.columns[name].as_text() for name in names})


def _without_identifiers(frame: Frame) -> tuple[Frame, tuple[str, ...]]:
    """The frame without text that is another in every row; lines about it, and about numbers that may be such."""
    if len(frame) < LEAST_ROWS:
        return frame, ()
    texts, numbers = [], []
    for name, column in frame.columns.items():
        present = column.values[~column.missing]
        if len(present) < len(frame) or len(set(present.tolist())) < len(frame):
            continue
        if not column.is_number:
            texts.append(name)
        elif (np.trunc(present) == present).all():
            numbers.append(name)
    lines = []
    if texts:
        lines.append(f"another text in every row, as identifiers have, and left out: {listed(texts)}")
    if numbers:
        lines.append(
            f"another whole number in every row: {listed(numbers)}; where this is an identifier, write "
            f"drop={';'.join(map(printable, numbers))}"
        )
    return frame.without(texts), tuple(lines)


def _check_finite(frame: Frame) -> None:
    for name, column in frame.columns.items():
        if column.is_number and np.isinf(column.values).any():
            row = int(np.flatnonzero(np.isinf(column.values))[0])
            raise DataError(
                f"{frame.at(row)} has the value {column.values[row]} in column {printable(name)}; every feature has to "
                "be finite"
            )


def _far_out(made: Encoded, rows: dict[str, np.ndarray]) -> list[str]:
    """What ``precision`` says of the columns of numbers."""
    if not made.number_names:
        return []
    raw = {"train": Raw(made.numbers[rows["train"]], np.empty(0), "", "")}
    used = {"train": replace(raw["train"], x=made.x[rows["train"]])}
    return precision.losses(raw, used, made.number_names)

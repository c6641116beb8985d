"""The target column: which rows have one, which classes are kept, and whether it is one of classes at all."""

from __future__ import annotations

import numpy as np

from albench.api import DataError
from albench_datasets.group_names import bare
from albench_datasets.imagefolder_names import natural, printable
from albench_datasets.labels import class_codes
from albench_datasets.table_columns import COLUMNS
from albench_datasets.tables.frame import Column, Frame, find_column, listed
from albench_datasets.tables.options import TableOptions

MOST_CLASSES = 20
PER_CLASS = 10
"""More different numbers than the first, with fewer rows each than the second, are measurements."""


def target_of(frame: Frame, typed: str) -> str:
    """The column that is to be predicted: as typed, else the one that is called so.

    Raises
    ------
    DataError
        Where there is none of that name, or nothing is typed and not exactly one is called label, class or target.
    """
    names = list(frame.columns)
    if typed:
        return find_column(typed, names, frame.where, "target")
    usual = [name for name in names if bare(name) in COLUMNS["label"]]
    if len(usual) != 1:
        why = f"{' and '.join(usual)} may each be it" if usual else "none is called label, class or target"
        raise DataError(f"{frame.where}: which column is the target? {why}: target=COLUMN names it, of {listed(names)}")
    return usual[0]


def with_classes(
    frame: Frame, target: str, options: TableOptions, named: tuple[str, ...] = ()
) -> tuple[Frame, np.ndarray, tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The rows that have a class, without the target's column.

    Parameters
    ----------
    named
        The classes in order, where the data say them.

    Returns
    -------
    The frame, (N,) int64 codes, the names of the classes, notices, and how it was read.

    Raises
    ------
    DataError
        Where a row has no target, there is one class, or the target looks like a measurement.
    """
    column = frame.columns[target]
    where = f"{frame.where}: column {printable(target)}"
    notices: list[str] = []
    missing = column.missing
    if missing.any():
        count = int(missing.sum())
        if options.no_target == "refuse":
            raise DataError(
                f"{frame.at(int(np.flatnonzero(missing)[0]))} has no target in column {printable(target)} ({count:,} "
                "such rows), which looks like an item without a label; no_target=drop leaves those out: albench hides "
                "the labels of the pool by itself"
            )
        notices.append(f"left out, without a target: {_rows(count)}")
        frame = frame.only(~missing)
        column = frame.columns[target]
    if not options.classes:
        _require_classes(column, frame, where, target)
    labels = column.as_text().values.astype(str)
    if options.leave_out:
        keep = _kept(labels, options.leave_out, where)
        notices.append(f"left out by leave_out={options.leave_out}: {_rows(int((~keep).sum()))}")
        frame, labels = frame.only(keep), labels[keep]
    if len(set(labels.tolist())) < 2:
        alone = f"all rows are {labels[0]}" if len(labels) else "no row is left"
        raise DataError(f"{where}: one class only ({alone}); there is nothing to learn with fewer than two")
    in_order = tuple(each.strip() for each in options.classes.split(";")) if options.classes else named or column.order
    there = set(labels.tolist())
    names = in_order if options.classes else tuple(name for name in in_order if name in there)
    if options.classes and (len(set(names)) < len(names) or not all(names)):
        raise DataError(f"{where}: classes {';'.join(names)}: each class needs a name of its own")
    parts = {str(split): np.flatnonzero(frame.part == split) for split in dict.fromkeys(frame.part)}
    found = class_codes({split: (labels[rows], where) for split, rows in parts.items()}, names)
    y = np.empty(len(labels), np.int64)
    for split, rows in parts.items():
        y[rows] = found.codes[split]
    return frame.without([target]), y, found.names, tuple(notices), found.how_read


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


def _kept(labels: np.ndarray, leave_out: str, where: str) -> np.ndarray:
    unwanted = [each.strip() for each in leave_out.split(";") if each.strip()]
    there = sorted(set(labels.tolist()), key=natural)
    for name in unwanted:
        if name not in there:
            raise DataError(f"{where}: leave_out={name}: no such class; it has {listed(there)}")
    return ~np.isin(labels, unwanted)


def _require_classes(column: Column, frame: Frame, where: str, target: str) -> None:
    """Refuse numbers that are measurements, or marks of rows without a label."""
    if not column.is_number:
        return
    values = column.values
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        row = int(wrong[0])
        raise DataError(f"{frame.at(row)} has the target {values[row]}; a class is needed")
    n_values = len(np.unique(values))
    cut = "cut it into classes first"
    broken = np.flatnonzero(np.trunc(values) != values)
    if len(broken):
        row = int(broken[0])
        raise DataError(
            f"{frame.at(row)} has the target {values[row]:g}; column {printable(target)} holds "
            f"{n_values:,} different numbers with fractions, and this looks like regression: {cut}"
        )
    if n_values > MOST_CLASSES and len(values) < PER_CLASS * n_values:
        raise DataError(
            f"{where}: {n_values:,} different numbers in {len(values):,} rows, which looks like regression: {cut}, or "
            "name the classes with classes="
        )
    if (values < 0).any() and set(np.unique(values).tolist()) != {-1.0, 1.0}:
        class_codes({"": (values, where)})  # refuses them in its own words

"""What loaded data must hold, and what is to be said of their splits before anything is trained."""

from __future__ import annotations

import numpy as np

from albench.api.dataset import Split, Splits
from albench.data.items import blocks
from albench.errors import DataError
from albench.metrics import FEW_ITEMS, FEW_OF_CLASS
from albench.wording import counted

SPLITS = ("train", "val", "test")
"""The pool, the split that chooses weights, and the one that is reported."""
UNLABELED = "unlabeled"
"""Items beyond the pool, where a data set has them."""
SHOWN = 5
"""Classes named in a line."""


def check_splits(splits: Splits, name: str) -> None:
    """Refuse data that no run can use, whoever loaded it.

    Raises
    ------
    DataError
        Naming the split, the row and the value.
    """
    task = splits.task
    for split_name in SPLITS:
        split: Split = getattr(splits, split_name)
        where = f"{name}, {split_name} split"
        if len(split.x) != len(split.y):
            raise DataError(f"{where}: {counted(len(split.x), 'item')} but {counted(len(split.y), 'label')}.")
        if len(split.y) == 0:
            raise DataError(f"{where}: it is empty.")
        if tuple(split.x.shape[1:]) != task.shape:
            raise DataError(f"{where}: items have shape {tuple(split.x.shape[1:])}, the task says {task.shape}.")
        if not np.issubdtype(split.y.dtype, np.integer):
            raise DataError(f"{where}: labels are {split.y.dtype}, not whole numbers.")
        outside = np.flatnonzero((split.y < 0) | (split.y >= task.n_classes))
        if len(outside):
            row = int(outside[0])
            raise DataError(f"{where}, row {row}: label {split.y[row]} is outside 0 .. {task.n_classes - 1}.")
        if task.modality == "text":
            _check_texts(split.x, where)
        _check_finite(split.x, where)
    if splits.unlabeled is not None:
        _check_unlabeled(splits, f"{name}, {UNLABELED} items")
    missing = sorted(set(range(task.n_classes)) - set(np.unique(splits.train.y).tolist()))
    if missing:
        names = ", ".join(task.class_names[c] for c in missing)
        raise DataError(f"{name}, train split: no item of class {names}; each class needs at least one.")
    if task.pool_size != len(splits.train):
        raise DataError(
            f"{name}: the task says a pool of {task.pool_size}, the training split has {len(splits.train)}."
        )


def absent_classes(splits: Splits) -> tuple[str, ...]:
    """One line for each of the validation and test splits that lacks a class."""
    lines = []
    for split in SPLITS[1:]:
        present = set(np.unique(getattr(splits, split).y).tolist())
        names = [name for label, name in enumerate(splits.task.class_names) if label not in present]
        if names:
            lines.append(
                f"the {split} split has no item of class {', '.join(names)}: recall of it is undefined there, and "
                "means over classes are of the others (docs/formats.md#metrics)"
            )
    return tuple(lines)


def small_splits(splits: Splits) -> tuple[str, ...]:
    """One line for each of the validation and test splits whose size alone hides differences, whatever is trained.

    Counts are beside it: the lines that say what a data set holds are shown before it.
    """
    lines = []
    for split in SPLITS[1:]:
        y = getattr(splits, split).y
        counts = np.bincount(y, minlength=splits.task.n_classes)
        rare = [label for label in np.flatnonzero(counts) if counts[label] < FEW_OF_CLASS]
        if len(y) >= FEW_ITEMS and not rare:
            continue
        limits = []
        if len(y) < FEW_ITEMS:
            error = 100 * 1.96 * np.sqrt(0.9 * 0.1 / len(y))
            limits.append(f"an accuracy of 0.9 is known to ± {error:.0f} points at best")
        if rare:
            fewest = min(counts[label] for label in rare)
            names = [splits.task.class_names[label] for label in rare]
            shown = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else "")
            points = f"{100 / fewest:.0f} points"
            if len(rare) == 1:
                limits.append(f"class {shown} has so few items that one of them moves its recall by {points}")
            else:
                few = f"classes {shown} have so few items that one of them moves their recall by up to {points}"
                limits.append(few)
        lines.append(f"the {split} split is small: {'; '.join(limits)}; more seeds change nothing about that")
    return tuple(lines)


def parts_of(splits: Splits) -> dict[str, np.ndarray]:
    """Name -> items of each split, before them those beyond the pool, where there are any."""
    beyond = {} if splits.unlabeled is None else {UNLABELED: splits.unlabeled}
    return {**beyond, **{name: getattr(splits, name).x for name in SPLITS}}


def _check_unlabeled(splits: Splits, where: str) -> None:
    x, pool = splits.unlabeled, splits.train.x
    if not isinstance(x, np.ndarray):
        raise DataError(f"{where}: a {type(x).__name__}; an array of the form of the pool's items is needed.")
    if not len(x):
        raise DataError(f"{where}: there are none; leave them out.")
    if x.shape[1:] != pool.shape[1:] or (x.dtype != pool.dtype and splits.task.modality != "text"):
        raise DataError(
            f"{where}: {x.dtype} of shape {x.shape[1:]}, the pool's items are {pool.dtype} of {pool.shape[1:]}."
        )
    if splits.task.modality == "text":
        _check_texts(x, where)
    _check_finite(x, where)


def _check_texts(x: np.ndarray, where: str) -> None:
    if x.dtype.kind == "U":
        return
    for row, item in enumerate(x):
        if not isinstance(item, str):
            raise DataError(f"{where}, row {row}: an item is of type {type(item).__name__}; texts have to be str.")


def _check_finite(x: np.ndarray, where: str) -> None:
    if not np.issubdtype(x.dtype, np.floating):
        return
    for start, rows in blocks(x):
        values = rows.reshape(len(rows), -1)
        # A row's sum is finite only if all of it is; the rare overflow of finite values is looked at again below.
        with np.errstate(over="ignore", invalid="ignore"):
            suspects = np.flatnonzero(~np.isfinite(values.sum(axis=1)))
        for row in suspects:
            bad = values[row][~np.isfinite(values[row])]
            if len(bad):
                raise DataError(f"{where}, row {start + row}: a feature is {bad[0]}; features must be finite.")

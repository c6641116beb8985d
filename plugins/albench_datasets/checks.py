"""The checks that every loaded data set passes: one line naming the file, the row and the value, or none."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from albench.api import DataError, Modality, Split, Splits, Task
from albench_datasets.published import SPLITS
from albench_datasets.spelling import composed

BLOCK_BYTES = 16 << 20


@dataclass(frozen=True)
class Raw:
    """One split as read: items, labels and, where known, groups; and what to call their sources in an error."""

    x: np.ndarray
    y: np.ndarray
    x_from: str
    y_from: str
    groups: np.ndarray | None = None
    groups_from: str = ""


def checked_splits(
    raw: Mapping[str, Raw],
    *,
    modality: Modality,
    class_names: tuple[str, ...],
    ordinal: bool = False,
    notices: tuple[str, ...] = (),
    stand_in: str = "",
) -> Splits:
    """The splits as the contract wants them, once every check holds.

    Parameters
    ----------
    raw
        ``train``, ``val`` and ``test``: items (N, D) of any real type, or uint8 or float images (N, C, H, W);
        labels (N,) or (N, 1); groups (N,), whole numbers or text.

    Raises
    ------
    DataError
        Empty split, features and targets of different length, item shapes that differ between splits, NaN or
        infinite features, labels that are no whole number in range, fewer than two classes, a class that the
        training split lacks, groups that do not match the items.
    """
    if len(class_names) < 2:
        raise DataError(f"{raw['train'].y_from}: one class only; there is nothing to learn with fewer than two")
    splits = {name: checked(raw[name], modality, len(class_names)) for name in SPLITS}
    shape = splits["train"].x.shape[1:]
    for name in SPLITS[1:]:
        if splits[name].x.shape[1:] != shape:
            raise DataError(
                f"{raw[name].x_from}: items of shape {splits[name].x.shape[1:]}, but the training items "
                f"({raw['train'].x_from}) have {shape}; all splits need one shape"
            )
    present = np.bincount(splits["train"].y, minlength=len(class_names))
    missing = np.flatnonzero(present == 0)
    if len(missing):
        raise DataError(
            f"{raw['train'].y_from}: no item of class {missing[0]} ({class_names[missing[0]]}) in the training split; "
            f"every class needs at least one"
        )
    groups, group_names, shared = _checked_groups(raw)
    task = Task(
        modality=modality,
        shape=tuple(shape),
        n_classes=len(class_names),
        class_names=class_names,
        ordinal=ordinal,
        pool_size=len(splits["train"]),
        n_groups=len(np.unique(groups["train"])) if "train" in groups else 0,
    )
    return Splits(
        splits["train"],
        splits["val"],
        splits["test"],
        task,
        groups=groups,
        notices=(*notices, *shared),
        stand_in=stand_in,
        group_names=group_names,
    )


def whole_labels(y: np.ndarray, where: str) -> np.ndarray:
    """Labels as (N,) int64, from (N,) or (N, 1) whole numbers of any numeric type.

    Raises
    ------
    DataError
        Naming the first row that is no whole number, or the shape.
    """
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1:
        raise DataError(f"{where}: labels of shape {y.shape}; one class code an item is needed: (N,) or (N, 1)")
    if y.dtype.kind not in "iufb":
        raise DataError(f"{where}: labels of type {y.dtype}; class codes have to be whole numbers")
    if y.dtype.kind == "f":
        # a code beyond 2**31 is out of every range and would overflow in the cast
        wrong = np.flatnonzero(~(np.isfinite(y) & (np.trunc(y) == y) & (np.abs(y) < 2**31)))
        if len(wrong):
            raise DataError(f"{where}: row {wrong[0]} has the label {y[wrong[0]]}; labels have to be whole numbers")
    return np.ascontiguousarray(y).astype(np.int64)


def numbered_classes(raw: Mapping[str, Raw]) -> tuple[str, ...]:
    """``"0"``, ``"1"``, ...: as many names as the largest label of whole numbers from 0 needs.

    Raises
    ------
    DataError
        Where a label is larger than the number of items: a stray 10**12 is no class.
    """
    labels = [each for each in raw.values() if len(each.y)]
    n_classes = 1 + max((int(each.y.max()) for each in labels), default=0)
    if labels and n_classes > sum(len(each.y) for each in labels):
        worst = max(labels, key=lambda each: int(each.y.max()))
        row = int(worst.y.argmax())
        raise DataError(f"{worst.y_from}: row {row} has the label {worst.y[row]}, more than there are items")
    return tuple(str(label) for label in range(n_classes))


def check_range(y: np.ndarray, n_classes: int, where: str) -> None:
    """Raise where a label is not in ``0 .. n_classes - 1``, naming the first such row."""
    wrong = np.flatnonzero((y < 0) | (y >= n_classes))
    if len(wrong):
        raise DataError(f"{where}: row {wrong[0]} has the label {y[wrong[0]]}; labels run from 0 to {n_classes - 1}")


def check_finite(x: np.ndarray, where: str) -> None:
    """Raise where a value is NaN or infinite, naming the first such row; read in blocks, so a memory map stays one."""
    if x.dtype.kind != "f" or len(x) == 0:
        return
    rows = max(1, BLOCK_BYTES // max(1, x[0].nbytes))
    for start in range(0, len(x), rows):
        block = x[start : start + rows].reshape(len(x[start : start + rows]), -1)
        if np.isfinite(block).all():
            continue
        row, column = np.argwhere(~np.isfinite(block))[0]
        raise DataError(
            f"{where}: row {start + row} has the value {block[row, column]} at position {column}; "
            f"every feature has to be finite"
        )


def check_lengths(raw: Raw) -> None:
    """Raise where there are not as many labels as items."""
    n_items, n_labels = (len(array) if array.ndim else 0 for array in (raw.x, raw.y))
    if n_items != n_labels:
        raise DataError(
            f"{raw.x_from}: {n_items:,} items, but {raw.y_from} has {n_labels:,} labels; they have to match row by row"
        )


def check_groups(raw: Raw) -> None:
    """Raise where there is not one group an item."""
    if raw.groups is not None and raw.groups.shape != (len(raw.y),):
        raise DataError(
            f"{raw.groups_from}: groups of shape {raw.groups.shape}, but {raw.y_from} has {len(raw.y):,} labels; one "
            f"group an item is needed"
        )


def checked(raw: Raw, modality: Modality, n_classes: int) -> Split:
    """One split, once all that can be said of it by itself holds."""
    x, y = raw.x, whole_labels(raw.y, raw.y_from)
    if modality == "text":
        check_lengths(raw)
        if len(x) == 0:
            raise DataError(f"{raw.x_from}: no items; every split needs at least one")
        check_range(y, n_classes, raw.y_from)
        return Split(x, y)
    ndim = 2 if modality == "features" else 4
    if x.ndim != ndim:
        wanted = "(N, D)" if modality == "features" else "(N, C, H, W)"
        raise DataError(f"{raw.x_from}: an array of shape {x.shape}; {wanted} is needed")
    if x.dtype.kind not in "iuf":
        raise DataError(f"{raw.x_from}: values of type {x.dtype}; real numbers are needed")
    check_lengths(raw)
    if x.size == 0:
        raise DataError(f"{raw.x_from}: no items (shape {x.shape}); every split needs at least one")
    check_finite(x, raw.x_from)
    check_range(y, n_classes, raw.y_from)
    if x.dtype != np.float32 and not (modality == "image" and x.dtype == np.uint8):
        with np.errstate(over="ignore"):
            x = x.astype(np.float32)
        # a float64 beyond float32's range has become infinite
        check_finite(x, raw.x_from)
    return Split(x, y)


def _checked_groups(raw: Mapping[str, Raw]) -> tuple[dict[str, np.ndarray], tuple[str, ...], tuple[str, ...]]:
    """Groups as (N,) int64, numbered across the splits where they are text; their names; what to say of shared ones."""
    found = {name: raw[name].groups for name in SPLITS}
    groups = {name: np.asarray(each) for name, each in found.items() if each is not None}
    for name, each in groups.items():
        check_groups(raw[name])
        if each.dtype.kind not in "iuU":
            raise DataError(f"{raw[name].groups_from}: groups of type {each.dtype}; whole numbers or text are needed")
    names: tuple[str, ...] = ()
    if any(each.dtype.kind == "U" for each in groups.values()):
        # a patient is one, in whatever Unicode form each split spells the name
        texts = {
            name: np.array([composed(text) for text in each.astype(str)], np.str_) for name, each in groups.items()
        }
        every = np.unique(np.concatenate(list(texts.values())))
        groups = {name: np.searchsorted(every, each) for name, each in texts.items()}
        names = tuple(every.tolist())
    groups = {name: each.astype(np.int64) for name, each in groups.items()}
    notices = []
    for first, second in itertools.combinations(groups, 2):
        shared = np.intersect1d(groups[first], groups[second])
        if len(shared):
            what = f"{len(shared):,} groups (patients) are in both {first} and {second}"
            notices.append(f"{what}: figures come out too good; split by them")
    return groups, names, tuple(notices)

"""What a data set has to load: arrays that agree with its task, splits apart, the same each time."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from albench.api.task import Modality
from albench.data.checks import check_splits
from albench.data.equal_items import find_equal
from albench.data.hashes import hashes
from albench.errors import DataError
from albench.testing.dataset_subject import SPLITS, VIEWS, DatasetSubject, as_run, blocks, digests
from albench.testing.report import Fault, NotApplicable, quoted
from albench.testing.watch import changed_globals, global_state, other_globals

ENOUGH = 30
"""Training items beside one of each class, below which a value may agree with the labels by chance."""


_FORMS: dict[Modality, tuple[int, str, tuple[str, ...]]] = {
    "features": (2, "(N, D)", ("float32",)),
    "image": (4, "(N, C, H, W)", ("uint8", "float32")),
    "text": (1, "(N,)", ("object",)),
}
"""Modality -> axes, shape and types of its items."""


def item_types(subject: DatasetSubject) -> None:
    """Items are float32 (N, D), (N, C, H, W) of uint8 or of float32 in 0 .. 1, or (N,) texts; labels are int64 (N,)."""
    axes, shape, kinds = _FORMS[subject.splits.task.modality]
    for name, part in subject.parts.items():
        for what, array in (("x", part.x), ("y", part.y)):
            if not isinstance(array, np.ndarray):
                raise Fault(f"{name}.{what} is a {type(array).__name__}, not a NumPy array")
        if part.x.ndim != axes:
            raise Fault(f"{name}.x has the shape {part.x.shape}; {shape} is needed")
        if part.x.dtype not in kinds:
            raise Fault(f"{name}.x is {part.x.dtype}: write x.astype(np.{kinds[0]})")
        if part.y.dtype != np.int64 or part.y.ndim != 1:
            raise Fault(f"{name}.y is {part.y.ndim}-d of {part.y.dtype}: 1-d of int64 is needed")
        if not len(part.y) or len(part.x) != len(part.y):
            raise Fault(f"{name} has {len(part.x)} items and {len(part.y)} labels")


def item_values(subject: DatasetSubject) -> None:
    """Every value of an item is finite, and images of float32 are in 0 .. 1."""
    image = subject.splits.task.modality == "image"
    for name, part in subject.parts.items():
        for start, rows in blocks(part.x) if part.x.dtype.kind == "f" else ():
            fine = (rows >= 0) & (rows <= 1) if image else np.isfinite(rows)
            if not fine.all():
                row, column = np.argwhere(~fine)[0]
                wanted = "in 0 .. 1" if image else "finite"
                raise Fault(f"{name}.x, row {start + row}: a value is {rows[row, column]:g}; it has to be {wanted}")


def items_without_labels(subject: DatasetSubject) -> str:
    """Items beyond the pool are an array of the form of the pool's, and no split's array."""
    splits = subject.splits
    if splits.unlabeled is None:
        raise NotApplicable("it has no items beyond the pool")
    x, pool = splits.unlabeled, splits.train.x
    if not isinstance(x, np.ndarray):
        raise Fault(f"unlabeled is a {type(x).__name__}: give the items alone, a NumPy array, without labels")
    if not len(x):
        raise Fault("unlabeled holds no items: leave it None")
    if x.shape[1:] != pool.shape[1:] or (x.dtype != pool.dtype and splits.task.modality != "text"):
        raise Fault(f"unlabeled holds {x.dtype} of shape {x.shape[1:]}, train {pool.dtype} of {pool.shape[1:]}")
    image = splits.task.modality == "image"
    for start, rows in blocks(x) if x.dtype.kind == "f" else ():
        fine = (rows >= 0) & (rows <= 1) if image else np.isfinite(rows)
        if not fine.all():
            row, column = np.argwhere(~fine)[0]
            raise Fault(f"unlabeled, row {start + row}: a value is {rows[row, column]:g}")
    for name, part in subject.parts.items():
        if np.shares_memory(x, part.x):
            raise Fault(f"unlabeled is {name}'s own memory: give items that are in no split")
    return f"{len(x):,} items beyond the pool"


def label_range(subject: DatasetSubject) -> None:
    """Labels are in 0 .. n_classes - 1."""
    n_classes = subject.splits.task.n_classes
    for name, part in subject.parts.items():
        outside = np.flatnonzero((part.y < 0) | (part.y >= n_classes))
        if len(outside):
            row = outside[0]
            raise Fault(f"{name}.y, row {row}: the label {part.y[row]} is outside 0 .. {n_classes - 1}")


def every_class_in_train(subject: DatasetSubject) -> None:
    """The training split has items of every class."""
    task = subject.splits.task
    missing = sorted(set(range(task.n_classes)) - set(np.unique(subject.splits.train.y).tolist()))
    if missing:
        raise Fault(f"train has no item of class {missing[0]}: n_classes={task.n_classes} counts those of train")


def task_agrees(subject: DatasetSubject) -> None:
    """The task tells the shape, the classes and the sizes of what is loaded."""
    splits, task = subject.splits, subject.splits.task
    shapes = {name: tuple(part.x.shape[1:]) for name, part in subject.parts.items()}
    for name, shape in shapes.items():
        if shape != task.shape:
            raise Fault(f"the task's shape is {task.shape}, items of {name} have {shape}")
    names = task.class_names
    if not isinstance(names, tuple) or not all(isinstance(name, str) for name in names):
        raise Fault(f"class_names is {names!r}, not a tuple of text")
    if len(set(names)) != task.n_classes or len(names) != task.n_classes:
        raise Fault(f"there are {task.n_classes} classes and {len(set(names))} class names")
    if task.n_classes < 2:
        raise Fault("there is one class only: nothing is to be learnt")
    if task.pool_size != len(splits.train):
        raise Fault(f"pool_size is {task.pool_size}, train has {len(splits.train)} items")
    known = len(np.unique(splits.groups["train"])) if "train" in splits.groups else task.n_groups
    if task.n_groups != known:
        raise Fault(f"n_groups is {task.n_groups}, train has {known} groups")


def accepted_by_a_run(subject: DatasetSubject) -> None:
    """A run takes the data."""
    try:
        check_splits(subject.splits, "the data set")
    except DataError as error:
        raise Fault(f"a run refuses {error}") from error


def groups_fit(subject: DatasetSubject) -> None:
    """Groups are named for splits that there are, one for each item."""
    groups = subject.splits.groups
    if not groups:
        raise NotApplicable("it knows no groups")
    unknown = set(groups) - set(SPLITS)
    if unknown:
        raise Fault(f"groups are given for {quoted(unknown)}; the splits are {quoted(SPLITS)}")
    for name, each in groups.items():
        if np.shape(each) != (len(subject.parts[name]),):
            raise Fault(
                f"the groups of {name} have the shape {np.shape(each)}: it has {len(subject.parts[name])} items"
            )


def groups_apart(subject: DatasetSubject) -> None:
    """No group (patient) is in two splits."""
    groups = {name: set(np.asarray(each).tolist()) for name, each in subject.splits.groups.items()}
    if len(groups) < 2:
        raise NotApplicable("it knows no groups of two splits")
    for one, other in itertools.combinations(groups, 2):
        shared = sorted(groups[one] & groups[other], key=str)
        if shared:
            raise Fault(f"{len(shared)} groups are in both {one} and {other}, e.g. {shared[0]}: split by group")


def splits_apart(subject: DatasetSubject) -> str:
    """No item is in two splits, byte for byte, unless equal_items allows it or drops them."""
    equal = find_equal(subject.splits, hashes(subject.splits)[1])
    allowed = subject.dataset.equal_items != "refuse"
    told = []
    for (one, other), rows in equal.across.items():
        first, partner = rows[0]
        what = f"{len(rows)} of {one}'s items are also in {other}"
        if not allowed:
            raise Fault(f"{what}, e.g. row {first} is row {partner} there: drop duplicates, then split")
        told.append(what)
    told += [f"{count} of {name}'s items repeat an earlier one" for name, count in equal.within.items()]
    if equal.differing:
        name, row = equal.differing[0]
        told.append(f"{len(equal.differing)} are equal to one of another class, e.g. {name} row {row}")
    return "; ".join(told)


def labels_not_in_items(subject: DatasetSubject) -> None:
    """No value of the items is the label in disguise: one for each class, the same in all of the class."""
    if subject.splits.task.modality == "text":
        raise NotApplicable("its items are texts")
    part = subject.splits.train
    classes, first, codes = np.unique(part.y, return_index=True, return_inverse=True)
    if len(part) < len(classes) + ENOUGH:
        raise NotApplicable(f"{len(part)} training items are too few to tell")
    if len(classes) < 2:
        raise NotApplicable("train has one class only")
    examples = part.x[first].reshape(len(classes), -1)
    alike = np.ones(examples.shape[1], dtype=bool)
    for start, rows in blocks(part.x):
        alike &= (rows == examples[codes[start : start + len(rows)]]).all(axis=0)
    for column in np.flatnonzero(alike):
        if len(np.unique(examples[:, column])) == len(classes):
            raise Fault(f"value {column} of each training item tells its label: leave it out of x")


def same_bytes_twice(subject: DatasetSubject) -> None:
    """Loading again gives the same items, labels, groups and task, whatever the global random state."""
    first = dict(digests(subject.splits))
    with other_globals(1):
        dataset = subject.build()
        again = dict(digests(as_run(dataset, dataset.load(subject.root))))
    differing = [name for name in first.keys() | again.keys() if first.get(name) != again.get(name)]
    if differing:
        raise Fault(f"loading again gave another {quoted(differing)}: seed a generator of its own, sort what is listed")


def global_state_untouched(subject: DatasetSubject) -> None:
    """find, load, verify and the views leave global random states and settings as they are."""
    x = subject.items(8)
    noise, root = subject.noise(len(x)), subject.root
    subject.case = ""
    dataset = subject.build()
    steps: dict[str, Callable[[], Any]] = {
        "find": partial(dataset.find, root),
        "load": partial(dataset.load, root),
        "verify": partial(dataset.verify, root),
        **{view: partial(subject.view, view, x, noise, dataset) for view in VIEWS},
    }
    for name, step in steps.items():
        with other_globals(2):  # a seed set before is no change: start from another state
            before = global_state()
            step()
            changed = changed_globals(before)
        if changed:
            remedy = "read the noise" if name in VIEWS else "use a generator of its own"
            raise Fault(f"{name} changed {' and '.join(changed)}: {remedy}")

"""Items that are in several splits, or several times in one: found by their digests, refused, left out or told."""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass

import numpy as np

from albench.api.dataset import Dataset, Split, Splits
from albench.data.checks import SPLITS, UNLABELED, check_splits
from albench.data.hashes import data_hash, hashes
from albench.errors import DataError
from albench.wording import counted

SHOWN = 5
"""Rows named in a line."""


@dataclass(frozen=True)
class Equal:
    """Where items are that are equal byte for byte.

    Attributes
    ----------
    across
        (earlier split, later split) -> (n, 2) rows of equal items, one pair for each row of the earlier split.
    within
        Split -> how many of its items are equal to one before it.
    differing
        ``(split, row)`` of the items that are equal to one of another class.
    """

    across: dict[tuple[str, str], np.ndarray]
    within: dict[str, int]
    differing: list[tuple[str, int]]


def usable(dataset: Dataset, splits: Splits, name: str) -> tuple[Splits, str]:
    """What a run takes of loaded data, and its hash: checked, and with equal items as ``dataset.equal_items`` says.

    Of an item that is in several splits, ``drop`` keeps what is in the last of train, val and test: what is evaluated
    stays whole, and items beyond the pool that are in a split are left out. Items that are equal within a split are
    kept and told, and so are those of several classes.

    Parameters
    ----------
    name
        The data set's spec, for messages.

    Raises
    ------
    DataError
        See ``check_splits``; and where items are in several splits and ``equal_items`` is ``refuse``.
    """
    check_splits(splits, name)
    whole_hash, digests = hashes(splits)
    equal = find_equal(splits, digests)
    notices = [*splits.notices]
    drop = dataset.equal_items == "drop"
    beside = equal.across.pop((UNLABELED, SPLITS[0]), None) if not drop else None  # which nothing is wrong with
    if beside is not None:
        notices.append(_shared(splits, UNLABELED, SPLITS[0], beside))
    shared = "; ".join(_shared(splits, *names, rows) for names, rows in equal.across.items())
    if shared and dataset.equal_items == "refuse":
        # what the reader took away from the items may be what made them equal
        said = (*splits.notices, *splits.how_read)
        how_read = f" How it was read: {'; '.join(said)}." if said else ""
        raise DataError(
            f"{name}: {shared}: what is tested would be trained on. Write equal_items=drop to keep the copies nearest "
            f"to test alone, or equal_items=allow where different items may rightly look alike.{how_read}"
        )
    if shared and dataset.equal_items == "allow":
        notices.append(f"{shared}: allowed, though figures may come out too good")
    if shared and drop:
        left_out = {
            one: np.unique(np.concatenate([rows[:, 0] for (split, _), rows in equal.across.items() if split == one]))
            for one in dict.fromkeys(one for one, _ in equal.across)
        }
        notices.append(f"left out {_counted({split: len(rows) for split, rows in left_out.items()})}: {shared}")
        splits, digests = _without(splits, digests, left_out)
        check_splits(splits, name)
        whole_hash, equal = data_hash(splits), find_equal(splits, digests)
    if equal.within:
        notices.append(f"repeated within a split: {_counted(equal.within)}")
    if equal.differing:
        rows = ", ".join(splits.called(split, row) for split, row in equal.differing[:SHOWN])
        more = f" and {len(equal.differing) - SHOWN:,} more" if len(equal.differing) > SHOWN else ""
        without = shared and drop and not splits.names
        counted = " (rows counted without those left out)" if without else ""
        notices.append(f"equal to an item of another class: {rows}{more}{counted}")
    return dataclasses.replace(splits, notices=tuple(notices)), whole_hash


def find_equal(splits: Splits, digests: dict[str, np.ndarray]) -> Equal:
    """Compare all items by their digests.

    Parameters
    ----------
    digests
        Split -> (N,) digests, as ``albench.data.hashes.hashes`` gives them.
    """
    names = [name for name in (UNLABELED, *SPLITS) if name in digests]
    sizes = [len(digests[name]) for name in names]
    # as text of 16 bytes they can be sorted; a zero byte at an end is read as padding, on both sides alike
    every = np.concatenate([digests[name] for name in names]).view("S16")
    _, code, count = np.unique(every, return_inverse=True, return_counts=True)
    places = np.flatnonzero(count[code] > 1)
    code, split_of = code[places], np.repeat(np.arange(len(names)), sizes)[places]
    row = places - np.concatenate([[0], np.cumsum(sizes)])[split_of]
    label = np.concatenate([_labels(splits, name) for name in names])[places]

    across: dict[tuple[str, str], np.ndarray] = {}
    for one, other in itertools.combinations(range(len(names)), 2):
        there, first = np.unique(code[split_of == other], return_index=True)
        mine = np.flatnonzero((split_of == one) & np.isin(code, there))
        if len(mine):
            partner = row[split_of == other][first][np.searchsorted(there, code[mine])]
            across[names[one], names[other]] = np.stack([row[mine], partner], axis=1)
    within = {}
    for number, name in enumerate(names):
        mine = code[split_of == number]
        if repeats := len(mine) - len(np.unique(mine)):
            within[name] = repeats
    lowest, highest = np.full(len(count), np.iinfo(np.int64).max), np.full(len(count), -1)
    known = label >= 0
    np.minimum.at(lowest, code[known], label[known])
    np.maximum.at(highest, code[known], label[known])
    mixed = np.flatnonzero(known & (lowest[code] != highest[code]))
    return Equal(across, within, [(names[split_of[place]], int(row[place])) for place in mixed])


def _labels(splits: Splits, name: str) -> np.ndarray:
    """(N,) labels; -1 of items beyond the pool."""
    y: np.ndarray = np.full(splits.n_unlabeled, -1) if name == UNLABELED else getattr(splits, name).y
    return y


def _shared(splits: Splits, one: str, other: str, rows: np.ndarray) -> str:
    """What is in two splits, as text."""
    classes = _labels(splits, one)[rows[:, 0]] != _labels(splits, other)[rows[:, 1]]
    classes &= one != UNLABELED
    renamed = f", {int(classes.sum()):,} of them under another class" if classes.any() else ""
    are, (first, partner) = "is" if len(rows) == 1 else "are", rows[0]
    example = f"{splits.called(one, first)} is {splits.called(other, partner)}"
    return f"{_items(len(rows))} of {one} {are} also in {other} ({example}){renamed}"


def _counted(counts: dict[str, int]) -> str:
    return " and ".join(f"{_items(count)} of {split}" for split, count in counts.items())


def _items(count: int) -> str:
    return counted(count, "item")


def _without(
    splits: Splits, digests: dict[str, np.ndarray], left_out: dict[str, np.ndarray]
) -> tuple[Splits, dict[str, np.ndarray]]:
    """The splits and the digests without some rows; what is left of a memory map is copied."""
    groups, names, remaining = dict(splits.groups), dict(splits.names), dict(digests)
    shorter: dict[str, Split] = {}
    unlabeled = splits.unlabeled
    for name, rows in left_out.items():
        kept = np.ones(len(digests[name]), dtype=bool)
        kept[rows] = False
        remaining[name] = digests[name][kept]
        if name == UNLABELED:
            assert unlabeled is not None  # as some of it is left out
            unlabeled = unlabeled[kept] if kept.any() else None
        else:
            split: Split = getattr(splits, name)
            shorter[name] = Split(split.x[kept], split.y[kept])
        if name in groups:
            groups[name] = np.asarray(groups[name])[kept]
        if name in names:
            names[name] = np.asarray(names[name])[kept]
    task = splits.task
    if "train" in shorter:
        n_groups = len(np.unique(groups["train"])) if "train" in groups else task.n_groups
        task = dataclasses.replace(task, pool_size=len(shorter["train"]), n_groups=n_groups)
    train, val = shorter.get("train", splits.train), shorter.get("val", splits.val)
    if unlabeled is None:
        remaining.pop(UNLABELED, None)
    changed = dataclasses.replace(splits, train=train, val=val, task=task, groups=groups, names=names)
    return dataclasses.replace(changed, unlabeled=unlabeled), remaining

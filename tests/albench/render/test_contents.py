"""What a run says of its data before it begins: every class in every split, and groups."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from albench.api import Split, Splits, Task
from albench.render.contents import contents


def splits(counts: list[list[int]], groups: dict[str, np.ndarray] | None = None) -> Splits:
    """Splits with ``counts[split][class]`` items."""
    parts = [np.repeat(np.arange(len(each)), each) for each in counts]
    names = tuple(f"c{label}" for label in range(len(counts[0])))
    task = Task("features", (1,), len(names), names, pool_size=len(parts[0]))
    made = [Split(np.zeros((len(y), 1), np.float32), y) for y in parts]
    return Splits(*made, task, groups or {})


def test_every_class_is_counted_in_every_split() -> None:
    assert contents(splits([[1200, 3], [10, 0], [2, 1]])) == ["per class (train/val/test): c0: 1,200/10/2, c1: 3/0/1"]


def test_of_many_classes_the_largest_and_the_smallest_are_told() -> None:
    sizes = [5] * 20
    sizes[7], sizes[11] = 9, 1
    (line,) = contents(splits([sizes, [2] * 20, [3] * 20]))
    assert line.endswith("c7: 9/2/3, c11: 1/2/3 (of 20 classes the largest and the smallest)")


def test_groups_are_counted_and_a_split_without_them_is_no_zero() -> None:
    groups = {"train": np.array([4, 4, 8]), "test": np.array([9, 9])}
    assert contents(splits([[2, 1], [1, 1], [1, 1]], groups))[1] == "groups (patients): 2/?/1"


def test_items_beyond_the_pool_are_counted() -> None:
    made = replace(splits([[2, 1], [1, 1], [1, 1]]), unlabeled=np.zeros((1200, 1), np.float32))
    assert contents(made)[1].startswith("beyond the pool: 1,200 items without labels that could be bought")

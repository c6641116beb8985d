"""Splits made by share: seeded, class by class, groups and equal items together, whatever the order of the rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from albench.api import DataError
from albench_datasets.checks import Raw
from albench_datasets.shares import split_rows

SHARES = {"train": 0.65, "val": 0.15, "test": 0.2}
NAMES = ("a", "b", "c")


def raw(n: int = 200, groups: np.ndarray | None = None, seed: int = 0) -> Raw:
    x = np.random.default_rng(seed).normal(size=(n, 4)).astype(np.float32)
    return Raw(x, np.repeat([0, 1, 2], [n - n // 2, n // 2 - n // 10, n // 10]), "x", "y", groups)


def split(of: Raw, shares: dict[str, float] = SHARES, seed: int = 0) -> dict[str, np.ndarray]:
    return split_rows(of, shares, seed=seed, class_names=NAMES, what="y")


def test_each_class_has_its_share() -> None:
    of = raw()
    rows = split(of)
    assert sorted(np.concatenate(list(rows.values())).tolist()) == list(range(200))
    for name, share in SHARES.items():
        counts = np.bincount(of.y[rows[name]], minlength=3)
        assert np.abs(counts - share * np.bincount(of.y)).max() <= 1


def test_another_seed_is_another_split_and_the_same_seed_the_same() -> None:
    one, again, other = split(raw()), split(raw()), split(raw(), seed=1)
    assert all(np.array_equal(one[name], again[name]) for name in SHARES)
    assert not np.array_equal(one["test"], other["test"])


def test_the_order_of_the_rows_does_not_matter() -> None:
    of = raw()
    order = np.random.default_rng(3).permutation(200)
    moved = split(Raw(of.x[order], of.y[order], "x", "y"))
    for name, rows in split(of).items():
        assert set(order[moved[name]].tolist()) == set(rows.tolist())


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_equal_items_and_groups_stay_together(seed: int) -> None:
    rng = np.random.default_rng(seed)
    of = raw(groups=rng.integers(0, 60, 200), seed=seed)
    for _ in range(15):
        one, other = rng.integers(0, 200, 2)
        of.x[one] = of.x[other]
    try:
        rows = split(of)
    except DataError:  # a rare class in too few groups
        return
    place = {int(row): name for name, each in rows.items() for row in each}
    for keys in (of.groups.tolist(), [row.tobytes() for row in of.x]):  # type: ignore[union-attr]  # they are there
        found: dict[object, set[str]] = {}
        for row, key in enumerate(keys):
            found.setdefault(key, set()).add(place[row])
        assert all(len(names) == 1 for names in found.values())


def test_two_shares_are_enough() -> None:
    rows = split(raw(), {"train": 0.8, "val": 0.2})
    assert set(rows) == {"train", "val"}
    assert abs(len(rows["val"]) - 40) <= 2


def test_a_class_with_too_few_items_is_named() -> None:
    of = raw()
    of.y[:] = np.arange(200) % 2
    of.y[0] = 2
    with pytest.raises(DataError, match="y: class c has 1 different items, and none came to"):
        split(of)

"""Near-duplicates: found whatever was done to the copy, not mistaken, and counted by split and class."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from albench.api import Split, Splits, Task
from albench.data import near_items
from albench.data.near_items import find_near, near_across, near_lines
from albench.execution.prepare import prepare
from albench.execution.settle import settle
from albench.session import suite_from
from albench.suite.settings import run_settings


def pictures(n: int, seed: int = 0, side: int = 32, channels: int = 1) -> np.ndarray:
    """Smooth pictures as photographs are: sums of random low waves, (n, channels, side, side) uint8."""
    rng = np.random.Generator(np.random.PCG64(seed))
    waves = np.cos(np.pi / side * (np.arange(side) + 0.5) * np.arange(8)[:, None])
    low = rng.standard_normal((n, channels, 8, 8)) / (1 + np.add.outer(np.arange(8), np.arange(8)))
    x = waves.T @ low @ waves
    return np.clip(118 + 30 * x, 0, 255).astype(np.uint8)


def splits(train: np.ndarray, val: np.ndarray, test: np.ndarray) -> Splits:
    parts = {name: Split(x, np.arange(len(x)) % 2) for name, x in (("train", train), ("val", val), ("test", test))}
    return Splits(**parts, task=Task("image", train.shape[1:], 2, ("a", "b"), pool_size=len(train)))


def changed(x: np.ndarray) -> np.ndarray:
    """Brighter, with more contrast and noise."""
    rng = np.random.Generator(np.random.PCG64(9))
    return np.clip(1.1 * x.astype(float) + 8 + rng.normal(0, 1, x.shape), 0, 255).astype(np.uint8)


def test_changed_copies_are_found_across_and_within_splits() -> None:
    x = pictures(60)
    train, val, test = x[:40].copy(), x[40:50].copy(), x[50:].copy()
    train[7], train[8], val[3] = changed(test[2:3])[0], changed(test[4:5])[0], changed(test[9:10])[0]
    train[20] = changed(train[11:12])[0]
    data = splits(train, val, test)
    near = find_near(data)
    assert near is not None
    assert near.items == {("train", "test"): {7, 8}, ("val", "test"): {3}, ("train", "train"): {11, 20}}
    assert near.examples["train", "test"] == [(7, 2), (8, 4)]
    assert near.n_other_class == {("train", "test"): 1, ("val", "test"): 0, ("train", "train"): 1}
    assert near_lines(near, data)[0] == (
        "near-duplicates: 2 items of train look like items of test, so that figures come out too good "
        "(train row 7 ~ test row 2, train row 8 ~ test row 4); 1 of the pairs are of different classes"
    )
    assert near_lines(near, data)[2].startswith(
        "near-duplicates: 2 items of train look like one another (train row 11 ~"
    )


def test_different_pictures_are_not_near() -> None:
    x = pictures(600)
    data = splits(x[:400], x[400:500], x[500:])
    near = find_near(data)
    assert near is not None
    assert near.items == {}
    assert near_lines(near, data) == ["no near-duplicates among 600 pictures"]


def test_copies_that_are_equal_byte_for_byte_are_told_elsewhere() -> None:
    x = pictures(30)
    x[5] = x[6]
    data = splits(x[:10], x[10:20], x[20:])
    near = find_near(data)
    assert near is not None
    assert near.items == {}


def test_shapes_of_other_colours_are_not_near() -> None:
    x = np.zeros((8, 3, 32, 32), np.uint8)
    x[:, :, 8:20, 8:20] = 40
    for item, channel in enumerate((0, 1, 2, 0, 1, 2, 0, 1)):
        x[item, channel, 8:20, 8:20] = 200
    data = splits(x[:3], x[3:4], x[4:5])
    near = find_near(data)
    assert near is not None
    assert near.items == {}


def test_blank_pictures_are_counted_and_not_compared() -> None:
    x = pictures(20)
    x[:6] = np.arange(6).reshape(6, 1, 1, 1) + 10
    data = splits(x[:10], x[10:15], x[15:])
    near = find_near(data)
    assert near is not None
    assert (near.n_flat, near.n_compared, near.items) == (6, 14, {})
    assert near_lines(near, data) == ["near-duplicates: 6 pictures are nearly blank and were not compared"]


def test_vectors_and_tiny_pictures_are_not_asked() -> None:
    assert find_near(splits(*(pictures(4, side=8) for _ in range(3)))) is None
    vectors = [Split(np.zeros((4, 3), np.float32), np.arange(4) % 2) for _ in range(3)]
    assert find_near(Splits(*vectors, task=Task("features", (3,), 2, ("a", "b"), pool_size=4))) is None


def test_floats_in_0_to_1_are_compared_as_bytes_are() -> None:
    x = pictures(30)
    x[25] = changed(x[3:4])[0]
    as_bytes = find_near(splits(x[:10], x[10:20], x[20:]))
    as_floats = find_near(splits(*(part.astype(np.float32) / 255 for part in (x[:10], x[10:20], x[20:]))))
    assert as_bytes is not None
    assert as_floats is not None
    assert as_bytes.items == as_floats.items == {("train", "test"): {3}}


@pytest.mark.parametrize("block", [7, 2048])
def test_bands_find_every_pair_within_the_radius_once(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(near_items, "BLOCK", block)
    rng = np.random.Generator(np.random.PCG64(1))
    hashes = rng.integers(0, 2**63, 120, dtype=np.uint64)
    for row in range(60, 120):  # near ones: up to eleven bits turned
        turned = rng.choice(63, rng.integers(0, 12), replace=False).astype(np.uint64)
        hashes[row] = hashes[row - 60] ^ np.bitwise_or.reduce(np.uint64(1) << turned, initial=np.uint64(0))
    wanted = sorted(
        (first, second)
        for first, second in itertools.combinations(range(120), 2)
        if int(hashes[first] ^ hashes[second]).bit_count() <= near_items.RADIUS
    )
    found = sorted(map(tuple, np.concatenate(list(near_items._close(hashes))).tolist()))
    assert found == wanted
    assert len(wanted) > 20


def test_where_all_is_alike_the_search_ends_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_items, "MOST_CHECKED", 10)
    x = changed(np.repeat(pictures(1), 40, axis=0))
    data = splits(x[:20], x[20:30], x[30:])
    near = find_near(data)
    assert near is not None
    assert not near.complete
    assert "the search ended after 10 pairs" in near_lines(near, data)[-1]


def test_a_run_tells_pictures_of_one_split_that_look_like_those_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within a split nothing comes out too good; large sets are left to ``albench data verify``."""
    x = pictures(60, side=24)
    train = x[:40].copy()
    train[7], train[20] = changed(x[52:53])[0], changed(train[11:12])[0]
    parts = {"train": train, "val": x[40:50], "test": x[50:]}
    arrays = {f"{name}_images": part[:, 0] for name, part in parts.items()}
    np.savez(tmp_path / "x.npz", **arrays, **{f"{name}_labels": np.arange(len(x)) % 2 for name, x in parts.items()})
    suite = suite_from(None, dataset=f"npz[path={tmp_path}/x.npz]", strategy="random", initial=4, query_size=4)
    found = [
        line
        for data in prepare(settle(suite, run_settings(out=tmp_path))).data.values()
        for line in data.splits.notices
    ]
    told = [line for line in found if "near-duplicates" in line]
    assert len(told) == 1
    assert told[0].startswith("near-duplicates: 1 items of train look like items of test")
    monkeypatch.setattr("albench.data.near_items.MOST_BEFORE_A_RUN", 59)
    assert near_across(splits(*parts.values())) == ()

"""Equal items: refused across splits unless the data set says otherwise, left out of what is not tested, told."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from albench.api import FeatureDataset, Split, Splits, Task, option
from albench.components.fields import canonical
from albench.components.registry import registry
from albench.data.checks import check_splits
from albench.data.equal_items import find_equal, usable
from albench.data.hashes import data_hash, hashes
from albench.data.loading import load_data
from albench.errors import DataError


@dataclass(frozen=True)
class Mine(FeatureDataset):
    width: int = option(4, "features", ge=1)


def splits() -> Splits:
    rng = np.random.Generator(np.random.PCG64(0))
    sizes = {"train": 30, "val": 9, "test": 9}
    parts = {
        n: Split(rng.standard_normal((size, 4)).astype(np.float32), np.arange(size) % 3) for n, size in sizes.items()
    }
    groups = {name: np.arange(size) // 3 + 100 * size for name, size in sizes.items()}
    return Splits(**parts, task=Task("features", (4,), 3, ("a", "b", "c"), pool_size=30, n_groups=10), groups=groups)


def leaking() -> Splits:
    """Train rows 3, 4 and 7 are val row 0, train row 5 is test row 2, val row 1 is test row 3, train 9 repeats 8."""
    data = splits()
    data.train.x[[3, 4, 7]] = data.val.x[0]
    data.train.x[5] = data.test.x[2]
    data.val.x[1] = data.test.x[3]
    data.train.x[9] = data.train.x[8]
    return data


def test_what_is_equal_is_found() -> None:
    data = leaking()
    equal = find_equal(data, hashes(data)[1])
    assert {names: rows.tolist() for names, rows in equal.across.items()} == {
        ("train", "val"): [[3, 0], [4, 0], [7, 0]],
        ("train", "test"): [[5, 2]],
        ("val", "test"): [[1, 3]],
    }
    assert equal.within == {"train": 3}
    mine = [("train", row) for row in (3, 4, 7, 8, 9)]
    assert equal.differing == [*mine, ("val", 0), ("val", 1), ("test", 3)]


def test_nothing_is_found_where_all_differ() -> None:
    data = splits()
    equal = find_equal(data, hashes(data)[1])
    assert not equal.across
    assert not equal.within
    assert not equal.differing
    assert usable(Mine(), data, "d") == (data, data_hash(data))


def test_equal_items_across_splits_are_refused_with_the_options_that_decide() -> None:
    with pytest.raises(DataError) as caught:
        usable(Mine(), leaking(), "mine")
    assert str(caught.value) == (
        "mine: 3 items of train are also in val (train row 3 is val row 0), 2 of them under another class; "
        "1 item of train is also in test (train row 5 is test row 2); "
        "1 item of val is also in test (val row 1 is test row 3), 1 of them under another class: "
        "what is tested would be trained on. Write equal_items=drop to keep the copies nearest to test alone, or "
        "equal_items=allow where different items may rightly look alike."
    )


def test_dropped_copies_leave_the_test_split_whole() -> None:
    data = leaking()
    kept, hashed = usable(Mine(equal_items="drop"), data, "mine")
    assert [len(kept.train), len(kept.val), len(kept.test)] == [26, 8, 9]
    left = np.delete(np.arange(30), [3, 4, 5, 7])
    np.testing.assert_array_equal(kept.train.x, data.train.x[left])
    np.testing.assert_array_equal(kept.train.y, data.train.y[left])
    np.testing.assert_array_equal(kept.groups["train"], data.groups["train"][left])
    np.testing.assert_array_equal(kept.val.x, np.delete(data.val.x, 1, axis=0))
    assert kept.test is data.test
    assert kept.task.pool_size == 26
    assert kept.task.n_groups == 9, "the items of one group are all left out"
    check_splits(kept, "mine")
    assert hashed == data_hash(kept) != data_hash(data)
    assert kept.notices[0].startswith("left out 4 items of train and 1 item of val: 3 items of train are also in val")
    assert kept.notices[1:] == (
        "repeated within a split: 1 item of train",
        "equal to an item of another class: train row 4, train row 5 (rows counted without those left out)",
    )


def test_dropping_the_last_item_of_a_class_is_refused() -> None:
    data = splits()
    only = np.where(data.train.y == 2)[0]
    data.train.y[only[1:]] = 0
    data.train.x[only[0]] = data.test.x[0]
    with pytest.raises(DataError, match="no item of class c"):
        usable(Mine(equal_items="drop"), data, "mine")


def test_allowed_copies_are_told_and_change_nothing() -> None:
    data = leaking()
    kept, hashed = usable(Mine(equal_items="allow"), data, "mine")
    assert kept.train is data.train
    assert hashed == data_hash(data)
    assert "3 items of train are also in val" in kept.notices[0]
    assert "allowed" in kept.notices[0]


def test_only_what_changes_the_data_changes_a_trials_key() -> None:
    keys = [canonical("mine", Mine(equal_items=how)) for how in ("refuse", "allow", "drop")]
    assert keys[0] == keys[1]
    assert "equal_items" not in keys[0]
    assert "equal_items=drop" in keys[2]


def test_every_reader_is_asked(tmp_path: Path) -> None:
    """The check is made on what any data set loads: arrays in files, here, and a plugin's own."""
    data = leaking()
    for name in ("train", "val", "test"):
        np.save(tmp_path / f"{name}-features.npy", getattr(data, name).x)
        np.save(tmp_path / f"{name}-labels.npy", getattr(data, name).y)
    with pytest.raises(DataError, match="3 items of train are also in val"):
        load_data(f"features[path={tmp_path}]", None, registry())
    loaded = load_data(f"features[path={tmp_path},equal_items=drop]", None, registry())
    assert len(loaded.splits.train) == 26
    plugin = tmp_path / "leak.py"
    plugin.write_text(
        "from dataclasses import dataclass, replace\n"
        "from albench.api import hookimpl\n"
        "from albench_datasets.digits import Digits\n"
        "@dataclass(frozen=True)\n"
        "class Leak(Digits):\n"
        "    def load(self, root):\n"
        "        splits = super().load(root)\n"
        "        splits.train.x[5] = splits.test.x[6]\n"
        "        return splits\n"
        "@hookimpl\n"
        "def albench_register(add):\n"
        "    add.dataset('leak', Leak, 'digits, one of them twice')\n"
    )
    with pytest.raises(DataError, match=r"leak: 1 item of train is also in test \(train row 5 is test row 6\)"):
        load_data("leak", None, registry((str(plugin),)))


def test_a_data_set_may_allow_them_by_itself() -> None:
    @dataclass(frozen=True)
    class Coarse(FeatureDataset):
        equal_items: str = option("allow", "rows of a coarse table")

    kept, _ = usable(Coarse(), leaking(), "coarse")
    assert len(kept.train) == 30


def test_images_and_maps_are_compared_too(tmp_path: Path) -> None:
    rng = np.random.Generator(np.random.PCG64(1))
    x = rng.integers(0, 256, (40, 1, 6, 6), dtype=np.uint8)
    x[30] = x[12]
    np.save(tmp_path / "x.npy", x.transpose(0, 2, 3, 1))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r").transpose(0, 3, 1, 2)
    y = np.arange(40) % 2
    parts = [Split(mapped[rows], y[rows]) for rows in (slice(20), slice(20, 30), slice(30, 40))]
    data = Splits(*parts, Task("image", (1, 6, 6), 2, ("a", "b"), pool_size=20))
    equal = find_equal(data, hashes(data)[1])
    assert {names: rows.tolist() for names, rows in equal.across.items()} == {("train", "test"): [[12, 0]]}
    assert data_hash(data) == data_hash(dataclasses.replace(data, train=Split(x[:20], y[:20])))


def beside(unlabeled: np.ndarray) -> Splits:
    return dataclasses.replace(splits(), unlabeled=unlabeled.astype(np.float32))


def with_copies() -> Splits:
    """Of six items beyond the pool 0 and 4 are train row 2, 3 is test row 1, 5 repeats 1."""
    data = splits()
    rng = np.random.Generator(np.random.PCG64(9))
    unlabeled = rng.standard_normal((6, 4)).astype(np.float32)
    unlabeled[[0, 4]], unlabeled[3], unlabeled[5] = data.train.x[2], data.test.x[1], unlabeled[1]
    return beside(unlabeled)


def test_copies_among_items_without_labels_are_found_and_are_of_no_other_class() -> None:
    data = with_copies()
    equal = find_equal(data, hashes(data)[1])
    assert {names: rows.tolist() for names, rows in equal.across.items()} == {
        ("unlabeled", "train"): [[0, 2], [4, 2]],
        ("unlabeled", "test"): [[3, 1]],
    }
    assert (equal.within, equal.differing) == ({"unlabeled": 2}, [])


def test_items_without_labels_that_are_tested_are_refused_or_left_out() -> None:
    with pytest.raises(DataError, match=r"1 item of unlabeled is also in test \(unlabeled row 3 is test row 1\): what"):
        usable(Mine(), with_copies(), "mine")
    dropped, found = usable(Mine(equal_items="drop"), with_copies(), "mine")
    assert dropped.unlabeled is not None
    np.testing.assert_array_equal(dropped.unlabeled, with_copies().unlabeled[[1, 2, 5]])  # type: ignore[index]
    assert "left out 3 items of unlabeled" in " ".join(dropped.notices)
    assert found == data_hash(dropped)
    assert len(dropped.train) == 30


def test_items_without_labels_may_be_of_the_pool_too_and_it_is_told() -> None:
    data = beside(np.concatenate([splits().train.x[:2], np.ones((3, 4))]))
    kept, _ = usable(Mine(), data, "mine")
    assert kept.n_unlabeled == 5
    assert any("2 items of unlabeled are also in train" in notice for notice in kept.notices)
    none, found = usable(Mine(equal_items="drop"), beside(splits().train.x[:2]), "mine")
    assert none.unlabeled is None
    assert found == data_hash(splits())

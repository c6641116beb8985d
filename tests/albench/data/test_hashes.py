"""The data hash names every item and label; an item has one digest wherever it stands."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from feature_splits import splits

from albench.api import Split, Splits
from albench.data.hashes import data_hash, hashes


def test_the_data_hash_sees_every_item_and_label() -> None:
    first = data_hash(splits())
    assert first == data_hash(splits())
    for part in ("train", "val", "test"):
        for name in ("x", "y"):
            changed = splits()
            getattr(getattr(changed, part), name)[-1] += 1
            assert data_hash(changed) != first


def test_equal_items_have_one_digest_in_whatever_split_and_the_whole_hash_is_the_data_hash() -> None:
    data = splits()
    data.test.x[4] = data.train.x[17]
    whole, digests = hashes(data)
    assert whole == data_hash(data)
    assert {name: len(found) for name, found in digests.items()} == {"train": 30, "val": 9, "test": 9}
    assert digests["test"][4] == digests["train"][17]
    assert len(np.unique(np.concatenate(list(digests.values())))) == 47


def test_the_size_of_a_block_changes_no_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, digests = hashes(splits())
    monkeypatch.setattr("albench.data.items.BLOCK_BYTES", 3 * 16)  # three items of four float32
    again, by_block = hashes(splits())
    assert again == whole
    assert all((digests[name] == by_block[name]).all() for name in digests)


def texts(kind: type) -> Splits:
    made = splits()
    parts = {}
    for name in ("train", "val", "test"):
        split = getattr(made, name)
        parts[name] = Split(np.array([f"{name} item {row}" for row in range(len(split))], kind), split.y)
    return dataclasses.replace(made, **parts, task=dataclasses.replace(made.task, modality="text", shape=()))


def test_texts_are_hashed_by_what_they_say_however_they_are_held() -> None:
    whole, digests = hashes(texts(object))
    assert hashes(texts(np.str_))[0] == whole
    other = texts(object)
    other.test.x[0] = other.train.x[3]
    changed, found = hashes(other)
    assert changed != whole
    assert found["test"][0] == digests["train"][3]
    moved = texts(object)  # the same signs, cut elsewhere, are other texts
    moved.train.x[0], moved.train.x[1] = moved.train.x[0] + moved.train.x[1], ""
    assert hashes(moved)[0] != whole


def test_items_beyond_the_pool_are_part_of_the_name_where_there_are_any() -> None:
    without = splits()
    more = [
        dataclasses.replace(without, unlabeled=np.full((2, *without.train.x.shape[1:]), v, np.float32)) for v in (0, 1)
    ]
    names = [data_hash(each) for each in (without, *more)]
    assert len(set(names)) == 3
    assert data_hash(dataclasses.replace(without, unlabeled=None)) == names[0]
    assert list(hashes(without)[1]) == ["train", "val", "test"]
    assert len(hashes(more[0])[1]["unlabeled"]) == 2

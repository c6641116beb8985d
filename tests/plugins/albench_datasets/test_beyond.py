"""Items without labels beside arrays: found by their names where they are wanted, told where they are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from albench.api import DataError
from albench_datasets.features import Features
from albench_datasets.npz import Npz


def features(folder: Path, **more: np.ndarray) -> str:
    rng = np.random.default_rng(0)
    for split, count in (("train", 12), ("val", 6), ("test", 6)):
        np.save(folder / f"{split}-features.npy", rng.normal(size=(count, 3)).astype(np.float32))
        np.save(folder / f"{split}-labels.npy", np.arange(count) % 2)
    for name, array in more.items():
        np.save(folder / f"{name.replace('_', '-')}.npy", array)
    return str(folder)


@pytest.mark.parametrize("name", ["unlabeled_features", "Unlabelled_embeddings", "x_unlabeled"])
def test_vectors_without_labels_are_mapped_where_they_are_wanted(tmp_path: Path, name: str) -> None:
    more = np.arange(15, dtype=np.float32).reshape(5, 3)
    path = features(tmp_path, **{name: more})
    splits = Features(path=path, unlabeled=True).load(None)
    np.testing.assert_array_equal(splits.unlabeled, more)
    assert isinstance(splits.unlabeled, np.memmap)
    assert [len(splits.train), splits.task.pool_size, splits.how_read] == [12, 12, ()]
    without = Features(path=path).load(None)
    assert without.unlabeled is None
    (line,) = without.how_read
    assert line.endswith("is not read: unlabeled=true lets methods learn from its items")


def test_they_are_scaled_as_the_pool_is(tmp_path: Path) -> None:
    more = np.arange(15, dtype=np.float32).reshape(5, 3)
    splits = Features(path=features(tmp_path, unlabeled_features=more), unlabeled=True, scale="pool").load(None)
    pool = np.load(tmp_path / "train-features.npy").astype(np.float64)
    expected = (more - pool.mean(axis=0)) / pool.std(axis=0)
    np.testing.assert_allclose(splits.unlabeled, expected, rtol=1e-3, atol=1e-3)


def test_images_without_labels_stand_as_others_do(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    arrays = {f"{split}_images": rng.integers(0, 256, (8, 6, 5, 3), np.uint8) for split in ("train", "val", "test")}
    arrays |= {f"{split}_labels": np.arange(8) % 2 for split in ("train", "val", "test")}
    more = rng.integers(0, 256, (4, 6, 5, 3), np.uint8)
    np.savez(tmp_path / "set.npz", unlabeled_images=more, **arrays)
    splits = Npz(path="set.npz", unlabeled=True).load(tmp_path)
    np.testing.assert_array_equal(splits.unlabeled, more.transpose(0, 3, 1, 2))
    assert Npz(path="set.npz").load(tmp_path).unlabeled is None


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({}, r"unlabeled=true, and no unlabeled-features\.npy; save each array with numpy\.save"),
        (
            {"unlabeled_features": np.zeros((2, 3)), "unlabeled_x": np.zeros((2, 3))},
            "unlabeled-features and unlabeled-x: both are items without labels; keep one of them$",
        ),
        (
            {"unlabeled_x": np.zeros((2, 4), np.float32)},
            r"unlabeled-x\.npy: items of shape \(4,\), but the training items",
        ),
        ({"unlabeled_x": np.zeros((0, 3), np.float32)}, r"unlabeled-x\.npy: no items"),
        ({"unlabeled_x": np.zeros(3, np.float32)}, r"unlabeled-x\.npy: an array of shape \(3,\); \(N, D\) is needed"),
        ({"unlabeled_x": np.array([[0, 0, np.inf]])}, r"unlabeled-x\.npy: row 0 has the value inf at position 2"),
        ({"unlabeled_x": np.array([["a", "b", "c"]])}, r"unlabeled-x\.npy: values of type"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, more: dict[str, Any], says: str) -> None:
    with pytest.raises(DataError, match=says):
        Features(path=features(tmp_path, **more), unlabeled=True).load(None)

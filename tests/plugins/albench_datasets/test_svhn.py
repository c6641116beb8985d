"""SVHN, on small MATLAB files of the published layout."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from albench.api import DataError
from albench_datasets import svhn
from albench_datasets.svhn import Svhn


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = {"train": (10,) * 10, "test": (2,) * 10}
    monkeypatch.setattr(svhn, "SVHN", replace(svhn.SVHN, per_class=counts))


def write(folder: Path, **changes: Any) -> dict[str, np.ndarray]:
    """Both files, with labels 1 .. 10; the images of each, (N, 32, 32, 3)."""
    images = {}
    for seed, (name, n) in enumerate((("train", 100), ("test", 20))):
        images[name] = np.random.default_rng(seed).integers(0, 256, (n, 32, 32, 3), np.uint8)
        held = {"X": images[name].transpose(1, 2, 3, 0), "y": (np.arange(n) % 10 + 1).astype(np.uint8)[:, None]}
        savemat(folder / f"{name}_32x32.mat", {**held, **changes}, do_compression=True)
    return images


def test_images_are_turned_and_ten_is_the_digit_zero(tmp_path: Path) -> None:
    images = write(tmp_path)
    splits = Svhn().load(tmp_path)
    np.testing.assert_array_equal(splits.test.x, images["test"].transpose(0, 3, 1, 2))
    assert splits.test.y.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0] * 2
    assert [len(splits.train), len(splits.val)] == [90, 10]
    assert not Svhn().flip
    assert len(Svhn().verify(tmp_path)) == 2  # checksums of the published files


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"X": np.zeros((32, 32, 3, 100))},
            r"train_32x32\.mat: X is float64 of shape \(32, 32, 3, 100\); uint8 of shape",
        ),
        ({"X": np.zeros((16, 16, 3, 100), np.uint8)}, r"X is uint8 of shape \(16, 16, 3, 100\)"),
        ({"y": np.zeros((100, 1), np.uint8)}, "y holds labels other than 1 .. 10"),
        ({"y": np.array(["a"] * 100)}, "y holds labels other than 1 .. 10"),
        ({"y": np.ones((7, 1), np.uint8)}, r"100 items, but .*: y has 7 labels; they have to match row by row"),
    ],
)
def test_other_arrays_are_told(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    write(tmp_path, **changes)
    with pytest.raises(DataError, match=told):
        Svhn().load(tmp_path)


@pytest.mark.parametrize("left", [0, 100, 5000, 60_000])
def test_a_damaged_file_is_told(tmp_path: Path, left: int) -> None:
    write(tmp_path)
    path = tmp_path / "train_32x32.mat"
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(DataError, match=r"train_32x32\.mat: .*get the file again"):
        Svhn().load(tmp_path)


def test_a_page_in_its_place_is_told(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "train_32x32.mat").write_bytes(b"<!DOCTYPE html><html><head><title>moved</title></head>" * 10)
    with pytest.raises(DataError, match=r"train_32x32\.mat: not a readable MATLAB file .*; get the file again"):
        Svhn().load(tmp_path)


def test_an_array_that_is_not_there_is_told(tmp_path: Path) -> None:
    write(tmp_path)
    savemat(tmp_path / "test_32x32.mat", {"y": np.ones(3)})
    with pytest.raises(DataError, match=r"test_32x32\.mat: no X; get the file again"):
        Svhn().load(tmp_path)

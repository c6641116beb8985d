"""What vectors lose on their way to a network is told, with counts and the option that keeps it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from albench.api import Splits
from albench_datasets.features import Features


def read(folder: Path, x: np.ndarray, **options: str) -> Splits:
    np.savez(folder / "pool.npz", features=x, labels=np.arange(len(x)) % 2)
    return Features(path=str(folder / "pool.npz"), **options).load(None)


@pytest.fixture
def x() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(200, 5))


def test_digits_that_float32_drops_are_told_and_kept_by_the_option(tmp_path: Path, x: np.ndarray) -> None:
    """A time stamp among features of another kind: two classes a hundredth of a second apart are one in float32."""
    x[:, 0] *= 1e9  # so wide that nothing is standardised for the other's offset
    x[:, 1:4] *= 1e9
    x[:, 4] = 1.7e9 + np.arange(200) % 2 / 100
    lossy = read(tmp_path, x, scale="none")
    (told,) = [line for line in lossy.notices if "float32" in line]
    assert "1 of 5 features (4) lost digits as float64 became float32" in told
    assert "scale=pool" in told
    assert len(np.unique(lossy.train.x[:, 4])) == 1
    kept = read(tmp_path, x, scale="pool")
    assert len(np.unique(kept.train.x[:, 4])) == 2
    assert not [line for line in kept.notices if "float32" in line]


def test_whole_numbers_beyond_float32_are_told(tmp_path: Path) -> None:
    whole = np.full((200, 2), 2**30) + np.arange(400).reshape(200, 2) % 7
    assert "2 of 2 features (0, 1) lost digits as int64" in " ".join(read(tmp_path, whole, scale="none").notices)
    small = np.arange(400).reshape(200, 2) % 7
    assert read(tmp_path, small, scale="none").notices == ()


def test_values_that_hide_the_others_are_told(tmp_path: Path, x: np.ndarray) -> None:
    x[0, 2] = x[1, 2] = 1e12
    assert "1 of 5 features (2) hold a few values so far out" in " ".join(read(tmp_path, x, scale="pool").notices)


def test_constant_features_are_counted(tmp_path: Path, x: np.ndarray) -> None:
    x[:, [1, 3]] = 4.0
    assert "2 of 5 features (1, 3) are constant in train" in " ".join(read(tmp_path, x).notices)


def test_ordinary_vectors_are_read_without_a_word(tmp_path: Path, x: np.ndarray) -> None:
    for ordinary in (x, x.astype(np.float32), 1000 * x, x + 50):
        assert read(tmp_path, ordinary).notices == ()

"""Handwritten digits: a real, tiny image set that needs no download (UCI Optdigits test part; Kaynak, 1995)."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from albench.api import ImageDataset, Splits, option
from albench_datasets.checks import Raw, checked_splits

VAL_SHARE, TEST_SHARE = 0.15, 0.25


@dataclass(frozen=True)
class Digits(ImageDataset):
    """scikit-learn's 1,797 digits as (1, 8, 8) uint8, split 60/15/25 % within each class."""

    # A mirrored digit is another sign, and at 8 pixels a shift of 4 is half the image.
    flip: bool = option(False, "weak view: flip left-right half of the time")
    shift: int = option(1, "weak view: largest shift in pixels, with reflected borders", ge=0)
    cutout: float = option(0.35, "strong view: largest side of the cut-out square, as a share of the image", ge=0, le=1)
    split_seed: int = option(0, "seed of the split", ge=0)

    def load(self, root: Path | None) -> Splits:
        """Read the digits that come with scikit-learn. ``root`` is not read."""
        pixels, y = _read()
        # 0 .. 16 to 0 .. 255
        x = np.rint(pixels.reshape(-1, 1, 8, 8) * (255 / 16)).astype(np.uint8)
        parts = stratified(y, self.split_seed)
        raw = {name: Raw(x[rows], y[rows], f"digits {name}", f"digits {name}") for name, rows in parts.items()}
        return checked_splits(raw, modality="image", class_names=tuple(str(digit) for digit in range(10)))


def _read() -> tuple[np.ndarray, np.ndarray]:
    """(1797, 64) grey values from 0 to 16 and (1797,) labels, as ``sklearn.datasets.load_digits`` gives them.

    Its file is read where it lies: to import the library takes twenty times as long.
    """
    found = importlib.util.find_spec("sklearn")
    file = Path(found.origin).parent / "datasets" / "data" / "digits.csv.gz" if found and found.origin else None
    if file is None or not file.is_file():  # a version that keeps it elsewhere
        from sklearn.datasets import load_digits

        pixels, y = load_digits(return_X_y=True)
        return pixels, y
    rows = np.loadtxt(file, dtype=np.int64, delimiter=",")
    return rows[:, :-1], rows[:, -1]


def stratified(y: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Rows of train, val and test, sorted, with the same share of each class.

    Parameters
    ----------
    y
        (N,) labels.
    seed
        Of the shuffle within each class.
    """
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
    rows: dict[str, list[np.ndarray]] = {"train": [], "val": [], "test": []}
    for label in np.unique(y):
        members = rng.permutation(np.flatnonzero(y == label))
        n_val, n_test = round(len(members) * VAL_SHARE), round(len(members) * TEST_SHARE)
        rows["val"].append(members[:n_val])
        rows["test"].append(members[n_val : n_val + n_test])
        rows["train"].append(members[n_val + n_test :])
    return {name: np.sort(np.concatenate(parts)) for name, parts in rows.items()}

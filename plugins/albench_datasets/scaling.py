"""Features standardised by the pool's means and spreads, where a network would learn badly from them as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from albench_datasets.checks import BLOCK_BYTES, Raw, check_finite

Scale = Literal["auto", "pool", "none"]
TYPICAL = 0.01
"""Variance of the median feature over the mean variance, below which a few features drown the others."""
OFFSET = 100.0
"""Mean square of the means over the mean variance, above which features are nearly constant to a network."""
SPREAD = (0.01, 100.0)
"""Root mean variance that a network can begin with."""
SAMPLE = 8192
"""Training items, evenly spaced, by which ``auto`` decides."""
LARGEST = 2 << 30
"""Bytes of float32 up to which ``auto`` copies features into memory."""
BITS = 12
"""Binary digits to which means and spreads are rounded: the last digits of a sum differ between processors."""


@dataclass(frozen=True)
class Moments:
    """Mean and standard deviation of each feature (D,), float64."""

    mean: np.ndarray
    std: np.ndarray

    @property
    def unfit(self) -> str:
        """Why a network would learn badly from such features; empty where it would not."""
        variance = self.std[self.std > 0] ** 2
        if not len(variance) or not np.isfinite(variance).all():
            return ""
        spread = float(np.sqrt(variance.mean()))
        if np.median(variance) < TYPICAL * variance.mean():
            return f"their standard deviations run from {self.std[self.std > 0].min():.2g} to {self.std.max():.2g}"
        if np.mean(self.mean**2) > OFFSET * variance.mean():
            return f"their means are far larger than their spread ({np.sqrt(np.mean(self.mean**2)):.2g}, {spread:.2g})"
        if not SPREAD[0] <= spread <= SPREAD[1]:
            return f"their spread is {spread:.2g}"
        return ""


def scaled(raw: Mapping[str, Raw], scale: Scale) -> tuple[dict[str, Raw], tuple[str, ...]]:
    """Features (N, D) as the option wants them, and what was done, in words.

    Measured on a perceptron (docs/guide.md): features that are alike are learnt better as they are, others not at all
    or far worse. So ``auto`` standardises the second kind alone. Means and spreads are those of the training items,
    whose labels are not looked at.

    Raises
    ------
    DataError
        For a value that is not finite.
    """
    train = raw["train"]
    if scale == "none" or any(each.x.ndim != 2 or each.x.dtype.kind not in "iuf" for each in raw.values()):
        return dict(raw), ()
    if not train.x.size or any(each.x.shape[1:] != train.x.shape[1:] for each in raw.values()):
        return dict(raw), ()  # which the checks tell
    with np.errstate(invalid="ignore", over="ignore"):  # a value that is not finite is told by the checks
        why = moments(train.x[:: -(-len(train.x) // SAMPLE)]).unfit
    if scale == "auto":
        if not why:
            return dict(raw), ()
        if sum(each.x.size for each in raw.values()) * 4 > LARGEST:
            told = f"features stay as they are, though {why}, as they are too large to copy unasked"
            return dict(raw), (f"{told}: write scale=pool, or scale the files",)
    for each in raw.values():
        check_finite(each.x, each.x_from)
    found = moments(train.x)
    because = f", as {why}" if why else ""
    told = f"features were standardised by the pool's means and spreads{because} (scale=none leaves them as they are)"
    return {split: replace(each, x=standardised(each.x, found)) for split, each in raw.items()}, (told,)


def moments(x: np.ndarray) -> Moments:
    """Of the rows of (N, D); read twice, as the squares of values far from zero lose digits otherwise."""
    mean, low, high = np.zeros(x.shape[1]), np.full(x.shape[1], np.inf), np.full(x.shape[1], -np.inf)
    for _, rows in _blocks(x):
        mean += rows.sum(axis=0) / len(x)
        low, high = np.minimum(low, rows.min(axis=0)), np.maximum(high, rows.max(axis=0))
    square = np.zeros(x.shape[1])
    for _, rows in _blocks(x):
        square += ((rows - mean) ** 2).sum(axis=0) / len(x)
    std = np.where(low < high, _rounded(np.sqrt(square)), 0.0)
    step = np.exp2(np.floor(np.log2(np.where(std > 0, std, 1.0))) - BITS)
    return Moments(np.where(std > 0, np.rint(mean / step) * step, low), std)


def _rounded(values: np.ndarray) -> np.ndarray:
    """Values to ``BITS`` binary digits."""
    fraction, exponent = np.frexp(values)
    return np.ldexp(np.rint(np.ldexp(fraction, BITS)), exponent - BITS)


def standardised(x: np.ndarray, found: Moments) -> np.ndarray:
    """(N, D) float32: less the mean, over the standard deviation; a constant feature is 0."""
    out = np.empty(x.shape, np.float32)
    divisor = np.where(found.std > 0, found.std, 1.0)
    with np.errstate(over="ignore"):
        for start, rows in _blocks(x):
            out[start : start + len(rows)] = (rows - found.mean) / divisor
    return out


def _blocks(x: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """First row and rows as float64 of one block after another."""
    size = max(1, BLOCK_BYTES // max(1, x.shape[1] * 8))
    for start in range(0, len(x), size):
        yield start, np.asarray(x[start : start + size], np.float64)

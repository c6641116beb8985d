"""What vectors lose on their way to float32, in words: counts, and the option that keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from albench_datasets.checks import BLOCK_BYTES, Raw

LOST = 1e-3
"""Rounding error over a feature's standard deviation from which on values that differ may become one."""
CROWDED = 1e-4
"""Middle half of a feature's values over its standard deviation below which a few far ones hide the others."""
SAMPLE = 4096
"""Training items, evenly spaced, that are looked at."""
SHOWN = 3


def losses(before: Mapping[str, Raw], after: Mapping[str, Raw], names: Sequence[str] = ()) -> list[str]:
    """Lines about the training features (N, D): digits lost, values that hide others, and constants.

    Parameters
    ----------
    before, after
        Split -> arrays as they were read, and as they are handed on.
    names
        Of the features; without them they are numbered from 0.
    """
    read, used = before["train"].x, after["train"].x
    if read.ndim != 2 or not read.size or read.dtype.kind not in "iuf":
        return []
    sample = np.asarray(read[:: -(-len(read) // SAMPLE)], np.float64)
    with np.errstate(all="ignore"):  # what is not finite is refused elsewhere
        spread = sample.std(axis=0)
        lines = []
        if used is read and read.dtype != np.float32:
            lost = _rounding(read) > LOST * np.where(spread > 0, spread, np.inf)
            if lost.any():
                at = f"{_features(lost, names)} lost digits as {read.dtype} became float32, which keeps 7"
                lines.append(f"{at}: scale=pool standardises before that")
        low, high = np.quantile(sample, [0.25, 0.75], axis=0)
        hidden = (high > low) & (high - low < CROWDED * spread)
        if hidden.any():
            at = f"{_features(hidden, names)} hold a few values so far out that the others look equal to a network"
            lines.append(f"{at}: clip them, or save their logarithm")
        constant = _constant(read)
    if constant.any():
        lines.append(f"{_features(constant, names)} are constant in train: nothing is learnt from what does not vary")
    return lines


def _features(which: np.ndarray, names: Sequence[str]) -> str:
    places = np.flatnonzero(which)
    more = ", ..." if len(places) > SHOWN else ""
    named = f"{', '.join(names[place] if names else str(place) for place in places[:SHOWN])}{more}"
    return f"{len(places):,} of {len(which):,} features ({named})"


def _rounding(x: np.ndarray) -> np.ndarray:
    """(D,) largest error of a value of (N, D) that becomes float32."""
    worst = np.zeros(x.shape[1])
    for rows in _blocks(x):
        exact = rows.astype(np.float64)
        worst = np.maximum(worst, np.abs(exact - rows.astype(np.float32)).max(axis=0))
    return worst


def _constant(x: np.ndarray) -> np.ndarray:
    """(D,) whether a feature of (N, D) has one value."""
    same = np.ones(x.shape[1], bool)
    for rows in _blocks(x):
        same &= (rows == x[0]).all(axis=0)
        if not same.any():
            break
    return same


def _blocks(x: np.ndarray) -> Iterator[np.ndarray]:
    size = max(1, BLOCK_BYTES // max(1, x.shape[1] * 8))
    for start in range(0, len(x), size):
        yield np.asarray(x[start : start + size])

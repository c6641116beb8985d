"""Equal up to round-off: the one notion of it, asked before any test, sign, rank, win, best or tie."""

from __future__ import annotations

import numpy as np

ROUND_OFF = 1e-12
"""Numbers that lie closer than this, relative to the largest of what is compared, are one number.

A metric is a sum of a few thousand terms at most, so its own round-off lies near 1e-13 of it or below; one item more or
less in a test set of a million moves it by 1e-6.
"""


def size(values: np.ndarray, axis: int = -1) -> np.ndarray:
    """The largest finite magnitude along an axis, which round-off is relative to; 0 where there is none."""
    return np.abs(np.where(np.isfinite(values), values, 0.0)).max(axis=axis, initial=0.0)


def settled(values: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Values that are round-off at this scale become 0; they have the scale's shape, or broadcast with it."""
    return np.where(np.abs(values) <= ROUND_OFF * scale, 0.0, values)


def may_settle(values: np.ndarray, *of: np.ndarray) -> bool:
    """Whether ``settled`` can change one of ``values`` at the scale of what they are differences of.

    One look at all numbers at once: sizes along short axes of large arrays take many times as long. A difference of
    exactly 0 is settled.

    Parameters
    ----------
    of
        What the scale of each value is a largest magnitude of; NaN is passed over.
    """
    ends = [(np.fmin.reduce(each, axis=None, initial=0.0), np.fmax.reduce(each, axis=None, initial=0.0)) for each in of]
    bound = ROUND_OFF * max(max(-float(low), float(high)) for low, high in ends)
    near = (values <= bound) & (values >= -bound)
    return bool(np.any(values[near] != 0.0))


def gaps(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Differences ``a - b`` over the seeds that both have, ready for a test.

    (..., S) twice -> (..., S); NaN where a side has none. What is round-off is 0, and magnitudes that are one up to
    round-off are one: ranks would else follow the last bit.
    """
    gap = a - b
    scale = np.maximum(size(np.where(np.isnan(gap), 0.0, a)), size(np.where(np.isnan(gap), 0.0, b)))[..., None]
    gap = settled(gap, scale)
    return np.asarray(np.sign(gap) * leveled(np.abs(gap), scale))


def leveled(values: np.ndarray, scale: np.ndarray | float | None = None) -> np.ndarray:
    """Values along the last axis; of those that are equal up to round-off each becomes the least.

    Parameters
    ----------
    values
        (..., N); NaN stays.
    scale
        (..., 1) what round-off is relative to; the largest magnitude of the last axis where None.
    """
    if scale is None:
        scale = size(values)[..., None]
    order = np.argsort(values, axis=-1, kind="stable")
    ordered = np.take_along_axis(values, order, axis=-1)
    place = np.arange(values.shape[-1])
    with np.errstate(invalid="ignore"):  # infinity less infinity
        apart = ~(np.diff(ordered, axis=-1) <= ROUND_OFF * scale)
    first = np.concatenate([np.ones_like(ordered[..., :1], dtype=bool), apart], axis=-1)
    least = np.maximum.accumulate(np.where(first, place, 0), axis=-1)
    found = np.empty_like(ordered)
    np.put_along_axis(found, order, np.take_along_axis(ordered, least, axis=-1), axis=-1)
    return found

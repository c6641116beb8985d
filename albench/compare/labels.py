"""Labels needed to reach a target, and labels saved against a baseline at equal quality."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from albench.compare.resample import draws, limits, resampled_means
from albench.errors import UserError

_SHARE = re.compile(r"(\d+(?:\.\d+)?)%-of-full")


@dataclass(frozen=True)
class Target:
    """A quality to reach: a value of the metric, or a share of what the whole pool's labels give."""

    value: float = 0.0
    share_of_full: float = 0.0

    def __str__(self) -> str:
        return f"{self.share_of_full * 100:g}%-of-full" if self.share_of_full else f"{self.value:g}"


def parse_target(text: str) -> Target:
    """Read ``0.8`` or ``95%-of-full``.

    Raises
    ------
    UserError
        Where it is neither.
    """
    share = _SHARE.fullmatch(text)
    if share and float(share[1]) > 0:
        return Target(share_of_full=float(share[1]) / 100)
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise UserError(f"target '{text}': give a value of the metric, as in 0.8, or a share, as in 95%-of-full.")
    return Target(value=value)


def labels_to_reach(curves: np.ndarray, n_labeled: np.ndarray, target: np.ndarray, sign: float) -> np.ndarray:
    """The label count at which a curve first reaches a target, on straight lines between its points.

    Parameters
    ----------
    curves
        (..., L); a NaN is a point that is not there, and is passed over.
    n_labeled
        (L,) ascending.
    target
        (...,) or a number; NaN for none.
    sign
        1 where higher is better, else -1.

    Returns
    -------
    (...,) labels; the first count where the curve starts there already, infinity where it never does, NaN where there
    is no curve or no target.
    """
    height = sign * (curves - np.asarray(target)[..., None])
    reached = height >= 0
    first = reached.argmax(axis=-1)
    before = _last_before(~np.isnan(height), first)
    low = np.take_along_axis(height, np.maximum(before, 0)[..., None], axis=-1)[..., 0]
    high = np.take_along_axis(height, first[..., None], axis=-1)[..., 0]
    share = np.where(before < 0, 1.0, -low / np.where(high - low > 0, high - low, 1.0))
    start = n_labeled[np.maximum(before, 0)]
    found = start + share * (n_labeled[first] - start)
    found = np.where(before < 0, n_labeled[first], found).astype(np.float64)
    found = np.where(reached.any(axis=-1), found, np.inf)
    return np.where(np.isnan(height).all(axis=-1), np.nan, found)


def _last_before(there: np.ndarray, place: np.ndarray) -> np.ndarray:
    """(...,) the last place before ``place`` that is there, -1 for none."""
    at = np.arange(there.shape[-1])
    return np.where(there & (at < place[..., None]), at, -1).max(axis=-1)


@dataclass(frozen=True)
class Saving:
    """R rows' labels to the target and labels saved, each (R,) with limits; infinities are what was not reached.

    ``saved`` is NaN where a row has no other row as its baseline, minus infinity where it never gets there, and
    infinity where the baseline never does.
    """

    needed: np.ndarray
    needed_low: np.ndarray
    needed_high: np.ndarray
    saved: np.ndarray
    saved_low: np.ndarray
    saved_high: np.ndarray


def savings(
    values: np.ndarray, n_labeled: np.ndarray, baseline: np.ndarray, target: float | None, sign: float
) -> Saving:
    """Labels to a target, and labels saved against each row's baseline.

    Both are read off the mean curves; the limits are those of a bootstrap in which a resample of seeds is the same for
    all rows. Without a target the quality is what the baseline has with all of its labels.

    Parameters
    ----------
    values
        (R, S, L) a metric.
    baseline
        (R,) position of each row's baseline, -1 for none.
    """
    at = np.maximum(baseline, 0)
    other = (baseline >= 0) & (baseline != np.arange(len(baseline)))

    def read(means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        own = means[..., at, :]
        if target is None:
            goal = own[..., -1]
            needed = np.full(means.shape[:-1], np.nan)
            theirs = np.where(np.isnan(goal), np.nan, float(n_labeled[-1]))
        else:
            goal = np.full(means.shape[:-1], target)
            needed = labels_to_reach(means, n_labeled, goal, sign)
            theirs = needed[..., at]
        mine = labels_to_reach(means, n_labeled, goal, sign)
        both = np.isinf(mine) & np.isinf(theirs)
        saved = np.where(both, np.nan, theirs - np.where(both, 0.0, mine))
        return needed, np.where(other, saved, np.nan)

    needed, saved = read(_means(values))
    n_seeds = values.shape[1]
    samples = resampled_means(values, draws(n_seeds)) if n_seeds > 1 else None
    if samples is None:
        none = np.full(len(needed), np.nan)
        return Saving(needed, none, none, saved, none, none)
    many_needed, many_saved = read(samples)
    return Saving(needed, *limits(many_needed, n_seeds), saved, *limits(many_saved, n_seeds))


def _means(values: np.ndarray) -> np.ndarray:
    """(R, L) means over the seeds that are there."""
    return resampled_means(values, np.ones((1, values.shape[1])))[0]

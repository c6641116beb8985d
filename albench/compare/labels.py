"""Labels needed to reach a target, and labels saved against a baseline at equal quality."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from albench.compare.resample import LEAST_SEEDS, around, draws, resampled_means
from albench.compare.roundoff import may_settle, settled, size
from albench.errors import UserError

_SHARE = re.compile(r"(\d+(?:\.\d+)?)%-of-full")


@dataclass(frozen=True)
class Goal:
    """A quality to reach: a value of the metric, or a share of what the whole pool's labels give."""

    value: float = 0.0
    share_of_full: float = 0.0

    def __str__(self) -> str:
        return f"{self.share_of_full * 100:g}%-of-full" if self.share_of_full else f"{self.value:g}"


def parse_target(text: str) -> Goal:
    """Read ``0.8`` or ``95%-of-full``.

    Raises
    ------
    UserError
        Where it is neither.
    """
    share = _SHARE.fullmatch(text)
    if share and float(share[1]) > 0:
        return Goal(share_of_full=float(share[1]) / 100)
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise UserError(f"target '{text}': give a value of the metric, as in 0.8, or a share, as in 95%-of-full.")
    return Goal(value=value)


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
    goal = np.asarray(target)[..., None]
    height = curves - goal if sign > 0 else goal - curves
    if may_settle(height, curves, goal):
        height = settled(height, np.maximum(size(curves)[..., None], np.abs(goal)))
    there = ~np.isnan(height)
    first = (height >= 0).argmax(axis=-1)
    before = first - 1 if there.all() else _last_before(there, first)
    low = np.take_along_axis(height, np.maximum(before, 0)[..., None], axis=-1)[..., 0]
    high = np.take_along_axis(height, first[..., None], axis=-1)[..., 0]
    share = np.where(before < 0, 1.0, -low / np.where(high - low > 0, high - low, 1.0))
    start = n_labeled[np.maximum(before, 0)]
    labels = start + share * (n_labeled[first] - start)
    labels = np.where(before < 0, n_labeled[first], labels).astype(np.float64)
    labels = np.where(high >= 0, labels, np.inf)  # a curve that reaches it nowhere is below it at its first point
    return np.where(there.any(axis=-1), labels, np.nan)


def _last_before(there: np.ndarray, place: np.ndarray) -> np.ndarray:
    """(...,) the last place before ``place`` that is there, -1 for none."""
    at = np.arange(there.shape[-1])
    return np.where(there & (at < place[..., None]), at, -1).max(axis=-1)


@dataclass(frozen=True)
class Saving:
    """R rows' labels to the target and labels saved, each (R,) with limits; infinities are what was not reached.

    ``saved`` is NaN where a row has no other row as its baseline, minus infinity where it never gets there, and
    infinity where the baseline never does; ``at_least`` is then what is known: all labels that there were, less the
    row's own. Always ``low <= estimate <= high``; limits are NaN with fewer than ``LEAST_SEEDS`` seeds.
    """

    needed: np.ndarray
    needed_low: np.ndarray
    needed_high: np.ndarray
    saved: np.ndarray
    saved_low: np.ndarray
    saved_high: np.ndarray
    at_least: np.ndarray


def savings(
    values: np.ndarray,
    n_labeled: np.ndarray,
    baseline: np.ndarray,
    target: float | None,
    sign: float,
    shown: np.ndarray | None = None,
) -> Saving:
    """Labels to a target, and labels saved against each row's baseline, both read at one quality.

    A pair of row and baseline is read off its mean curves over the seeds that both have, each where it first reaches
    the quality: the target or, without one, the lower of the two qualities that they end with, which both reach. The
    limits are those of a bootstrap over these seeds that draws the same for both, so that what is shared drops out, and
    reads each resample in the same way.

    Parameters
    ----------
    values
        (R, S, L) a metric.
    baseline
        (R,) position of each row's baseline, -1 for none.
    shown
        (R, S) bool: the seeds of labels to the target; all that a row has where None.
    """
    here = ~np.isnan(values)
    needed = np.full((3, len(values)), np.nan)
    if target is not None:
        for rows, seeds in _alike(here.any(axis=2) if shown is None else here.any(axis=2) & shown):
            needed[:, rows] = _needed(values[rows][:, seeds], n_labeled, target, sign)
    other = (baseline >= 0) & (baseline != np.arange(len(baseline)))
    both = here & here[np.maximum(baseline, 0)] & other[:, None, None]
    own, theirs = np.where(both, values, np.nan), np.where(both, values[np.maximum(baseline, 0)], np.nan)
    saved = np.full((4, len(values)), np.nan)
    for rows, seeds in _alike(both.any(axis=2)):
        saved[:, rows] = _saved(own[rows][:, seeds], theirs[rows][:, seeds], n_labeled, target, sign)
    return Saving(*needed, *saved)


def _alike(there: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows that have the same seeds, and these seeds; (R, S) bool. Rows without any are passed over."""
    for seeds in np.unique(there, axis=0):
        if seeds.any():
            yield np.flatnonzero((there == seeds).all(axis=1)), np.flatnonzero(seeds)


def _needed(values: np.ndarray, n_labeled: np.ndarray, target: float, sign: float) -> np.ndarray:
    """(3, R) labels to the target and its limits."""
    found, many = (labels_to_reach(means, n_labeled, np.asarray(target), sign) for means in _means(values))
    return np.stack([found[0], *around(found[0], many, many, values.shape[1])])


def _saved(own: np.ndarray, theirs: np.ndarray, n_labeled: np.ndarray, target: float | None, sign: float) -> np.ndarray:
    """(4, R) labels saved, their limits, and what is known where the baseline never gets there."""
    most = float(n_labeled[-1])
    found = []
    for mine, base in zip(_means(own), _means(theirs), strict=True):
        goal = np.asarray(target) if target is not None else sign * np.minimum(sign * _last(mine), sign * _last(base))
        a, b = (labels_to_reach(curves, n_labeled, goal, sign) for curves in (mine, base))
        # What was not reached takes more labels than there were, and maybe any number.
        low = np.where(np.isinf(a), -np.inf, np.minimum(b, most) - np.where(np.isinf(a), 0, a))
        high = np.where(np.isinf(b), np.inf, np.where(np.isinf(b), 0, b) - np.minimum(a, most))
        found.append((low, high))
    (low, high), (many_low, many_high) = found
    low, high = low[0], high[0]
    saved = np.where(np.isneginf(low), np.where(np.isinf(high), np.nan, low), high)
    ends = around(np.where(np.isnan(saved), low, saved), many_low, many_high, own.shape[1])
    return np.stack([saved, np.minimum(ends[0], low), np.maximum(ends[1], high), low])


def _last(means: np.ndarray) -> np.ndarray:
    """(..., L) -> (...,) the last value that is there."""
    if not np.isnan(means[..., -1]).any():
        return means[..., -1]
    there = ~np.isnan(means)
    at = means.shape[-1] - 1 - there[..., ::-1].argmax(axis=-1)
    return np.take_along_axis(means, at[..., None], axis=-1)[..., 0]


def _means(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean curves over all seeds, (1, R, L), and over the seeds of each resample, (B, R, L)."""
    n_seeds = values.shape[1]
    whole = resampled_means(values, np.ones((1, n_seeds)))
    return whole, resampled_means(values, draws(n_seeds)) if n_seeds >= LEAST_SEEDS else whole

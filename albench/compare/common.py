"""Which rows of a table are compared, and over which seeds: as many rows as can be, all of them over the same seeds."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

LEAST_COMPARED = 3
"""Fewer seeds have no verdict: they are not tested, and their mean is never called best. Where any row has as many,
rows are compared over no fewer."""
_MOST_SETS = 2000
"""Sets of seeds that are tried at most; tables with as many different ones are not met."""


def in_common(there: np.ndarray, baseline: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows of a column that are compared with each other, and the seeds that all of these have.

    Means over ten seeds and over five differ by the seeds too, and a mean of one seed is the luck of one draw. So rows
    are ranked over the same seeds: as many rows as possible, over at least half of the seeds that any row has, and at
    least ``LEAST_COMPARED`` where any has as many. Of two choices with as many rows the one is taken that holds more
    of the baselines, and then the one with more seeds.

    Parameters
    ----------
    there
        (R, S) bool: which row has a value of which seed.
    baseline
        (R,) bool: the rows that others are compared with.

    Returns
    -------
    (R,) and (S,) bool; a row that is not compared has too few of these seeds.
    """
    has, seen = np.asarray(there.any(axis=1)), np.asarray(there.any(axis=0))
    if (there[has] == seen).all():
        return has, seen
    most = int(there.sum(axis=1).max())
    least = max(-(-most // 2), min(LEAST_COMPARED, most))
    sets = np.array([seeds for seeds in _intersections(there[has]) if sum(seeds) >= least])
    holds = np.asarray((there[:, None, :] >= sets[None]).all(axis=2))
    order = np.lexsort((sets.sum(axis=1), holds[baseline].sum(axis=0), holds.sum(axis=0)))
    return holds[:, order[-1]], sets[order[-1]]


def in_both(own: np.ndarray, against: np.ndarray) -> np.ndarray:
    """(K, S) twice -> (K,) how many seeds have a value in both."""
    return np.asarray((~np.isnan(own) & ~np.isnan(against)).sum(axis=1))


def _intersections(there: np.ndarray) -> Iterable[tuple[bool, ...]]:
    """Every set of seeds that some rows have in common."""
    rows = [tuple(row) for row in np.unique(there, axis=0).tolist()]
    sets = dict.fromkeys(rows)
    for row in rows:
        for other in list(sets):
            if len(sets) >= _MOST_SETS:
                return sets
            sets[tuple(a and b for a, b in zip(row, other, strict=True))] = None
    return sets

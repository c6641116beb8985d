"""All tests of one comparison, corrected: rows against their baselines, each column's best against its second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from albench.compare.numbers import Numbers
from albench.compare.pairs import Test, effect_size, p_values
from albench.compare.statistics import ALPHA, ROUND_OFF, holm, paired

_AT_LABELS, _AUBC = 0, 1
"""Families of bests."""


@dataclass(frozen=True)
class Tests:
    """One group's tests, corrected.

    Attributes
    ----------
    p, p_holm, names
        (R,) against the baseline, before and after Holm's correction; which test.
    effect
        (R,) Cohen's d.
    best
        (R, K) bool: the best of each column.
    p_best
        (K,) best against second, corrected; NaN where there is no such test.
    family
        How many differences were corrected together.
    """

    p: np.ndarray
    p_holm: np.ndarray
    names: list[Test | None]
    effect: np.ndarray
    best: np.ndarray
    p_best: np.ndarray
    family: int


def tests_of(numbers: Sequence[Numbers], test: str) -> list[Tests]:
    """All tests of a comparison: differences in one family, bests at label counts in one, bests of AUBC in one.

    Bests are told only where some difference is: three families of 5 % each would together claim more than 5 %.
    """
    family = int(sum((number.pairs > 1).sum() for number in numbers))
    found = [p_values(number.ranked, number.against, test, family) for number in numbers]
    p_holm = _holm_over([p for p, _ in found])
    families = [[_AT_LABELS] * len(number.curves.n_labeled) + [_AUBC] for number in numbers]
    counts = Counter(name for part in families for name in part)
    bests = [
        _best(number, test, [counts[name] for name in part]) for number, part in zip(numbers, families, strict=True)
    ]
    p_best = _holm_over([p for _, p in bests], families)
    if family and not any((part < ALPHA).any() for part in p_holm):
        p_best = [np.where(np.isnan(part), np.nan, 1.0) for part in p_best]
    return [
        Tests(p, corrected, names, effect_size(number.ranked, number.against), best, of_best, family)
        for number, (p, names), corrected, (best, _), of_best in zip(numbers, found, p_holm, bests, p_best, strict=True)
    ]


def _holm_over(tests: list[np.ndarray], families: list[list[int]] | None = None) -> list[np.ndarray]:
    """Holm's correction over all parts as one family, or as the families that are numbered; in parts again."""
    p = np.concatenate(tests)
    family = np.zeros(len(p), dtype=np.int64) if families is None else np.concatenate(families)
    corrected = np.full(len(p), np.nan)
    for members in (family == name for name in np.unique(family)):
        corrected[members] = holm(p[members])
    return np.split(corrected, np.cumsum([len(part) for part in tests])[:-1])


def _best(number: Numbers, test: str, n_tests: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """The best rows of each column, (R, K) bool, and the p-values (K,) of the best against the second.

    Rows of one same mean are all best, and no test tells them apart. A row alone in a column is not called best.
    """
    scores, mean, sign = number.scores, number.mean, number.sign
    best = np.zeros(mean.shape, dtype=bool)
    p = np.full(mean.shape[1], np.nan)
    for at in range(mean.shape[1]):
        there = np.flatnonzero(~np.isnan(mean[:, at]))
        if len(there) < 2:
            continue
        order = there[np.argsort(-sign * mean[there, at], kind="stable")]
        first, second = order[:2]
        top = mean[first, at]
        best[order[np.abs(mean[order, at] - top) <= ROUND_OFF * np.abs(top)], at] = True
        if best[second, at]:
            continue
        pair = scores[None, first, :, at], scores[None, second, :, at]
        gap = paired(*pair)[0][0]
        p_value = p_values(*pair, test, n_tests[at])[0][0]
        # On the seeds that both have, the order can be the other way round: then the best is not shown to be best.
        p[at] = p_value if sign * gap > 0 or np.isnan(p_value) else 1.0
    return best, p

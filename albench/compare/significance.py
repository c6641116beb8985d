"""All tests of one comparison, corrected: differences in one family, bests and pairs only where some difference is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from albench.compare.common import LEAST_COMPARED
from albench.compare.estimates import Difference, Verdict
from albench.compare.intervals import inverted
from albench.compare.looks import as_many, times
from albench.compare.numbers import Numbers
from albench.compare.pairs import Test, effect_size, p_values, seeds_needed
from albench.compare.roundoff import gaps, leveled
from albench.compare.skewness import allowed_for
from albench.compare.statistics import ALPHA, holm, paired

_AT_LABELS, _AUBC = 0, 1
"""Families of bests."""


@dataclass(frozen=True)
class Tested:
    """K differences of one family, tested and corrected; arrays are (K,).

    Attributes
    ----------
    mean, n
        Of the differences, over the pairs that there are.
    low, high
        What the test does not reject at the level that Holm's correction left to this difference; NaN without a test.
    p, p_holm, names
        Before and after the correction; which test.
    effect
        Cohen's d.
    told
        Whether it stands after the correction.
    family
        How many differences were corrected together.
    share
        What of the 5 % they may use (``albench.compare.looks``).
    """

    mean: np.ndarray
    n: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray
    p_holm: np.ndarray
    names: list[Test | None]
    effect: np.ndarray
    told: np.ndarray
    family: int
    share: float = 1.0

    def difference(self, at: int, method: str, strategy: str, sign: float) -> Difference:
        """The difference at a place, against the baseline that is named; ``sign`` is -1 where lower is better."""
        mean, low, high = float(self.mean[at]), float(self.low[at]), float(self.high[at])
        verdict: Verdict = "~"
        tested = self.names[at] is not None
        if not tested:
            verdict = "too few seeds"
        elif self.told[at]:
            verdict = "better" if sign * mean > 0 else "worse"
        even = np.isfinite(low) and np.isclose(high - mean, mean - low, rtol=1e-9, atol=0)
        return Difference(
            method,
            strategy,
            mean,
            mean - low if even else float("nan"),
            int(self.n[at]),
            float(self.p[at]),
            float(self.p_holm[at]),
            verdict,
            test=self.names[at] or "",
            effect=float(self.effect[at]),
            seeds_needed=seeds_needed(float(self.effect[at]), as_many(self.family, self.share)) if tested else None,
            low=low,
            high=high,
        )


def corrected(
    parts: Iterable[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]], test: str, share: float = 1.0
) -> list[Tested]:
    """Test parts of one family of differences, each with its own seeds, and correct them together.

    Parameters
    ----------
    parts
        Scores (K, S), what they are against (K, S), (K,) where a difference may be told at all, and (K,) how many seeds
        it rests on: with fewer than ``LEAST_COMPARED`` it is not tested.
    test
        One of ``albench.compare.pairs.CHOICES``.
    share
        What of the 5 % all of them may use together (``albench.compare.looks``).
    """
    parts = list(parts)
    pairs = [paired(own, against) for own, against, *_ in parts]
    enough = [np.asarray(seeds) >= LEAST_COMPARED for *_, seeds in parts]
    family, skewed = int(sum(rows.sum() for rows in enough)), allowed_for(test, share)
    tests = [
        p_values(np.where(rows[:, None], own, np.nan), against, test, as_many(family, share), skewed)
        for rows, (own, against, *_) in zip(enough, parts, strict=True)
    ]
    p = [np.where(may | np.isnan(p), p, 1.0) for (p, _), (_, _, may, _) in zip(tests, parts, strict=True)]
    p_holm = _holm_over([times(part, share) for part in p])
    levels = share * _levels(np.concatenate(p), np.concatenate(p_holm)) if p else np.array([])
    shares = np.split(levels, np.cumsum([len(part) for part in p])[:-1])
    results = []
    for at, (own, against, *_) in enumerate(parts):
        mean, _, n, _ = pairs[at]
        told = p_holm[at] < ALPHA
        limits = np.full((2, len(mean)), np.nan)
        differences = gaps(own, against)
        for row, name in enumerate(tests[at][1]):
            if name is not None:
                values = differences[row][~np.isnan(differences[row])]
                around = inverted(values, name, float(shares[at][row]), skewed)
                limits[:, row] = _agreeing(*around, mean[row], told[row])
        effect = effect_size(own, against)
        low, high = limits
        results.append(Tested(mean, n, low, high, p[at], p_holm[at], tests[at][1], effect, told, family, share))
    return results


def _levels(p: np.ndarray, p_holm: np.ndarray) -> np.ndarray:
    """(K,) the level at which Holm's correction tested each: what it rejected at its own step, the rest at the last."""
    told = p_holm < ALPHA
    open_ = int((~np.isnan(p)).sum()) - int(told.sum())
    levels = np.full(len(p), ALPHA / max(open_, 1))
    order = np.flatnonzero(told)[np.argsort(p[told], kind="stable")]
    levels[order] = ALPHA / (open_ + np.arange(len(order), 0, -1))
    return levels


def _agreeing(low: float, high: float, mean: float, told: bool) -> tuple[float, float]:
    """An interval that holds zero where nothing is told, and does not where something is.

    Inversion says so up to ties, which a test and the order of means treat each in its own way, and for a difference
    that may not be told: zero itself was tested, so that decides.
    """
    if told and low <= 0 <= high:
        return (np.nextafter(0, 1), high) if mean > 0 else (low, np.nextafter(0, -1))
    return (low, high) if told else (min(low, 0.0), max(high, 0.0))


@dataclass(frozen=True)
class Bests:
    """One group's bests.

    Attributes
    ----------
    best
        (R, K) bool: the best of each column.
    p
        (K,) best against second, corrected; NaN where there is no such test.
    """

    best: np.ndarray
    p: np.ndarray


def bests(numbers: Sequence[Numbers], test: str, may: bool, share: float = 1.0) -> list[Bests]:
    """The best of each column against its second: label counts are one family, AUBC of all groups another.

    Parameters
    ----------
    may
        Whether anything of the comparison is told. Where nothing is, no best is: families of 5 % each would together
        claim more than 5 %.
    share
        As of ``corrected``.
    """
    families = [[_AT_LABELS] * len(number.curves.n_labeled) + [_AUBC] for number in numbers]
    counts = Counter(name for part in families for name in part)
    columns = [
        _best(number, test, [as_many(counts[name], share) for name in part], allowed_for(test, share))
        for number, part in zip(numbers, families, strict=True)
    ]
    p = _holm_over([times(p, share) for _, p in columns], families)
    if not may:
        p = [np.where(np.isnan(part), np.nan, 1.0) for part in p]
    return [Bests(best, part) for (best, _), part in zip(columns, p, strict=True)]


def _holm_over(tests: list[np.ndarray], families: list[list[int]] | None = None) -> list[np.ndarray]:
    """Holm's correction over all parts as one family, or as the families that are numbered; in parts again."""
    p = np.concatenate(tests)
    family = np.zeros(len(p), dtype=np.int64) if families is None else np.concatenate(families)
    corrected = np.full(len(p), np.nan)
    for members in (family == name for name in np.unique(family)):
        corrected[members] = holm(p[members])
    return np.split(corrected, np.cumsum([len(part) for part in tests])[:-1])


def _best(number: Numbers, test: str, n_tests: Sequence[int], skewed: bool) -> tuple[np.ndarray, np.ndarray]:
    """The best rows of each column, (R, K) bool, and the p-values (K,) of the best against the second.

    Rows of one same mean are all best, and no test tells them apart; where all rows are, none is. A row alone in a
    column is not called best, nor is one of fewer than ``LEAST_COMPARED`` seeds.
    """
    scores, sign = np.where(number.shown, number.scores, np.nan), number.sign
    mean = leveled(np.where(number.compared, number.mean, np.nan).T).T
    best = np.zeros(mean.shape, dtype=bool)
    p = np.full(mean.shape[1], np.nan)
    rivals: dict[int, tuple[int, int]] = {}
    for at in range(mean.shape[1]):
        there = np.flatnonzero(~np.isnan(mean[:, at]))
        if len(there) < 2 or number.n[there[0], at] < LEAST_COMPARED:
            continue
        order = there[np.argsort(-sign * mean[there, at], kind="stable")]
        first, second = order[:2]
        best[order, at] = mean[order, at] == mean[first, at]
        best[:, at] &= not best[order, at].all()
        if mean[second, at] != mean[first, at]:
            rivals[at] = first, second
    for many in dict.fromkeys(n_tests):
        columns = [at for at in rivals if n_tests[at] == many]
        if not columns:
            continue
        a, b = (np.stack([scores[rivals[at][place], :, at] for at in columns]) for place in range(2))
        found = p_values(a, b, test, many, skewed)[0]
        # On the seeds that both have, the order can be the other way round: then the best is not shown to be best.
        p[columns] = np.where((sign * paired(a, b)[0] > 0) | np.isnan(found), found, 1.0)
    return best, p

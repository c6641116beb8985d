"""What a cell of a comparison holds: a mean, a number of labels or a difference, each with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["better", "worse", "~", "too few seeds"]


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds.

    Attributes
    ----------
    mean
        NaN where no seed has a value.
    half_width
        Of the 95 % t-interval; NaN with fewer than two seeds.
    n
        Number of seeds.
    best
        True where no other row of the group has a better mean.
    clear
        True where it is best, and better than the second in a test paired by seed.
    low, high
        The interval, no further than the metric can reach; NaN with fewer than two seeds.
    """

    mean: float
    half_width: float
    n: int
    best: bool = False
    clear: bool = False
    low: float = float("nan")
    high: float = float("nan")

    @property
    def is_cut(self) -> bool:
        """Whether the interval ends where the metric does, as far as three decimals show."""
        least, most = self.mean - self.half_width, self.mean + self.half_width
        return self.low - least >= 0.0005 or most - self.high >= 0.0005


@dataclass(frozen=True)
class Spread:
    """How the ranked value varies over seeds.

    Attributes
    ----------
    std
        Standard deviation; NaN with fewer than two seeds.
    iqm, iqm_low, iqm_high
        Interquartile mean and its 95 % bootstrap interval, NaN with fewer than five seeds.
    """

    std: float
    iqm: float
    iqm_low: float
    iqm_high: float


@dataclass(frozen=True)
class Reach:
    """A number of labels with its 95 % bootstrap interval over seeds.

    Infinity stands for what is not reached with the labels of the protocol, NaN for what there is not: limits with
    fewer than five seeds. Always ``low <= labels <= high``.

    Attributes
    ----------
    at_least
        Of labels saved: what is known where ``labels`` is infinite, as the baseline needs more than there were.
    """

    labels: float
    low: float
    high: float
    at_least: float = float("nan")


@dataclass(frozen=True)
class OverItems:
    """The 95 % interval of an estimate over test items, seeds as they are (``albench.compare.over_items``)."""

    low: float
    high: float


@dataclass(frozen=True)
class Seconds:
    """Mean seconds of a trial, all rounds together."""

    train: float
    query: float


@dataclass(frozen=True)
class Difference:
    """What a row's ranked value differs from its baseline's, paired by seed.

    Attributes
    ----------
    method, strategy
        The baseline.
    mean
        Row minus baseline; NaN without a pair.
    half_width
        Of the interval where it is even, as a t-test's is; NaN where it is not, or without a test.
    n
        Number of seeds that both have.
    p, p_holm
        Before and after Holm's correction over all differences of the comparison; NaN without a test.
    low, high
        What the test does not reject at the level that the correction left to this difference: zero lies inside where
        the verdict is ``~``, and outside where it is not. Infinite where so few seeds cannot reject anything.
    over_items
        Its interval over test items, paired by item; None where it was not asked for, or is not known.
    verdict
        ``better`` or ``worse`` where significant after the correction, ``~`` where not; ``too few seeds`` where fewer
        than three are in common, which are not tested.
    test
        ``t``, ``permutation`` or ``wilcoxon``; empty without a test.
    effect
        Cohen's d of the paired differences.
    seeds_needed
        For an effect of the observed size, with 80 % power; None where there is no effect to find, above 1,000, where a
        model gives every item one class, or where the test split cannot carry it (``Group.thin_test``).
    """

    method: str
    strategy: str
    mean: float
    half_width: float
    n: int
    p: float
    p_holm: float
    verdict: Verdict
    test: str = ""
    effect: float = float("nan")
    seeds_needed: int | None = None
    low: float = float("nan")
    high: float = float("nan")
    over_items: OverItems | None = None


@dataclass(frozen=True)
class Chance:
    """Probability that a run beats one of the baseline, with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float

"""What a comparison holds: plain data that every renderer shows."""

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
    """

    mean: float
    half_width: float
    n: int
    best: bool = False
    clear: bool = False


@dataclass(frozen=True)
class Difference:
    """What a row's ranked value differs from its baseline's, paired by seed.

    Attributes
    ----------
    method, strategy
        The baseline.
    mean, half_width
        Row minus baseline and its 95 % interval; NaN without a pair, or with one.
    n
        Number of seeds that both have.
    p, p_holm
        Paired t-test, before and after Holm's correction over all differences of the comparison; NaN without a test.
    verdict
        ``better`` or ``worse`` where significant after the correction, ``~`` where not.
    """

    method: str
    strategy: str
    mean: float
    half_width: float
    n: int
    p: float
    p_holm: float
    verdict: Verdict


@dataclass(frozen=True)
class Row:
    """One method and strategy on one backbone.

    Attributes
    ----------
    rank
        1 for the best ranked value; rows without one have None and come last.
    seeds
        Seeds with any value.
    cells
        Label count -> estimate, for every label count of the group.
    aubc
        Area under the budget curve divided by its span, over seeds with a whole curve.
    value
        The estimate that ranks: one of the cells, or ``aubc``.
    is_baseline
        True where the row is its own baseline.
    difference
        None where the row is the baseline or has none.
    """

    dataset: str
    protocol: str
    backbone: str
    method: str
    strategy: str
    rank: int | None
    seeds: tuple[int, ...]
    cells: dict[int, Estimate]
    aubc: Estimate
    value: Estimate
    is_baseline: bool = False
    difference: Difference | None = None


@dataclass(frozen=True)
class Group:
    """Rows that may be compared: one data set under one protocol, best first.

    ``ranked`` is the label count that ranks; None where AUBC ranks, or where the group lacks that label count.
    """

    dataset: str
    stand_in: str
    protocol: str
    devices: tuple[str, ...]
    n_labeled: tuple[int, ...]
    ranked: int | None
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Failure:
    """A trial without complete records. ``status`` is failed, skipped or incomplete."""

    dataset: str
    method: str
    strategy: str
    backbone: str
    seed: int
    protocol: str
    status: str
    reason: str


@dataclass(frozen=True)
class Comparison:
    """A comparison of methods and strategies.

    Attributes
    ----------
    metric, split, at
        What was compared, and what ranks.
    higher_is_better
        The metric's direction.
    baseline
        What differences are against, as ``strategy`` (with the row's own method) or ``method/strategy``; empty where
        no row has one.
    n_tests
        Differences that were tested: the family of Holm's correction.
    groups
        One a data set and protocol.
    failed
        Trials without complete records.
    notes
        What a reader has to know: stand-ins, protocols apart, what was left out.
    """

    metric: str
    split: str
    at: str
    higher_is_better: bool
    baseline: str
    n_tests: int
    groups: tuple[Group, ...]
    failed: tuple[Failure, ...]
    notes: tuple[str, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows of all groups."""
        return tuple(row for group in self.groups for row in group.rows)

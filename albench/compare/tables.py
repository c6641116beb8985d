"""What the tables of a comparison hold: plain data that every renderer shows."""

from __future__ import annotations

from dataclasses import dataclass, field

from albench.compare.estimates import Chance, Difference, Estimate, OverItems, Reach, Seconds, Spread


@dataclass(frozen=True)
class Row:
    """One method and strategy on one backbone.

    Attributes
    ----------
    rank
        1 for the best ranked value; rows without one, or with too few of the seeds that the others share, have None
        and come last.
    seeds
        Seeds with any value.
    cells
        Label count -> estimate, for every label count of the group; over the seeds that all compared rows have there.
    aubc
        Area under the budget curve divided by its span, over seeds with a whole curve.
    value
        The estimate that ranks: one of the cells, or ``aubc``.
    is_baseline
        True where the row is its own baseline.
    difference
        None where the row is the baseline or has none.
    spread
        Of the ranked value.
    reach
        Labels to the target; None without a target.
    saved
        Labels saved against the baseline at equal quality: the target's, else the lower of the two that they end with.
        None where the row is the baseline or has none. Minus infinity where the row never gets there.
    seconds
        Measured, on whatever machine ran the trials.
    cost_adjusted, cost_rank
        Area under the curve over cost in place of labels; None without prices.
    recalls
        The group's ``recalls`` -> estimate at the label count that ranks, else at the last one.
    one_class
        Seeds whose model gives every item of the split one and the same class there.
    highlighted
        Whether a reader asked to have it marked.
    over_items
        The interval of ``value`` over test items; None where it was not asked for, or is not known.
    sees_labels
        Whether its strategy sees hidden labels; such rows are drawn apart (``Group.aside``).
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
    spread: Spread | None = None
    reach: Reach | None = None
    saved: Reach | None = None
    seconds: Seconds | None = None
    cost_adjusted: Estimate | None = None
    cost_rank: int | None = None
    recalls: dict[str, Estimate] = field(default_factory=dict)
    one_class: int = 0
    highlighted: bool = False
    over_items: OverItems | None = None
    sees_labels: bool = False


@dataclass(frozen=True)
class Full:
    """Full supervision of a backbone: what its method reaches with the labels of the whole pool."""

    backbone: str
    method: str
    n_labeled: int
    estimate: Estimate


@dataclass(frozen=True)
class Group:
    """Rows that may be compared: one data set under one protocol, best first.

    Attributes
    ----------
    ranked
        The label count that ranks; None where AUBC ranks, or where the group lacks that label count.
    target
        The metric's value that the comparison's target means here; NaN without one.
    costs
        Lowest and highest cost that all curves cover; NaN without prices.
    recalls
        Metrics that are shown beside, as a class is rare (``albench.compare.rare``).
    setup
        The settings that tell its protocol from the others of its data set, as in ``lr=0.1``; empty where it has one.
    budget
        Of these its budget, as in ``20+5x10``: 20 labels to start with and 5 queries of 10.
    seeds
        Those over which its rows are compared, where they are ranked: each of these rows has them all.
    thin_test
        Why its test split cannot carry a claim, as in ``12 test items, 1 of normal``; empty where it can, or where that
        is not known.
    small_classes
        The classes that ``minority_recall`` is of, where it is shown and they are known.
    given_classes
        Classes that its first labels hold by rule, and how often a random draw would miss them, as in ``grade 4 in 43 %
        of draws``; empty where none is missed often, or the draw was random.
    test_items
        What intervals over test items rest on, as in ``60 test items of 20 groups``; empty where there are none.
    aside
        Rows of strategies that see labels, over their own seeds: neither ranked nor tested, and no part of ``rows``.
    full
        Full supervision, drawn as a line beside the curves; one a backbone, empty where it was not run.
    """

    dataset: str
    stand_in: str
    protocol: str
    devices: tuple[str, ...]
    n_labeled: tuple[int, ...]
    ranked: int | None
    rows: tuple[Row, ...]
    target: float = float("nan")
    costs: tuple[float, float] = (float("nan"), float("nan"))
    recalls: tuple[str, ...] = ()
    setup: str = ""
    seeds: tuple[int, ...] = ()
    thin_test: str = ""
    given_classes: str = ""
    test_items: str = ""
    small_classes: tuple[str, ...] = ()
    budget: str = ""
    aside: tuple[Row, ...] = ()
    full: tuple[Full, ...] = ()

    @property
    def place(self) -> str:
        """How texts name it: the data set, with what tells it from others of that name."""
        return f"{self.dataset} ({self.setup})" if self.setup else self.dataset


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
class Remark:
    """A fact that a reader of a comparison has to know.

    Attributes
    ----------
    place
        The group that it is of, as texts name it; empty where it is of the whole comparison.
    limits
        Whether it limits what the comparison claims: a paragraph without its table says it too.
    hint
        What to type about it, behind the text; a paragraph leaves it out.
    """

    text: str
    place: str = ""
    limits: bool = False
    hint: str = ""

    def __str__(self) -> str:
        return (f"{self.place}: " if self.place else "") + self.text + (f" {self.hint}" if self.hint else "")


@dataclass(frozen=True)
class OverallRow:
    """One method and strategy over all data sets.

    Attributes
    ----------
    backbone
        Empty where every data set has one backbone of its own.
    mean_rank
        Over data sets, 1 the best.
    iqm, iqm_low, iqm_high
        Interquartile mean of the ranked value over data sets and seeds, and its 95 % bootstrap interval.
    n
        Runs that it rests on.
    improvement, difference
        Against the baseline, the difference paired by seed and data set; None where the row is the baseline or has
        none.
    highlighted
        Whether a reader asked to have it marked.
    """

    backbone: str
    method: str
    strategy: str
    mean_rank: float
    iqm: float
    iqm_low: float
    iqm_high: float
    n: int
    improvement: Chance | None = None
    difference: Difference | None = None
    highlighted: bool = False


@dataclass(frozen=True)
class Overall:
    """The rows that every data set has, best mean rank first.

    Attributes
    ----------
    settings
        Data sets with their protocols.
    friedman_p
        Friedman's test that all rows are alike; NaN with fewer than three rows.
    critical_difference
        Nemenyi's, of mean ranks at the 5 % level.
    indistinguishable
        First and last row of each run of rows whose mean ranks lie within the critical difference.
    left_out
        ``method/strategy`` that not every data set has.
    """

    settings: tuple[str, ...]
    rows: tuple[OverallRow, ...]
    friedman_p: float
    critical_difference: float
    indistinguishable: tuple[tuple[int, int], ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Wins:
    """Pairwise wins: entry (i, j) is in how many settings row i beats row j, by share of label counts."""

    names: tuple[tuple[str, str, str], ...]
    matrix: tuple[tuple[float, ...], ...]
    n_settings: int

"""What a comparison is asked for: read once from what a user types, and carried whole to where it is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from albench.compare.choose import Choice
from albench.compare.cost import Cost, parse_cost
from albench.compare.labels import Goal, parse_target
from albench.compare.pairs import CHOICES
from albench.compare.ranking import Ranking, parse_ranking
from albench.compare.skewness import allowed_for
from albench.errors import UserError, unknown
from albench.metric_table import metric_named


@dataclass(frozen=True)
class Question:
    """What is compared, by what, and which of it is shown.

    Attributes
    ----------
    metric, split
        What to compare.
    at
        What ranks: ``final`` (the largest label count), ``aubc`` (area under the budget curve divided by its span),
        ``round:K`` (from 0, the initial labels) or ``labels:N``.
    baseline
        A strategy, taken with each row's own method, or ``method + strategy``; always on the row's own backbone.
        Where None, the one of those that plugins mark as baseline that has results: ``random``.
    target
        A value of the metric to reach, as in ``0.8``, or a share of what the whole pool's labels give, as in
        ``95%-of-full``.
    cost
        Prices, as in ``seconds-per-label=30`` or ``price-per-label=2`` and ``price-per-hour=1.5``.
    test
        ``t``, ``permutation`` (of signs), ``wilcoxon`` (signed ranks), or ``auto``: what the number of seeds allows
        (see ``albench.compare.pairs.choose_test``).
    details
        Whether readable formats show spread, effect sizes, p-values and seconds too; ``csv`` and ``json`` always do.
    strict
        Refuse tables whose trials were made with other versions or processors, or do not say with which.
    strategies, methods, datasets
        Compare these alone, and the baseline; all where none is named. A note says what is left out. A target's share
        of full is still that of all that was run.
    highlight
        Rows to mark, as one's own entry: strategies, methods or ``METHOD + STRATEGY`` (``albench.compare.highlight``).
    test_items
        Whether what ranks, and its differences, have intervals over test items too.
    count_validation
        Whether the validation labels that choose a round's weights count among its labels.
    share
        What of the 5 % the tests may use, where seeds were added in looks (``albench.compare.looks``).
    ranking, goal, prices, choice
        ``at``, ``target``, ``cost`` and the names, as they were read; None where there is no target, or no price.

    Raises
    ------
    UserError
        Where one of them cannot be read, or there is no such test: one line with what can.
    """

    metric: str = "macro_f1"
    split: str = "test"
    at: str = "aubc"
    baseline: str | None = None
    target: str | None = None
    cost: Sequence[str] = ()
    test: str = "auto"
    details: bool = False
    strict: bool = False
    strategies: Sequence[str] = ()
    methods: Sequence[str] = ()
    datasets: Sequence[str] = ()
    highlight: Sequence[str] = ()
    test_items: bool = False
    count_validation: bool = False
    ranking: Ranking = field(init=False, repr=False)
    goal: Goal | None = field(init=False, repr=False)
    prices: Cost | None = field(init=False, repr=False)
    choice: Choice = field(init=False, repr=False)
    share: float = field(init=False, repr=False, default=1.0)

    def __post_init__(self) -> None:
        marked = (self.highlight,) if isinstance(self.highlight, str) else tuple(self.highlight)
        read = {
            "highlight": marked,
            "ranking": parse_ranking(self.at),
            "goal": parse_target(self.target) if self.target else None,
            "prices": parse_cost(self.cost) if self.cost else None,
            "choice": Choice(self.datasets, self.methods, self.strategies, self.baseline or None),
        }
        for name, value in read.items():
            object.__setattr__(self, name, value)
        if self.test not in CHOICES:
            raise unknown("test", self.test, CHOICES)
        if self.test_items and self.split != "test":
            raise UserError(
                f"intervals over test items are of split test, not of {self.split}: leave one of the two out."
            )
        if self.count_validation and (self.test_items or (self.goal and self.goal.share_of_full)):
            other = "--test-items" if self.test_items else f"--target {self.target}"
            raise UserError(f"--count-validation and {other}: what is asked there is of the pool's labels alone.")

    def at_share(self, share: float) -> Question:
        """The same, for tests that may use a share of the 5 %."""
        question = replace(self)
        object.__setattr__(question, "share", share)
        return question

    @property
    def skewed(self) -> bool:
        """Whether tests allow for skewed differences."""
        return allowed_for(self.test, self.share)

    @property
    def column(self) -> str:
        """The frame's column that holds what is compared, as ``test.macro_f1``."""
        return f"{self.split}.{self.metric}"

    @property
    def sign(self) -> float:
        """1 where higher is better, else -1."""
        return 1.0 if metric_named(self.metric).higher_is_better else -1.0

    @property
    def limits(self) -> tuple[float, float]:
        """Lowest and highest value that the metric can have."""
        return metric_named(self.metric).range

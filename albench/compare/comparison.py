"""A comparison, and how who types it sees it: one line, a table as text or HTML, its numbers as a frame."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from albench.compare.budget_tables import OverBudgets
from albench.compare.estimates import Difference
from albench.compare.tables import Failure, Group, Overall, Remark, Row, Wins
from albench.wording import counted

if TYPE_CHECKING:
    import pandas as pd

_DIFFERENCE = ("mean", "low", "high", "n", "p", "p_holm", "effect", "seeds_needed", "test", "verdict")
_VERDICTS = {"~": "not told apart"}


@dataclass(frozen=True, repr=False)
class Comparison:
    """A comparison of methods and strategies: printed, the table of ``albench compare``.

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
    share
        What of the 5 % the tests could use: below 1 where seeds were added in looks (``albench.compare.looks``).
    skewed
        Whether its tests allow for skewed differences: where seeds were added and no test was named
        (``albench.compare.skewness``).
    groups
        One a data set and protocol.
    failed
        Trials without complete records.
    notes
        What a reader has to know: stand-ins, protocols apart, what was left out.
    caveats
        Those of the notes that limit what is claimed, each with its place.
    target, cost, cost_unit
        As the user typed them, empty where not given; ``hours`` or ``money``.
    details
        Whether readable formats show what is beside means: spread, effect, p-values, seconds.
    overall
        Over data sets; None with fewer than two.
    budgets
        Over several budgets of a data set, then of all data sets that have them; empty where each has one.
    wins
        Pairwise; None with one row.
    made_with
        Name -> versions of it, or processors, that the trials were made with; empty where records do not say.
    n_left_out
        Rows that have results and were not chosen by name: no test and no correction counts them.
    highlight
        Names of the rows that are marked (``Row.highlighted``), as the user typed them.
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
    target: str = ""
    cost: str = ""
    cost_unit: str = ""
    details: bool = False
    overall: Overall | None = None
    wins: Wins | None = None
    n_left_out: int = 0
    made_with: dict[str, tuple[str, ...]] = field(default_factory=dict)
    highlight: tuple[str, ...] = ()
    caveats: tuple[Remark, ...] = ()
    budgets: tuple[OverBudgets, ...] = ()
    share: float = 1.0
    skewed: bool = False

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows of all groups."""
        return tuple(row for group in self.groups for row in group.rows)

    @property
    def frame(self) -> pd.DataFrame:
        """One row a method and strategy, at full precision (see ``frame_of``)."""
        return frame_of(self)

    def __repr__(self) -> str:
        return line_of(self)

    def __str__(self) -> str:
        return text_of(self, "table")

    def _repr_html_(self) -> str:
        return text_of(self, "html")


def line_of(comparison: Comparison) -> str:
    """``<Comparison of 3 rows on digits by test macro_f1 (aubc), against random: 1 better, 1 not told apart>``."""
    verdicts = Counter(row.difference.verdict for row in comparison.rows if row.difference)
    told = ", ".join(f"{n} {_VERDICTS.get(verdict, verdict)}" for verdict, n in sorted(verdicts.items()))
    against = f", against {comparison.baseline}: {told}" if told else ""
    where = ", ".join(group.place for group in comparison.groups)
    what = f"{comparison.split} {comparison.metric} ({comparison.at})"
    return f"<Comparison of {counted(len(comparison.rows), 'row')} on {where} by {what}{against}>"


def text_of(comparison: Comparison, form: str) -> str:
    """The text of a form that ``albench.render`` has a module of."""
    # Named, not imported: forms stand on a floor above this one, and only who prints needs them.
    return str(importlib.import_module(f"albench.render.{form}").shown(comparison))


def frame_of(comparison: Comparison) -> pd.DataFrame:
    """The rows of all groups, in the order of their tables; those of strategies that see labels have no rank.

    Columns are ``dataset``, ``stand_in``, ``protocol``, ``setup``, ``backbone``, ``method``, ``strategy``, ``rank``,
    ``sees_labels``, ``n_seeds``; ``value``, ``value.half_width`` and ``value.n`` of what ranks; the same of ``aubc``
    and of each label count, as ``labels.100``; and what the row differs from its baseline: ``difference``,
    ``difference.low``, ``difference.p_holm``, ``difference.verdict`` and the like. Missing where there is none.
    """
    import pandas as pd

    rows = [dict(_of(row, group)) for group in comparison.groups for row in (*group.rows, *group.aside)]
    counts = sorted({labels for group in comparison.groups for labels in group.n_labeled})
    last = [f"labels.{labels}{end}" for labels in counts for end in ("", ".half_width", ".n")]
    named = list(dict.fromkeys(name for row in rows for name in row if not name.startswith("labels.")))
    return pd.DataFrame(rows, columns=[*named, *last])


def _of(row: Row, group: Group) -> Iterator[tuple[str, Any]]:
    for name in ("dataset", "stand_in", "protocol", "setup"):
        yield name, getattr(group, name)
    for name in ("backbone", "method", "strategy", "rank"):
        yield name, getattr(row, name)
    yield "sees_labels", row.sees_labels
    yield "n_seeds", len(row.seeds)
    cells = {"value": row.value, "aubc": row.aubc, **{f"labels.{count}": cell for count, cell in row.cells.items()}}
    for name, estimate in cells.items():
        yield name, estimate.mean
        yield f"{name}.half_width", estimate.half_width
        yield f"{name}.n", estimate.n
    difference: Difference | None = row.difference
    for name in _DIFFERENCE:
        yield "difference" if name == "mean" else f"difference.{name}", getattr(difference, name, None)

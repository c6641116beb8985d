"""What a comparison answers, in sentences: only what stands after correction is worded as a finding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from albench.compare.budget_words import budget_sentences
from albench.compare.choose import only_of
from albench.compare.comparison import Comparison
from albench.compare.levels import level, levels
from albench.compare.notes import places
from albench.compare.tables import Group, Overall, Row
from albench.compare.titles import baseline_words, metric_words, row_names
from albench.compare.verdict_words import Side, verdict_words
from albench.wording import counted


@dataclass(frozen=True)
class Answer:
    """The answer to "which is better, and how sure is it?".

    Attributes
    ----------
    overall
        Over several data sets; empty where nothing is compared over them.
    groups
        One for each of the comparison's groups, in their order.
    budgets
        One for each of the comparison's tables over budgets, in their order.
    """

    overall: str
    groups: tuple[str, ...]
    budgets: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """What is to be read first, then the rest: a line each."""
        return (*filter(None, [self.overall]), *self.budgets, *self.groups)

    @property
    def text(self) -> str:
        """All of it on one line."""
        return " ".join(self.lines)

    def __str__(self) -> str:
        return self.text


def answer(comparison: Comparison) -> Answer:
    """The answer of a comparison.

    A row is called better or worse than its baseline, or better than the next, where the corrected test says so
    (``Difference.verdict``, ``Estimate.clear``), never because of its mean. Who "leads" has the best mean: a sentence
    that says so adds what is not shown. Every sentence names the number of seeds and the metric.

    Returns
    -------
    Sentences of plain text. A stand-in is named as one.
    """
    several = len(comparison.groups) > 1
    sentences = []
    for group, place in zip(comparison.groups, places(comparison.groups), strict=True):
        stand_in = f" (simulated stand-in for {group.stand_in})" if group.stand_in else ""
        start = f"On {place}{stand_in}, " if several or stand_in else ""
        sentences.append(_of_group(group, comparison, start))
    overall = _of_overall(comparison.overall, comparison) if comparison.overall else ""
    return Answer(overall, tuple(sentences), budget_sentences(comparison))


def _of_group(group: Group, comparison: Comparison, start: str) -> str:
    ranked = [row for row in group.rows if row.rank is not None]
    metric = metric_words(comparison.metric, comparison.split)
    if not ranked:
        why = f"there is no {comparison.at} here" if comparison.at != "aubc" else "no curve is whole"
        return _sentence(f"{start}nothing is ranked by {metric}, as {why}")
    seeds = _seeds([row.value.n for row in ranked])
    if len(group.rows) == 1:
        return _alone(group.rows[0], group, start, metric, seeds)
    names = row_names(group.rows)
    leaders = [row for row in ranked if row.value.best] or [row for row in ranked if row.rank == 1]
    sides = [
        _side(name, row, row in leaders) for name, row in zip(names, group.rows, strict=True) if row.rank is not None
    ]
    what = _measure(comparison, _at(group))
    finding = verdict_words(sides, baseline_words(comparison, group.rows), what, comparison)
    return f"{_sentence(f'{start}with {seeds}, {finding}')} {levels(group, names, metric)}".rstrip()


def _side(name: str, row: Row, leads: bool) -> Side:
    gap, value = row.difference, row.value
    own = (row.method, row.strategy, row.backbone)
    against = (gap.method, gap.strategy, row.backbone) if gap else ()
    return Side(name, gap, row.is_baseline, leads, value.clear, value.mean, own, against)


def _of_overall(overall: Overall, comparison: Comparison) -> str:
    """The corrected differences over all data sets; no row leads there, as mean ranks are not what is tested."""
    names = row_names(overall.rows)
    sides = [Side(names[at], row.difference, False, False) for at, row in enumerate(overall.rows)]
    start = f"Over {counted(len(overall.settings), 'data set')} together"
    pairs = [side.difference.n for side in sides if side.difference]
    if not pairs:
        return ""
    what = _measure(comparison, "mean over the labels" if comparison.at == "aubc" else f"at {comparison.at}")
    finding = verdict_words(sides, baseline_words(comparison, overall.rows), what, comparison)
    return _sentence(f"{start}, with {counted(max(pairs), 'pair')} of trials, {finding}")


def _measure(comparison: Comparison, where: str) -> str:
    """``test macro F1 (mean over 100 to 600 labels, corrected for 10 comparisons, 11 of 34 rows chosen)``."""
    about = [where, *(["lower is better"] if not comparison.higher_is_better else [])]
    several = [f"{comparison.n_tests:,} comparisons"] if comparison.n_tests > 1 else []
    several += ["looks as seeds were added"] if comparison.share < 1 else []
    about += [f"corrected for {' and '.join(several)}"] if several else []
    about += filter(None, [only_of(len(comparison.rows), comparison.n_left_out)])
    return f"{metric_words(comparison.metric, comparison.split)} ({', '.join(about)})"


def _alone(row: Row, group: Group, start: str, metric: str, seeds: str) -> str:
    labels = group.ranked or group.n_labeled[-1]
    value = f"has a {metric} of {level(row.cells[labels])} at {labels:,} labels ({seeds})"
    return _sentence(f"{start}{row.method} + {row.strategy} {value}; nothing is beside it to compare it with")


def _at(group: Group) -> str:
    """Where it is compared."""
    if group.ranked is not None or len(group.n_labeled) == 1:
        return f"at {group.ranked or group.n_labeled[0]:,} labels"
    return f"mean over {group.n_labeled[0]:,} to {group.n_labeled[-1]:,} labels"


def _seeds(counts: Sequence[int]) -> str:
    low, high = min(counts), max(counts)
    return counted(high, "seed") if low == high else f"{low:,} to {counted(high, 'seed')}"


def _sentence(text: str) -> str:
    """With a full stop, and with a capital unless a name begins it."""
    capital = text[:1].upper() if text.startswith(("with ", "nothing ")) else text[:1]
    return f"{capital}{text[1:]}."

"""What a comparison answers, in sentences: only what stands after correction is worded as a finding."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from albench.compare.choose import only_of
from albench.compare.common import LEAST_COMPARED
from albench.compare.comparison import Comparison
from albench.compare.data import Difference, Estimate, Group, Overall, Row
from albench.compare.notes import places
from albench.metric_table import metric_named
from albench.wording import counted, listed

_NAMED = 3
"""Rows that a sentence names; it counts the others of a longer list."""


@dataclass(frozen=True)
class Answer:
    """The answer to "which is better, and how sure is it?".

    Attributes
    ----------
    overall
        Over several data sets; empty where nothing is compared over them.
    groups
        One for each of the comparison's groups, in their order.
    """

    overall: str
    groups: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """What is to be read first, then the rest: a line each."""
        return (self.overall, *self.groups) if self.overall else self.groups

    @property
    def text(self) -> str:
        """All of it on one line."""
        return " ".join(self.lines)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class _Side:
    """A row as a sentence sees it.

    Attributes
    ----------
    leads, clear
        Whether it leads by what ranks, and is told from the next.
    value
        The mean of what ranks.
    row, against
        Method, strategy and backbone of the row, and of its baseline.
    """

    name: str
    difference: Difference | None
    is_baseline: bool
    leads: bool
    clear: bool = False
    value: float = math.nan
    row: tuple[str, ...] = ()
    against: tuple[str, ...] = ()


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
    found = []
    for group, place in zip(comparison.groups, places(comparison.groups), strict=True):
        stand_in = f" (simulated stand-in for {group.stand_in})" if group.stand_in else ""
        start = f"On {place}{stand_in}, " if several or stand_in else ""
        found.append(_of_group(group, comparison, start))
    return Answer(_of_overall(comparison.overall, comparison) if comparison.overall else "", tuple(found))


def metric_words(metric: str, split: str = "") -> str:
    """A metric as a sentence or an axis names it: ``test macro F1``."""
    return f"{split} {metric_named(metric).title}".strip()


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
    finding = _finding(sides, baseline_words(comparison, group.rows), what, comparison)
    return f"{_sentence(f'{start}with {seeds}, {finding}')} {levels(group, names, metric)}".rstrip()


def _side(name: str, row: Row, leads: bool) -> _Side:
    gap, value = row.difference, row.value
    own = (row.method, row.strategy, row.backbone)
    against = (gap.method, gap.strategy, row.backbone) if gap else ()
    return _Side(name, gap, row.is_baseline, leads, value.clear, value.mean, own, against)


def _of_overall(overall: Overall, comparison: Comparison) -> str:
    """The corrected differences over all data sets; no row leads there, as mean ranks are not what is tested."""
    names = row_names(overall.rows)
    sides = [_Side(names[at], row.difference, False, False) for at, row in enumerate(overall.rows)]
    start = f"Over {counted(len(overall.settings), 'data set')} together"
    pairs = [side.difference.n for side in sides if side.difference]
    if not pairs:
        return ""
    what = _measure(comparison, "mean over the labels" if comparison.at == "aubc" else f"at {comparison.at}")
    finding = _finding(sides, baseline_words(comparison, overall.rows), what, comparison)
    return _sentence(f"{start}, with {counted(max(pairs), 'pair')} of trials, {finding}")


def _measure(comparison: Comparison, where: str) -> str:
    """``test macro F1 (mean over 100 to 600 labels, corrected for 10 comparisons, 11 of 34 rows chosen)``."""
    about = [where, *(["lower is better"] if not comparison.higher_is_better else [])]
    about += [f"corrected for {comparison.n_tests:,} comparisons"] if comparison.n_tests > 1 else []
    about += filter(None, [only_of(len(comparison.rows), comparison.n_left_out)])
    return f"{metric_words(comparison.metric, comparison.split)} ({', '.join(about)})"


def _finding(sides: Sequence[_Side], baseline: str, what: str, comparison: Comparison) -> str:
    """What the tests say of these rows."""
    leaders = [side for side in sides if side.leads]
    tested = [side for side in sides if side.difference and side.difference.verdict != "too few seeds"]
    if not tested:
        return _untested(sides, leaders, baseline, what)
    better, worse, open_ = (
        [side for side in tested if side.difference and side.difference.verdict == verdict]
        for verdict in ("better", "worse", "~")
    )
    parts = []
    if better:
        parts.append(f"{_beat(better, 'better', baseline, comparison)} in {what}")
        parts += _which_is_best(sides, better, leaders)
    else:
        parts.append(f"nothing is shown to be better than {baseline} in {what}")
        parts += _leading(leaders, sides)
    if worse:
        parts.append(_beat(worse, "worse", baseline, comparison))
    if open_ and (better or worse):
        parts.append(f"{_some(open_)} cannot be told from {baseline}")
    few = [side for side in sides if side.difference and side not in tested]
    if few:
        parts.append(f"{_some(few)} {'has' if len(few) == 1 else 'have'} too few seeds for a test")
    return "; ".join(parts)


def _untested(sides: Sequence[_Side], leaders: Sequence[_Side], baseline: str, what: str) -> str:
    """Without a single test: no baseline, or too few seeds."""
    if any(side.difference for side in sides):
        ahead = f": {_leads(leaders, sides)}, which may be chance" if leaders else ""
        return f"nothing can be tested, so nothing is shown to be better than {baseline} in {what}{ahead}"
    names = listed([side.name for side in leaders], _NAMED)
    if leaders[0].clear:
        return f"{names} is better than the next in {what}; there is no baseline to compare it with"
    ahead = _leads(leaders, sides)
    return f"nothing is shown to be best in {what}: {ahead}, and there is no baseline to compare with"


def _beat(sides: Sequence[_Side], verdict: str, baseline: str, comparison: Comparison) -> str:
    """``galaxy is better than random by 0.041 [0.012, 0.070]``, or the first of many and how many others are."""
    than = f"{verdict} than {baseline}"
    amounts = [_amount(side.difference, comparison, verdict) for side in sides if side.difference]
    if len(sides) == 1:
        return f"{sides[0].name} is {than} by {amounts[0]}"
    if len(sides) <= _NAMED:
        return f"{listed([f'{side.name} (by {by})' for side, by in zip(sides, amounts, strict=True)])} are {than}"
    return f"{sides[0].name} (by {amounts[0]}) and {len(sides) - 1} others are {than}"


def _which_is_best(sides: Sequence[_Side], better: Sequence[_Side], leaders: Sequence[_Side]) -> list[str]:
    """Whether the best of them is told from the next; nothing where that is its baseline, as it is said already."""
    if len(leaders) == 1 and leaders[0].clear:
        following = next(side for side in sides if side not in leaders)
        return [] if following.is_baseline else [f"{leaders[0].name} is better than {following.name}, the next, too"]
    if leaders and not any(side in better for side in leaders):
        return [f"{_leads(leaders, sides)}, which may be chance"]
    return ["which of them is best is not shown"] if len(better) > 1 else []


def _leading(leaders: Sequence[_Side], sides: Sequence[_Side]) -> list[str]:
    """Who has the best mean where nothing is better, and how many seeds would tell it from its baseline."""
    if not leaders:
        return []
    ahead = _leads(leaders, sides)
    difference = leaders[0].difference
    if len(leaders) > 1 or difference is None or difference.n < LEAST_COMPARED:
        return [ahead]
    needed = difference.seeds_needed
    if needed is None or needed <= difference.n:
        return [ahead]
    against = _baseline_of(leaders[0], sides)
    pair = f"{leaders[0].name} from {against.name if against else difference.strategy}"
    return [f"{ahead}; about {needed:,} seeds would tell {pair} if the true difference is the one measured"]


def _leads(leaders: Sequence[_Side], sides: Sequence[_Side]) -> str:
    """``galaxy leads with 0.641 against 0.630 of random``: by the means of what ranks, no others."""
    first = leaders[0]
    if len(leaders) > 1:
        return f"{_some(leaders)} lead with one same mean, {first.value:.3f}"
    text = f"{first.name} {'itself ' if first.is_baseline else ''}leads with "
    other = _baseline_of(first, sides) or next((side for side in sides if side is not first), None)
    if other is None:
        return f"{text}{first.value:.3f}"
    digits = 3 if f"{first.value:.3f}" != f"{other.value:.3f}" else 5
    following = "" if other.is_baseline and not first.is_baseline else ", the next"
    return f"{text}{first.value:.{digits}f} against {other.value:.{digits}f} of {other.name}{following}"


def _baseline_of(side: _Side, sides: Sequence[_Side]) -> _Side | None:
    return next((other for other in sides if side.against and other.row == side.against), None)


def _amount(difference: Difference, comparison: Comparison, verdict: str) -> str:
    """By how much, as a positive number where it is what the verdict says: ``0.041 [0.012, 0.070]``."""
    sign = 1 if comparison.higher_is_better == (verdict == "better") else -1
    ends = sorted((sign * difference.low, sign * difference.high))
    return f"{sign * difference.mean:.3f} [{ends[0]:.3f}, {ends[1]:.3f}]"


def _alone(row: Row, group: Group, start: str, metric: str, seeds: str) -> str:
    labels = group.ranked or group.n_labeled[-1]
    value = f"has a {metric} of {_level(row.cells[labels])} at {labels:,} labels ({seeds})"
    return _sentence(f"{start}{row.method} + {row.strategy} {value}; nothing is beside it to compare it with")


def levels(group: Group, names: Sequence[str], metric: str) -> str:
    """What the first row and its baseline have at the label count that ranks, else the last; rare classes with it."""
    labels = group.ranked or group.n_labeled[-1]
    first = group.rows[0]
    shown = [(names[0], first)]
    if first.difference is not None:
        wanted = (first.difference.method, first.difference.strategy, first.backbone)
        shown += [
            (name, row)
            for name, row in zip(names, group.rows, strict=True)
            if (row.method, row.strategy, row.backbone) == wanted
        ]
    elif len(group.rows) > 1:
        shown.append((names[1], group.rows[1]))
    of_metric = _with([(name, row.cells[labels]) for name, row in shown])
    recalls = [(each, _with([(name, row.recalls[each]) for name, row in shown])) for each in group.recalls]
    beside = [f"the {metric_words(each)} is {texts}" for each, texts in recalls if texts]
    ahead = _ahead_there(group, names, shown, labels)
    return f"At {labels:,} labels the {metric} is {'; '.join([of_metric + ahead, *beside])}." if of_metric else ""


def _ahead_there(group: Group, names: Sequence[str], shown: Sequence[tuple[str, Row]], labels: int) -> str:
    """Who leads at a label count where the row that leads over all of them does not."""
    best = [(name, row) for name, row in zip(names, group.rows, strict=True) if row.cells[labels].best]
    if not best or group.rows[0] in [row for _, row in best]:
        return ""
    who = listed([name for name, _ in best], _NAMED)
    value = "" if best[0] in shown else f", {_level(best[0][1].cells[labels])}"
    return f"; the best mean there {'is that' if len(best) == 1 else 'are those'} of {who}{value}"


def _with(shown: Sequence[tuple[str, Estimate]]) -> str:
    """``0.912 ± 0.010 with galaxy and 0.860 ± 0.012 with random``."""
    texts = [f"{_level(estimate)} with {name}" for name, estimate in shown if estimate.n]
    return listed(texts) if texts else ""


def _level(estimate: Estimate) -> str:
    half = "" if math.isnan(estimate.half_width) else f" ± {estimate.half_width:.3f}"
    if estimate.is_cut:
        half = f" [{estimate.low:.3f}, {estimate.high:.3f}]"
    return f"{estimate.mean:.3f}{half}"


def _at(group: Group) -> str:
    """Where it is compared."""
    if group.ranked is not None or len(group.n_labeled) == 1:
        return f"at {group.ranked or group.n_labeled[0]:,} labels"
    return f"mean over {group.n_labeled[0]:,} to {group.n_labeled[-1]:,} labels"


def _seeds(counts: Sequence[int]) -> str:
    low, high = min(counts), max(counts)
    return counted(high, "seed") if low == high else f"{low:,} to {counted(high, 'seed')}"


def baseline_words(comparison: Comparison, rows: Sequence[object]) -> str:
    """The baseline's name; where methods differ, that it is each row's own method's."""
    name = comparison.baseline or "a baseline"
    own = comparison.baseline and "/" not in comparison.baseline
    return f"{name} with the same method" if own and len({getattr(row, "method", "") for row in rows}) > 1 else name


def row_names(rows: Sequence[object]) -> list[str]:
    """Each row's name, without what all of them share."""
    parts = {part: [str(getattr(row, part)) for row in rows] for part in ("method", "strategy", "backbone")}
    differ = {part for part, values in parts.items() if len(set(values)) > 1}
    named = [part for part in ("method", "strategy") if part in differ] or ["strategy"]
    names = ["/".join(parts[part][at] for part in named) for at in range(len(rows))]
    return [f"{name} on {parts['backbone'][at]}" if "backbone" in differ else name for at, name in enumerate(names)]


def _some(sides: Sequence[_Side]) -> str:
    return listed([side.name for side in sides], _NAMED)


def _sentence(text: str) -> str:
    """With a full stop, and with a capital unless a name begins it."""
    capital = text[:1].upper() if text.startswith(("with ", "nothing ")) else text[:1]
    return f"{capital}{text[1:]}."

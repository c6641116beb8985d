"""What a reader of a comparison has to know: stand-ins, protocols apart, and all that was left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from albench.compare.blocks import CurveBlock
from albench.compare.budget_tables import OverBudgets
from albench.compare.choose import only_of
from albench.compare.common import LEAST_COMPARED
from albench.compare.estimates import Difference
from albench.compare.first_draw import draw_notes
from albench.compare.protocols import one_data_set, one_each
from albench.compare.question import Question
from albench.compare.tables import Group, Overall, Remark
from albench.wording import counted, listed

_SHOWN = 4
"""Rows that one note names; it counts the others."""


def write_notes(
    curves: Sequence[CurveBlock],
    groups: Sequence[Group],
    question: Question,
    baseline: str,
    overall: Overall | None = None,
    budgets: Sequence[OverBudgets] = (),
) -> list[Remark]:
    """A note a fact, the most important first; what limits a claim is marked as such.

    Parameters
    ----------
    curves, groups
        The same groups, before and after the statistics.
    baseline
        What differences are against.
    """
    named = places(groups)
    lines = [*_stand_ins(groups), *_protocols(groups, budgets), *_versions(curves, named)]
    for curve, group, place in zip(curves, groups, named, strict=True):
        lines += _left_out(curve, group, question, place)
    lines += _cautions(groups, named, question.split)
    lines += _identical(curves, groups, named, question.column)
    lines += _few_seeds(groups, named, overall)
    lines += _baselines(groups, named, baseline)
    lines += _undecided(groups, named)
    lines += _not_everywhere(curves, groups, overall, budgets)
    return lines


def choice_notes(n_chosen: int, n_left_out: int, left_out: str, n_tests: int) -> list[Remark]:
    """What was left out by name, and that nothing corrects for it; nothing where all is there."""
    if not n_left_out:
        return []
    what = f"{only_of(n_chosen, n_left_out)} by name; left out: {left_out}."
    if n_tests:
        what += f" Marks are corrected over the {counted(n_tests, 'difference')} of what was chosen, and hold where "
        what += "it was chosen before its results were seen."
    return [Remark(what)]  # a paragraph says so in its own words


def _undecided(groups: Sequence[Group], places: Sequence[str]) -> list[Remark]:
    """How many seeds would tell what is not distinguishable, where that can be said."""
    lines: list[Remark] = []
    for group, place in zip(groups, places, strict=True):
        open_ = [row for row in group.rows if row.difference and row.difference.verdict == "~"]
        needed = [
            f"{_label(row.method, row.strategy, row.backbone, group)} {row.difference.seeds_needed:,}"
            for row in open_
            if row.difference and row.difference.seeds_needed
        ]
        if needed:
            text = (
                "seeds that would tell a row from its baseline, if the true difference is the one measured: about "
                f"{_some(needed)}."
            )
            lines.append(Remark(text, place))
    return lines


def _cautions(groups: Sequence[Group], places: Sequence[str], split: str) -> list[Remark]:
    """First draws that know too much, splits too thin for a claim, and rows whose models give every item one class."""
    lines = draw_notes(groups, places)
    for group, place in zip(groups, places, strict=True):
        if group.thin_test:
            text = (
                f"the test split has only {group.thin_test}: too few to carry a claim, whatever the number of seeds; "
                "intervals and tests are over seeds on these same items, and say nothing about others."
            )
            hint = "" if group.test_items else "(--test-items: how far others would move them.)"
            lines.append(Remark(text, place, limits=True, hint=hint))
        alone = [
            f"{_label(row.method, row.strategy, row.backbone, group)} with {row.one_class} of {len(row.seeds)} seeds"
            for row in group.rows
            if row.one_class
        ]
        if alone:
            at = f"{group.ranked or group.n_labeled[-1]:,} labels"
            text = f"one class is predicted for every {split} item at {at}: {_some(alone)}."
            lines.append(Remark(text, place, limits=True))
    return lines


def _identical(
    curves: Sequence[CurveBlock], groups: Sequence[Group], places: Sequence[str], column: str
) -> list[Remark]:
    """Rows that are one result under several names, which counts as often as it has names."""
    lines: list[Remark] = []
    for curve, group, place in zip(curves, groups, places, strict=True):
        if len(group.n_labeled) < 2:  # before any query all strategies are one
            continue
        alike: dict[bytes, list[str]] = {}
        for values, (backbone, method, strategy) in zip(curve.values[column], curve.names, strict=True):
            if not np.isnan(values).all():
                alike.setdefault(values.tobytes(), []).append(_label(method, strategy, backbone, group))
        lines += [
            Remark(f"{listed(rows, _SHOWN)} are the same in every value: one result, counted {len(rows)} times.", place)
            for rows in alike.values()
            if len(rows) > 1
        ]
    return lines


def _not_everywhere(
    curves: Sequence[CurveBlock], groups: Sequence[Group], overall: Overall | None, budgets: Sequence[OverBudgets]
) -> list[Remark]:
    """What the comparison over data sets leaves out; nothing where all of them are compared at each budget."""
    several = [one for one, group in zip(curves, groups, strict=True) if len(group.rows) > 1]
    chosen, lines = one_each(several)
    if any(len(over.datasets) == len(one_data_set(several)) for over in budgets):
        lines = lines if chosen else []
    return [Remark(text, limits=True) for text in (*lines, *(_rows_left_out(overall) if len(chosen) > 1 else []))]


def _rows_left_out(overall: Overall | None) -> list[str]:
    if overall is None:
        return ["nothing is compared over data sets: no two rows are in all of them."]
    if overall.left_out:
        return [
            f"over data sets only what all of them have, and rank, is compared; left out: {_some(overall.left_out)}."
        ]
    return []


def _stand_ins(groups: Sequence[Group]) -> list[Remark]:
    pairs = dict.fromkeys((group.dataset, group.stand_in) for group in groups if group.stand_in)
    # A paragraph says so in its own words.
    return [Remark(f"{name} is a stand-in for {real}: simulated, not patient data.") for name, real in pairs]


def _protocols(groups: Sequence[Group], budgets: Sequence[OverBudgets]) -> list[Remark]:
    lines = []
    ranked_over = {over.datasets[0]: len(over.budgets) for over in budgets if len(over.datasets) == 1}
    for dataset in dict.fromkeys(group.dataset for group in groups):
        found = list(dict.fromkeys(group.setup for group in groups if group.dataset == dataset))
        if len(found) > 1:
            what = "budgets" if ranked_over.get(dataset) == len(found) else "protocols"
            over = "; the table over budgets compares their ranks" if dataset in ranked_over else ""
            text = f"{dataset} was run under {len(found)} {what} ({'; '.join(found)}), shown apart: "
            lines.append(Remark(f"{text}their numbers must not be compared with each other{over}.", limits=True))
    return lines


def _versions(curves: Sequence[CurveBlock], named: Sequence[str]) -> list[Remark]:
    """Tables whose trials other versions or processors made."""
    mixing = "one seed may give other numbers with each, and means and differences over both mix them."
    return [
        Remark(f"{curve.mix.made}; {mixing}", place, limits=True)
        for curve, place in zip(curves, named, strict=True)
        if curve.mix
    ]


def places(groups: Sequence[Group]) -> list[str]:
    """How notes name each group: its data set, with the settings that differ where the data set has several groups."""
    return [group.place for group in groups]


def _left_out(curves: CurveBlock, group: Group, question: Question, place: str) -> list[Remark]:
    """What the group lacks."""
    column, ranking = question.column, str(question.ranking)

    def note(text: str, *, limits: bool = True) -> Remark:
        return Remark(text, place, limits)

    labels = [_label(method, strategy, backbone, group) for backbone, method, strategy in curves.names]
    started = np.logical_or.reduce(curves.recorded, axis=2)
    stopped = started & ~np.logical_and.reduce(curves.recorded, axis=2)
    lines = []
    missing = [
        f"{label} without {_seeds(curves.seeds[~there])}"
        for label, there in zip(labels, started, strict=True)
        if not there.all()
    ]
    if missing:
        lines.append(note(f"not every row has every seed: {_some(missing)}."))
    lines += map(note, _compared_over(group))
    short = [
        f"{label} {_seeds(curves.seeds[stops])}" for label, stops in zip(labels, stopped, strict=True) if stops.any()
    ]
    if short:
        lines.append(note(f"curves with missing rounds have no AUBC: {_some(short)}."))
    undefined = int((curves.recorded & np.isnan(curves.values[column])).sum())
    if undefined:
        total = int(curves.recorded.sum())
        lines.append(note(f"{column} is undefined in {undefined} of {total} records, which are left out."))
    if len(group.n_labeled) == 1:
        lines.append(note("there is one label count, so AUBC is the value there.", limits=False))
    if ranking.startswith(("round", "labels")) and group.ranked is None:
        there = ", ".join(map(str, group.n_labeled)) if ranking.startswith("labels") else _range(curves.rounds)
        lines.append(note(f"nothing is ranked, as there is no {ranking}; there is {there}.", limits=False))
    unpaired = [
        f"{_label(row.method, row.strategy, row.backbone, group)} {row.difference.n} of {row.value.n}"
        for row in group.rows
        if row.difference and row.difference.n < row.value.n
    ]
    if unpaired:
        lines.append(note(f"differences use only the seeds that the baseline has too: {_some(unpaired)}."))
    return lines


def _compared_over(group: Group) -> list[str]:
    """Which seeds the table is over where not all are, and the rows that lack them."""
    behind = [row for row in group.rows if row.rank is None and row.value.n]
    more = any(row.value.n and {*row.seeds} - {*group.seeds} for row in group.rows)
    if not any(row.rank for row in group.rows) or not (behind or more):
        return []
    over = f"means, ranks and bold are over {_seeds(group.seeds)}, which all ranked rows have"
    if more:
        over += "; differences are over all seeds that row and baseline have"
    if behind:
        names = [_label(row.method, row.strategy, row.backbone, group) for row in behind]
        over += f"; not ranked, as too few of them are there: {_some(names)}"
    return [f"{over}."]


def _few_seeds(groups: Sequence[Group], places: Sequence[str], overall: Overall | None) -> list[Remark]:
    """That nothing is told of fewer than three seeds: once where no row has more, else of which rows."""
    most = max(len(row.seeds) for group in groups for row in group.rows)
    if most < LEAST_COMPARED:
        alone = "one seed gives no interval; " if most == 1 else ""
        return [Remark(f"{alone}fewer than three seeds: no verdict; run more seeds (--seeds 5).")]
    found = [
        (place, [_label(r.method, r.strategy, r.backbone, group) for r in group.rows if _is_untested(r.difference)])
        for place, group in zip(places, groups, strict=True)
    ]
    if overall is not None:
        names = ["/".join((row.method, row.strategy)) for row in overall.rows if _is_untested(row.difference)]
        found.append(("over data sets", names))
    return [
        Remark(f"fewer than three seeds in common: no verdict on {_some(rows)}.", place)
        for place, rows in found
        if rows
    ]


def _is_untested(difference: Difference | None) -> bool:
    return difference is not None and difference.n > 0 and difference.verdict == "too few seeds"


def _baselines(groups: Sequence[Group], places: Sequence[str], baseline: str) -> list[Remark]:
    """Rows without a baseline: one line where none has one, else one line a group."""
    if not any(row.difference for group in groups for row in group.rows):
        if all(len(group.rows) == 1 for group in groups):
            return []
        return [Remark(f"no differences are shown: no row has '{baseline}' beside it; name another with --baseline.")]
    lines = []
    for group, place in zip(groups, places, strict=True):
        without = [
            _label(row.method, row.strategy, row.backbone, group)
            for row in group.rows
            if row.difference is None and not row.is_baseline
        ]
        if without and (group.ranked is not None or any(row.value.n for row in group.rows)):
            lines.append(Remark(f"there is no '{baseline}' to compare {_some(without)} with.", place, limits=True))
    return lines


def _label(method: str, strategy: str, backbone: str, group: Group) -> str:
    several = len({row.backbone for row in group.rows}) > 1
    return f"{method}/{strategy}" + (f" on {backbone}" if several else "")


def _seeds(seeds: Iterable[int]) -> str:
    found = [str(seed) for seed in seeds]
    return ("seed " if len(found) == 1 else "seeds ") + ", ".join(found)


def _range(rounds: Iterable[int]) -> str:
    return f"round {min(rounds)} to {max(rounds)}"


def _some(texts: Sequence[str]) -> str:
    rest = len(texts) - _SHOWN
    return "; ".join(texts[:_SHOWN]) + (f"; and {rest} more" if rest > 0 else "")

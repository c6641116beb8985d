"""The comparison table: from stored curves to ranked rows with intervals, marks and paired differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from albench.compare.across import across_of
from albench.compare.basis import Basis, basis_of
from albench.compare.beside import with_beside
from albench.compare.budgets import budget_families, over_budgets
from albench.compare.carried import with_cautions
from albench.compare.comparison import Comparison
from albench.compare.details import group_details, target_values
from albench.compare.first_draw import with_draw
from albench.compare.highlight import with_highlight
from albench.compare.notes import choice_notes, write_notes
from albench.compare.numbers import Numbers, numbers_of
from albench.compare.one_thread import one_thread
from albench.compare.over_items import KeptOf, item_notes, over_items, with_over_items
from albench.compare.overall import over_data_sets
from albench.compare.own_rows import OwnRows
from albench.compare.question import Question
from albench.compare.rare import with_recalls
from albench.compare.rows import group_of
from albench.compare.tables import Failure, Group, Remark
from albench.compare.tuned import tuned_notes
from albench.compare.verdicts import Verdicts, verdicts_of


def compare(
    frame: pd.DataFrame,
    *,
    failed: pd.DataFrame | None = None,
    after: Comparison | None = None,
    test_items: KeptOf | None = None,
    **asked: Any,
) -> Comparison:
    """Compare methods and strategies over seeds, as ``compared`` does.

    Parameters
    ----------
    frame, failed, after
        As of ``compared``.
    test_items
        What trials keep of their test split: then what ranks, and its differences, have intervals over test items too.
    asked
        The attributes of ``albench.compare.question.Question`` that are not at their default: ``metric="accuracy"``,
        ``at="final"``, ``baseline="entropy"`` and the like.
    """
    question = Question(**asked, test_items=test_items is not None)
    return compared(frame, question, failed=failed, after=after, kept=test_items)


@one_thread()
def compared(
    frame: pd.DataFrame,
    question: Question,
    *,
    failed: pd.DataFrame | None = None,
    after: Comparison | None = None,
    kept: KeptOf | None = None,
    basis: Basis | None = None,
) -> Comparison:
    """Compare methods and strategies over seeds.

    Each cell is a mean with its 95 % t-interval. Rows under one data set and protocol are ranked by what is asked for;
    their ranked values are compared with the baseline's by a test paired over the seeds that both have, corrected over
    all differences of the comparison, those over data sets among them (Holm 1979). Where none of them is told, nothing
    else is: no best of a column, no pair, no mean ranks (``albench.compare.significance``).

    Parameters
    ----------
    frame
        One row a round and trial (see ``albench.results.results.Results``).
    failed
        Trials without complete records: names, ``seed``, ``protocol``, ``reason`` and, where known, ``status``.
    after
        The comparison by another metric that a page shows first: a row that is not told from its baseline there is
        not told here, so that many metrics on one page claim no more than one.
    kept
        What trials keep of their test split, where intervals over test items are asked for.
    basis
        ``basis_of`` this frame and a question that differs in the metric alone, where several are asked.

    Raises
    ------
    UserError
        Where there is no result, or no such metric, split, ranking, baseline, test, target or row: one line with
        the nearest that is.
    """
    basis = basis or basis_of(frame, question)
    question = question.at_share(basis.share)
    baseline, curves = basis.baseline, basis.curves
    numbers = [numbers_of(group, question, baseline) for group in curves]
    across = across_of(numbers)
    targets = target_values(question, frame, curves)
    families = budget_families(curves)
    verdicts = verdicts_of(numbers, across, question, after, families)
    groups = _groups(numbers, verdicts, targets, basis.own, question)
    groups, lacking = _over_items(groups, numbers, question, kept)
    groups, unplaced = with_beside(groups, basis.parts, question)
    overall = over_data_sets(across, verdicts.across, question, verdicts.any_told)
    budgets = over_budgets(families, curves, groups, verdicts, question)
    n_left_out, left_out = basis.left_out
    notes = [
        *choice_notes(sum(len(group.rows) for group in groups), n_left_out, left_out, verdicts.n_tests),
        *basis.said,
        *basis.copies,
        *write_notes(curves, groups, question, baseline, overall, budgets),
        *tuned_notes(basis.chosen, groups),
        *lacking,
        *unplaced,
    ]
    comparison = Comparison(
        metric=question.metric,
        split=question.split,
        at=str(question.ranking),
        higher_is_better=question.sign > 0,
        baseline=baseline if any(row.difference for group in groups for row in group.rows) else "",
        n_tests=verdicts.n_tests,
        share=question.share,
        skewed=question.skewed,
        groups=groups,
        failed=_failures(None if failed is None else question.choice.of(failed)),
        notes=tuple(map(str, notes)),
        caveats=tuple(note for note in notes if note.limits),
        target="" if question.goal is None else str(question.goal),
        cost="" if question.prices is None else str(question.prices),
        cost_unit="" if question.prices is None else question.prices.unit,
        details=question.details,
        overall=overall,
        budgets=budgets,
        wins=verdicts.wins,
        n_left_out=n_left_out,
        made_with=basis.made_with,
    )
    return with_highlight(comparison, question.highlight)


def _groups(
    numbers: Sequence[Numbers],
    verdicts: Verdicts,
    targets: Sequence[float],
    own: Sequence[OwnRows],
    question: Question,
) -> tuple[Group, ...]:
    """The ranked rows of each group, with all that stands beside them."""
    groups = []
    parts = zip(numbers, verdicts.groups, verdicts.bests, targets, own, strict=True)
    for number, tested, best, target, rows in parts:
        group = group_of(number, tested, best, group_details(number, question, target))
        group = with_recalls(group, number, rows, question)
        group = with_cautions(group, rows)
        groups.append(with_draw(group, rows))
    return tuple(groups)


def _over_items(
    groups: tuple[Group, ...], numbers: Sequence[Numbers], question: Question, kept: KeptOf | None
) -> tuple[tuple[Group, ...], list[Remark]]:
    """The groups with their intervals over test items, where these are asked for, and notes on what has none."""
    if kept is None or not question.test_items:
        return groups, []
    intervals = [over_items(number, question.metric, kept) for number in numbers]
    groups = tuple(map(with_over_items, groups, numbers, intervals))
    return groups, item_notes(groups, intervals)


def _failures(failed: pd.DataFrame | None) -> tuple[Failure, ...]:
    if failed is None:
        return ()
    ordered = failed.sort_values(["dataset", "method", "strategy", "backbone", "seed", "protocol"], kind="stable")
    return tuple(
        Failure(
            dataset=str(entry["dataset"]),
            method=str(entry["method"]),
            strategy=str(entry["strategy"]),
            backbone=str(entry["backbone"]),
            seed=int(entry["seed"]),
            protocol=str(entry["protocol"]),
            status=str(entry.get("status", "failed")),
            reason=str(entry["reason"]),
        )
        for entry in ordered.to_dict("records")
    )

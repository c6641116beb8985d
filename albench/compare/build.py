"""The comparison table: from stored curves to ranked rows with intervals, marks and paired differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from albench.compare.across import across_of
from albench.compare.beside import Parted, check_ranked, parted, with_beside
from albench.compare.blocks import CurveBlock
from albench.compare.budgets import budget_families, over_budgets
from albench.compare.carried import with_cautions
from albench.compare.choose import check_baseline, pairs_of
from albench.compare.comparison import Comparison
from albench.compare.details import QUERY, TRAIN, group_details, target_values
from albench.compare.first_draw import with_draw
from albench.compare.gather import check_scores, gather
from albench.compare.highlight import with_highlight
from albench.compare.looks import looked
from albench.compare.notes import choice_notes, write_notes
from albench.compare.numbers import Numbers, numbers_of
from albench.compare.one_thread import one_thread
from albench.compare.over_items import KeptOf, item_notes, over_items, with_over_items
from albench.compare.overall import over_data_sets
from albench.compare.paid import counting_validation
from albench.compare.protocols import place_of
from albench.compare.question import Question
from albench.compare.ranking import check_ranking
from albench.compare.rare import recalls_of, with_recalls
from albench.compare.rows import group_of
from albench.compare.tables import Failure, Group, Remark
from albench.compare.tuned import tuned_notes
from albench.compare.verdicts import Verdicts, verdicts_of
from albench.compare.versions import versions_in
from albench.environment import refuse_mixes
from albench.errors import UserError


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
) -> Comparison:
    """Compare methods and strategies over seeds.

    Each cell is a mean with its 95 % t-interval. Rows under one data set and protocol are ranked by what is asked for;
    their ranked values are compared with the baseline's by a test paired over the seeds that both have, corrected over
    all differences of the comparison, those over data sets among them (Holm 1979). Where none of them is told, nothing
    else is: no best of a column, no pair, no mean ranks (``albench.compare.significance``).

    Parameters
    ----------
    frame
        One row a round and trial (see ``albench.results.load.Results``).
    failed
        Trials without complete records: names, ``seed``, ``protocol``, ``reason`` and, where known, ``status``.
    after
        The comparison by another metric that a page shows first: a row that is not told from its baseline there is
        not told here, so that many metrics on one page claim no more than one.
    kept
        What trials keep of their test split, where intervals over test items are asked for.

    Raises
    ------
    UserError
        Where there is no result, or no such metric, split, ranking, baseline, test, target or row: one line with
        the nearest that is.
    """
    check_scores(frame, question.split, question.metric)
    question.choice.check(frame)
    parts = parted(frame)
    baseline = question.choice.baseline_in(parts.ranked)
    chosen, question, said = _chosen(parts, question)
    curves, copies = _curves_of(chosen, question)
    check_baseline(question.baseline and baseline, pairs_of(chosen))
    numbers = [numbers_of(group, question, baseline) for group in curves]
    across = across_of(numbers)
    targets = target_values(question, frame, curves)
    families = budget_families(curves)
    verdicts = verdicts_of(numbers, across, question, after, families)
    groups = _groups(numbers, verdicts, targets, chosen, question)
    groups, lacking = _over_items(groups, numbers, question, kept)
    groups, unplaced = with_beside(groups, parts, question)
    overall = over_data_sets(across, verdicts.across, question, verdicts.any_told)
    budgets = over_budgets(families, curves, groups, verdicts, question)
    n_left_out, left_out = question.choice.left_out(parts.ranked)
    notes = [
        *choice_notes(sum(len(group.rows) for group in groups), n_left_out, left_out, verdicts.n_tests),
        *said,
        *copies,
        *write_notes(curves, groups, question, baseline, overall, budgets),
        *tuned_notes(chosen, groups),
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
        made_with=versions_in(chosen),
    )
    return with_highlight(comparison, question.highlight)


def _chosen(parts: Parted, question: Question) -> tuple[pd.DataFrame, Question, list[Remark]]:
    """What is compared, the question at the share of the 5 % that it may use, and notes on both."""
    chosen = question.choice.of(parts.ranked)
    check_ranked(parts, chosen)
    chosen, paid = counting_validation(chosen, question)
    looks = looked(chosen)
    return chosen, question.at_share(looks.share), [*looks.notes, *paid]


def _curves_of(frame: pd.DataFrame, question: Question) -> tuple[list[CurveBlock], list[Remark]]:
    """The arrays of all that the question needs, and notes on copies that were left out.

    Raises
    ------
    UserError
        Where something of it is not there.
    """
    recorded = [name for name in (TRAIN, QUERY) if name in frame]
    if question.prices and len(recorded) < 2:
        raise UserError("cost: these results hold no seconds of training and queries.")
    beside = [f"{question.split}.{name}" for name in recalls_of(frame, question.split)]
    curves, copies = gather(frame, list(dict.fromkeys([question.column, *recorded, *beside])))
    if question.strict:
        refuse_mixes({place_of(group): group.mix for group in curves})
    check_ranking(question.ranking, curves)
    return curves, copies


def _groups(
    numbers: Sequence[Numbers],
    verdicts: Verdicts,
    targets: Sequence[float],
    frame: pd.DataFrame,
    question: Question,
) -> tuple[Group, ...]:
    """The ranked rows of each group, with all that stands beside them."""
    groups = []
    for number, tested, best, target in zip(numbers, verdicts.groups, verdicts.bests, targets, strict=True):
        group = group_of(number, tested, best, group_details(number, question, target))
        group = with_recalls(group, number, frame, question)
        group = with_cautions(group, number.curves, frame, question.split)
        groups.append(with_draw(group, number.curves, frame))
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

"""The comparison table: from stored curves to ranked rows with intervals, marks and paired differences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from albench.compare.blocks import Name
from albench.compare.carried import with_cautions
from albench.compare.choose import DEFAULT_BASELINE, Choice, as_pair, pairs_of
from albench.compare.common import in_both
from albench.compare.comparison import Comparison
from albench.compare.cost import parse_cost
from albench.compare.data import Failure, Note, OverallRow, Row, Wins
from albench.compare.details import QUERY, TRAIN, group_details, target_values
from albench.compare.gather import gather, score_column
from albench.compare.highlight import with_highlight
from albench.compare.labels import parse_target
from albench.compare.notes import choice_notes, write_notes
from albench.compare.numbers import Numbers, baseline_names, check_baseline, numbers_of
from albench.compare.over_items import Source, item_notes, over_items, with_over_items
from albench.compare.overall import (
    Pooled,
    Setting,
    common_names,
    over_data_sets,
    pairwise_wins,
    pooled,
    without_wins,
)
from albench.compare.pairs import CHOICES
from albench.compare.protocols import one_each, place_of
from albench.compare.ranking import check_ranking, parse_ranking
from albench.compare.rare import recalls_of, with_recalls
from albench.compare.rows import group_of
from albench.compare.significance import bests, corrected
from albench.compare.versions import versions_in
from albench.environment import refuse_mixes
from albench.errors import UserError, unknown
from albench.metric_table import metric_named


def compare(
    frame: pd.DataFrame,
    *,
    metric: str = "macro_f1",
    split: str = "test",
    at: str = "aubc",
    baseline: str | None = None,
    target: str | None = None,
    cost: Sequence[str] = (),
    test: str = "auto",
    details: bool = False,
    failed: pd.DataFrame | None = None,
    strict: bool = False,
    strategies: Sequence[str] = (),
    methods: Sequence[str] = (),
    datasets: Sequence[str] = (),
    highlight: Sequence[str] = (),
    after: Comparison | None = None,
    test_items: Source | None = None,
) -> Comparison:
    """Compare methods and strategies over seeds.

    Each cell is a mean with its 95 % t-interval. Rows under one data set and protocol are ranked by ``at``; their
    ranked values are compared with the baseline's by a test paired over the seeds that both have, corrected over
    all differences of the comparison, those over data sets among them (Holm 1979). Where none of them is told, nothing
    else is: no best of a column, no pair, no mean ranks (``albench.compare.significance``).

    Parameters
    ----------
    frame
        One row a round and trial (see ``albench.results.load.Results``).
    metric, split
        What to compare.
    at
        What ranks: ``final`` (the largest label count), ``aubc`` (area under the budget curve divided by its span),
        ``round:K`` (from 0, the initial labels) or ``labels:N``.
    baseline
        A strategy, taken with each row's own method, or ``method + strategy``; always on the row's own backbone.
        ``random`` where None, if it is there.
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
    failed
        Trials without complete records: names, ``seed``, ``protocol``, ``reason`` and, where known, ``status``.
    strict
        Refuse tables whose trials were made with other versions or processors, or do not say with which.
    strategies, methods, datasets
        Compare these alone, and the baseline; all where none is named. A note says what is left out. A target's share
        of full is still that of all that was run.
    highlight
        Rows to mark, as one's own entry: strategies, methods or ``METHOD + STRATEGY`` (``albench.compare.highlight``).
    after
        The comparison by another metric that a page shows first: a row that is not told from its baseline there is
        not told here, so that many metrics on one page claim no more than one.
    test_items
        What trials keep of their test split: then what ranks, and its differences, have intervals over test items too.

    Raises
    ------
    UserError
        Where there is no result, or no such metric, split, ranking, baseline, test, target or row: one line with
        the nearest that is.
    """
    ranking = parse_ranking(at)
    column = score_column(frame, split, metric)
    baseline = baseline and as_pair(baseline, pairs_of(frame))
    choice = Choice(datasets, methods, strategies, baseline or DEFAULT_BASELINE)
    choice.check(frame)
    whole, frame = frame, choice.of(frame)
    n_left_out, left_out = choice.left_out(whole)
    goal = parse_target(target) if target else None
    prices = parse_cost(cost) if cost else None
    if test not in CHOICES:
        raise unknown("test", test, CHOICES)
    if test_items and split != "test":
        raise UserError(f"intervals over test items are of split test, not of {split}: leave one of the two out.")
    recorded = [name for name in (TRAIN, QUERY) if name in frame]
    if prices and len(recorded) < 2:
        raise UserError("cost: these results hold no seconds of training and queries.")
    beside = [f"{split}.{name}" for name in recalls_of(frame, split)]
    groups, lines = gather(frame, list(dict.fromkeys([column, *recorded, *beside])))
    if strict:
        refuse_mixes({place_of(group): group.mix for group in groups})
    check_ranking(ranking, groups)
    check_baseline(baseline, groups)
    measured = metric_named(metric)
    sign = 1.0 if measured.higher_is_better else -1.0
    wanted = baseline or DEFAULT_BASELINE
    numbers = [numbers_of(group, group.values[column], ranking, wanted, sign, measured.range) for group in groups]
    goals = [float("nan")] * len(groups) if goal is None else target_values(goal, whole, column, groups, sign)
    named = common_names([group.names for group in groups])
    chosen = _chosen(numbers)
    settings = _settings([numbers[at] for at in chosen], [named[at] for at in chosen])
    over = pooled(settings, baseline_names(numbers, named))
    *tables, across = corrected(_parts(numbers, over, after), test)
    wins = pairwise_wins(settings, sign, test, [tables[at].told for at in chosen] if across.family else None)
    may = any(part.told.any() for part in (*tables, across)) if across.family else _any_pair(wins)
    if after is not None and not after.n_tests:
        may = may and _any_pair(after.wins)
    columns = bests(numbers, test, may)
    details_of = [group_details(number, column, value, prices) for number, value in zip(numbers, goals, strict=True)]
    built = tuple(map(group_of, numbers, tables, columns, details_of))
    built = tuple(
        with_recalls(group, number.curves, number.shown[..., number.place], frame, split, metric)
        for group, number in zip(built, numbers, strict=True)
    )
    built = tuple(with_cautions(*both, frame, split) for both in zip(built, groups, strict=True))
    lacking: list[Note] = []
    if test_items:
        over_them = [over_items(number, metric, test_items) for number in numbers]
        built = tuple(map(with_over_items, built, numbers, over_them))
        lacking = item_notes(built, over_them)
    overall = None if over is None else over_data_sets(settings, over, across, sign, may, measured.range)
    told = choice_notes(sum(len(group.rows) for group in built), n_left_out, left_out, across.family)
    notes = [*told, *lines, *write_notes(groups, built, column, str(ranking), wanted, overall), *lacking]
    found = Comparison(
        metric=metric,
        split=split,
        at=str(ranking),
        higher_is_better=sign > 0,
        baseline=wanted if any(row.difference for group in built for row in group.rows) else "",
        n_tests=across.family,
        groups=built,
        failed=_failures(None if failed is None else choice.of(failed)),
        notes=tuple(map(str, notes)),
        caveats=tuple(note for note in notes if note.limits),
        target="" if goal is None else str(goal),
        cost="" if prices is None else str(prices),
        cost_unit="" if prices is None else prices.unit,
        details=details,
        overall=overall,
        wins=wins if may else without_wins(wins),
        n_left_out=n_left_out,
        made_with=versions_in(frame),
    )
    return with_highlight(found, [highlight] if isinstance(highlight, str) else highlight)


def _chosen(numbers: Sequence[Numbers]) -> list[int]:
    """Places of the groups that are compared over data sets: those of several rows, one of each data set."""
    several = [at for at, number in enumerate(numbers) if len(number.curves.names) > 1]
    return [several[at] for at in one_each([numbers[at].curves for at in several])[0]]


def _settings(numbers: Sequence[Numbers], named: Sequence[list[Name]]) -> list[Setting]:
    """The groups that are compared over data sets, with their names and titles there."""
    protocols = {number.curves.protocol for number in numbers}
    found = []
    for number, names in zip(numbers, named, strict=True):
        curves = number.curves
        title = place_of(curves) if len(protocols) == 1 else f"{curves.dataset} ({curves.setup or curves.protocol})"
        found.append(Setting(title, names, number.ranked, _compared(number)))
    return found


def _compared(number: Numbers) -> np.ndarray:
    """(R, S) the score that ranks, of rows that are compared and the seeds that they share; NaN of all else."""
    return np.where(number.compared[:, number.place, None], number.within, np.nan)


def _any_pair(wins: Wins | None) -> bool:
    return wins is not None and bool(np.any(wins.matrix))


def _parts(
    numbers: Sequence[Numbers], over: Pooled | None, after: Comparison | None
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """The one family of a comparison: each group's differences to baselines, then those over data sets."""
    told = None if after is None else set(_told(after))
    for number in numbers:
        place = (number.curves.dataset, number.curves.stand_in, number.curves.protocol)
        may = [told is None or (place, name) in told for name in number.curves.names]
        yield number.ranked, number.against, np.array(may), in_both(number.ranked, number.against)
    pairs = over.pairs if over else []
    may = [told is None or ((), name) in told for name, _ in pairs]
    empty = np.empty((0, 0))
    yield (
        over.own if over else empty,
        over.against if over else empty,
        np.array(may, dtype=bool),
        over.seeds if over else np.empty(0),
    )


def _told(comparison: Comparison) -> Iterator[tuple[tuple[str, ...], Name]]:
    """Where, and which row, is told from its baseline; nowhere is over data sets."""
    rows: list[tuple[tuple[str, ...], Row | OverallRow]] = [
        ((group.dataset, group.stand_in, group.protocol), row) for group in comparison.groups for row in group.rows
    ]
    rows += [((), row) for row in (comparison.overall.rows if comparison.overall else ())]
    for place, row in rows:
        if row.difference and row.difference.verdict in ("better", "worse"):
            yield place, (row.backbone, row.method, row.strategy)


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

"""The comparison table: from stored curves to ranked rows with intervals, marks and paired differences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from albench.compare.data import Comparison, Difference, Estimate, Failure, Group, Row, Verdict
from albench.compare.gather import Curves, gather, higher_is_better, score_column
from albench.compare.notes import write_notes
from albench.compare.ranking import Ranking, check_ranking, parse_ranking
from albench.compare.statistics import ALPHA, ROUND_OFF, area, holm, interval, paired
from albench.errors import unknown

DEFAULT_BASELINE = "random"


@dataclass(frozen=True)
class _Numbers:
    """One group's statistics: R rows, S seeds, K columns (its label counts, then AUBC).

    Attributes
    ----------
    mean, half, n
        (R, K) over seeds.
    best
        (R, K) bool.
    p_best
        (K,) best against second, paired by seed; NaN where there is no such test.
    column
        The column that ranks, or None where the group lacks it.
    sign
        1 where higher is better, else -1.
    baseline
        (R,) row of each row's baseline, which may be itself; -1 for none.
    gap, gap_half, pairs, p
        (R,) the row's ranked score minus its baseline's; NaN for a row without another row as its baseline.
    """

    curves: Curves
    mean: np.ndarray
    half: np.ndarray
    n: np.ndarray
    best: np.ndarray
    p_best: np.ndarray
    column: int | None
    sign: float
    baseline: np.ndarray
    gap: np.ndarray
    gap_half: np.ndarray
    pairs: np.ndarray
    p: np.ndarray


def compare(
    frame: pd.DataFrame,
    *,
    metric: str = "macro_f1",
    split: str = "test",
    at: str = "aubc",
    baseline: str | None = None,
    failed: pd.DataFrame | None = None,
) -> Comparison:
    """Compare methods and strategies over seeds.

    Each cell is a mean with its 95 % t-interval. Rows under one data set and protocol are ranked by ``at``; their
    ranked values are compared with the baseline's by a paired t-test over the seeds that both have, corrected over
    all differences of the comparison (Holm 1979). Each column's best is tested against its second in the same way,
    corrected over the groups that have the column: label counts are not corrected for each other.

    Parameters
    ----------
    frame
        One row a round and trial (see ``albench.results.Results``).
    metric, split
        What to compare.
    at
        What ranks: ``final`` (the largest label count), ``aubc`` (area under the budget curve divided by its span),
        ``round:K`` (from 0, the initial labels) or ``labels:N``.
    baseline
        A strategy, taken with each row's own method, or ``method/strategy``; always on the row's own backbone.
        ``random`` where None, if it is there.
    failed
        Trials without complete records: names, ``seed``, ``protocol``, ``reason`` and, where known, ``status``.

    Raises
    ------
    UserError
        Where there is no result, or no such metric, split, ranking or baseline: one line with the nearest that is.
    """
    ranking = parse_ranking(at)
    column = score_column(frame, split, metric)
    groups, lines = gather(frame, [column])
    check_ranking(ranking, groups)
    _check_baseline(baseline, groups)
    sign = 1.0 if higher_is_better(metric) else -1.0
    wanted = baseline or DEFAULT_BASELINE
    numbers = [_numbers(group, group.values[column], ranking, wanted, sign) for group in groups]
    p_holm = _holm_over([number.p for number in numbers])
    p_best = _holm_over([number.p_best for number in numbers], [[*number.curves.n_labeled, 0] for number in numbers])
    built = tuple(_group(*parts) for parts in zip(numbers, p_holm, p_best, strict=True))
    return Comparison(
        metric=metric,
        split=split,
        at=str(ranking),
        higher_is_better=sign > 0,
        baseline=wanted if any(row.difference for group in built for row in group.rows) else "",
        n_tests=int(sum((~np.isnan(number.p)).sum() for number in numbers)),
        groups=built,
        failed=_failures(failed),
        notes=tuple(lines + write_notes(groups, built, column, str(ranking), wanted)),
    )


def _check_baseline(baseline: str | None, groups: list[Curves]) -> None:
    names = {(method, strategy) for group in groups for _, method, strategy in group.names}
    known = {strategy for _, strategy in names} | {f"{method}/{strategy}" for method, strategy in names}
    if baseline is not None and baseline not in known:
        raise unknown("baseline", baseline, known, hint="name a strategy, or METHOD/STRATEGY, that has results.")


def _holm_over(tests: list[np.ndarray], families: list[list[int]] | None = None) -> list[np.ndarray]:
    """Holm's correction over all parts as one family, or as the families that are numbered; in parts again."""
    p = np.concatenate(tests)
    family = np.zeros(len(p), dtype=np.int64) if families is None else np.concatenate(families)
    corrected = np.full(len(p), np.nan)
    for members in (family == name for name in np.unique(family)):
        corrected[members] = holm(p[members])
    return np.split(corrected, np.cumsum([len(part) for part in tests])[:-1])


def _numbers(curves: Curves, values: np.ndarray, ranking: Ranking, baseline: str, sign: float) -> _Numbers:
    scores = np.concatenate([values, area(values, curves.n_labeled)[..., None]], axis=2)
    mean, half, n = interval(scores.swapaxes(1, 2))
    best, p_best = _best(scores, mean, sign)
    column = ranking.column(curves)
    rows = _baseline_rows(curves, baseline)
    ranked = np.full(scores.shape[:2], np.nan) if column is None else scores[..., column]
    others = (rows >= 0) & (rows != np.arange(len(rows)))
    against = np.where(others[:, None], ranked[rows], np.nan)
    return _Numbers(curves, mean, half, n, best, p_best, column, sign, rows, *paired(ranked, against))


def _best(scores: np.ndarray, mean: np.ndarray, sign: float) -> tuple[np.ndarray, np.ndarray]:
    """The best rows of each column, (R, K) bool, and the p-values (K,) of the best against the second.

    Rows of one same mean are all best, and no test tells them apart. A row alone in a column is not called best.
    """
    best = np.zeros(mean.shape, dtype=bool)
    p = np.full(mean.shape[1], np.nan)
    for at in range(mean.shape[1]):
        there = np.flatnonzero(~np.isnan(mean[:, at]))
        if len(there) < 2:
            continue
        order = there[np.argsort(-sign * mean[there, at], kind="stable")]
        first, second = order[:2]
        top = mean[first, at]
        best[order[np.abs(mean[order, at] - top) <= ROUND_OFF * np.abs(top)], at] = True
        if best[second, at]:
            continue
        gap, _, _, p_value = paired(scores[first, :, at], scores[second, :, at])
        # On the seeds that both have, the order can be the other way round: then the best is not shown to be best.
        p[at] = p_value if sign * gap > 0 or np.isnan(p_value) else 1.0
    return best, p


def _baseline_rows(curves: Curves, baseline: str) -> np.ndarray:
    """(R,) position of each row's baseline, -1 for none."""
    position = {name: at for at, name in enumerate(curves.names)}
    pairs = {f"{method}/{strategy}": (method, strategy) for _, method, strategy in curves.names}
    found = []
    for backbone, method, _ in curves.names:
        pair = pairs.get(baseline, (method, baseline))
        found.append(position.get((backbone, *pair), -1))
    return np.array(found)


def _group(number: _Numbers, p_holm: np.ndarray, p_best: np.ndarray) -> Group:
    curves, column = number.curves, number.column
    n_rows = len(curves.names)
    worth = np.full(n_rows, np.nan) if column is None else number.sign * number.mean[:, column]
    order = np.argsort(-worth, kind="stable")  # rows without a value come last
    labels = tuple(int(count) for count in curves.n_labeled)
    return Group(
        dataset=curves.dataset,
        stand_in=curves.stand_in,
        protocol=curves.protocol,
        devices=curves.devices,
        n_labeled=labels,
        ranked=None if column is None or column == len(labels) else labels[column],
        rows=tuple(
            _row(number, row, None if np.isnan(worth[row]) else 1 + int((worth > worth[row]).sum()), p_holm, p_best)
            for row in order.tolist()
        ),
    )


def _row(number: _Numbers, row: int, rank: int | None, p_holm: np.ndarray, p_best: np.ndarray) -> Row:
    curves, column = number.curves, number.column
    difference = _difference(number, row, float(p_holm[row]))
    best = number.best[row]
    clear = best & (p_best < ALPHA)
    if column is not None and difference is not None and difference.verdict in ("~", "worse"):
        clear[column] = False  # what is not told from its baseline is not told from what ranks above the baseline
    columns = zip(number.mean[row], number.half[row], number.n[row], best, clear, strict=True)
    estimates = [Estimate(float(mean), float(half), int(n), bool(b), bool(c)) for mean, half, n, b, c in columns]
    backbone, method, strategy = curves.names[row]
    return Row(
        dataset=curves.dataset,
        protocol=curves.protocol,
        backbone=backbone,
        method=method,
        strategy=strategy,
        rank=rank,
        seeds=tuple(int(seed) for seed in curves.seeds[curves.recorded[row].any(axis=1)]),
        cells=dict(zip(curves.n_labeled.tolist(), estimates[:-1], strict=True)),
        aubc=estimates[-1],
        value=Estimate(float("nan"), float("nan"), 0) if column is None else estimates[column],
        is_baseline=bool(number.baseline[row] == row),
        difference=difference,
    )


def _difference(number: _Numbers, row: int, p_holm: float) -> Difference | None:
    other = int(number.baseline[row])
    if other in (-1, row) or number.column is None:
        return None
    mean, n = float(number.gap[row]), int(number.pairs[row])
    verdict: Verdict
    if n < 2:
        verdict = "too few seeds"
    elif p_holm < ALPHA:
        verdict = "better" if number.sign * mean > 0 else "worse"
    else:
        verdict = "~"
    _, method, strategy = number.curves.names[other]
    half, p = float(number.gap_half[row]), float(number.p[row])
    return Difference(method, strategy, mean, half, n, p, p_holm, verdict)


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

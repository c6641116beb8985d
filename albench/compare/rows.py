"""From one group's arrays and tests to its ranked rows."""

from __future__ import annotations

import numpy as np

from albench.compare.details import Details
from albench.compare.estimates import Difference, Estimate
from albench.compare.numbers import Numbers
from albench.compare.ranges import estimate_within, within
from albench.compare.roundoff import leveled
from albench.compare.significance import Bests, Tested
from albench.compare.statistics import ALPHA
from albench.compare.tables import Group, Row


def group_of(number: Numbers, tested: Tested, bests: Bests, extra: Details) -> Group:
    """The group that one's numbers, its tested differences, its bests and its details make."""
    curves, column = number.curves, number.column
    worth = np.full(len(curves.names), np.nan) if column is None else _worth(number, column)
    cheap = np.full(len(worth), np.nan)
    if extra.cost is not None:
        cheap = leveled(np.where(number.compared[:, number.place], number.sign * extra.cost[0], np.nan))
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
            _row(number, row, tested, bests, extra, _rank(worth, row), _rank(cheap, row)) for row in order.tolist()
        ),
        target=extra.target,
        costs=extra.costs,
        setup=curves.setup,
        budget=curves.budget,
        seeds=tuple(int(seed) for seed in curves.seeds[number.common]),
    )


def _worth(number: Numbers, column: int) -> np.ndarray:
    """(R,) what ranks; NaN of rows that are not compared."""
    return leveled(np.where(number.compared[:, column], number.sign * number.mean[:, column], np.nan))


def _rank(worth: np.ndarray, row: int) -> int | None:
    return None if np.isnan(worth[row]) else 1 + int((worth > worth[row]).sum())


def _row(
    number: Numbers, row: int, tested: Tested, bests: Bests, extra: Details, rank: int | None, cost_rank: int | None
) -> Row:
    curves, column = number.curves, number.column
    difference = _difference(number, row, tested)
    best = bests.best[row]
    clear = best & (bests.p < ALPHA)
    if column is not None and difference is not None and difference.verdict in ("~", "worse"):
        clear[column] = False  # what is not told from its baseline is not told from what ranks above the baseline
    columns = zip(number.mean[row], number.half[row], number.n[row], best, clear, strict=True)
    estimates = [estimate_within(mean, half, n, number.limits, bool(b), bool(c)) for mean, half, n, b, c in columns]
    backbone, method, strategy = curves.names[row]
    spread, reach, saved, seconds, cost = extra.of_row(row)
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
        spread=spread,
        reach=reach,
        saved=saved,
        seconds=seconds,
        cost_adjusted=cost,
        cost_rank=cost_rank,
    )


def _difference(number: Numbers, row: int, tested: Tested) -> Difference | None:
    other = int(number.baseline[row])
    if other in (-1, row) or number.column is None:
        return None
    _, method, strategy = number.curves.names[other]
    return within(tested.difference(row, method, strategy, number.sign), number.limits)

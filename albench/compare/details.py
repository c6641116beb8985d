"""What a row shows beside its means: spread, labels to a target, labels saved, seconds, quality at equal cost."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import pandas as pd

from albench.compare.blocks import CurveBlock
from albench.compare.choose import usual_baseline
from albench.compare.cost import area_at_equal_cost, spent_seconds
from albench.compare.estimates import Estimate, Reach, Seconds, Spread
from albench.compare.labels import Saving, savings
from albench.compare.numbers import Numbers
from albench.compare.question import Question
from albench.compare.resample import DRAWS, LEAST_SEEDS, around, interquartile_mean
from albench.compare.statistics import deviation, interval
from albench.errors import UserError

TRAIN, QUERY = "seconds.train", "seconds.query"


@dataclass(frozen=True)
class Details:
    """One group's details; arrays are (R,).

    Attributes
    ----------
    spread
        (4, R) standard deviation, interquartile mean and its limits.
    saving
        Labels needed and saved.
    target
        The metric's value to reach; NaN without one.
    seconds
        (2, R) training and queries of a whole trial; NaN where they are not recorded.
    cost
        (3, R) mean, half width and number of the area over cost, or None without prices.
    costs
        Lowest and highest cost in common.
    """

    spread: np.ndarray
    saving: Saving
    target: float
    seconds: np.ndarray
    cost: np.ndarray | None
    costs: tuple[float, float]

    def of_row(self, row: int) -> tuple[Spread, Reach | None, Reach | None, Seconds | None, Estimate | None]:
        """Spread, labels to the target, labels saved, seconds, and quality at equal cost of one row."""
        s = self.saving
        needed = Reach(float(s.needed[row]), float(s.needed_low[row]), float(s.needed_high[row]))
        saved = Reach(*(float(part[row]) for part in (s.saved, s.saved_low, s.saved_high, s.at_least)))
        train, query = map(float, self.seconds[:, row])
        cost = None
        if self.cost is not None:
            mean, half, n = self.cost[:, row]
            cost = Estimate(float(mean), float(half), int(n))
        return (
            Spread(*map(float, self.spread[:, row])),
            None if np.isnan(self.target) else needed,
            None if np.isnan(saved.labels) else saved,
            None if np.isnan(train) else Seconds(train, query),
            cost,
        )


def group_details(number: Numbers, question: Question, target: float) -> Details:
    """All details of one group: over the seeds that its means are over, labels saved over those of a row's pairs.

    Parameters
    ----------
    target
        The metric's value to reach; NaN without one.
    """
    curves, shown, cost = number.curves, number.shown[..., number.place], question.prices
    values = curves.values[question.column]
    goal = None if np.isnan(target) else target
    seconds = np.array([_total(curves.values.get(name), curves.recorded) for name in (TRAIN, QUERY)])
    area, costs = None, (float("nan"), float("nan"))
    if cost is not None:
        spent = cost.of(curves.n_labeled, spent_seconds(curves.values[TRAIN], curves.values[QUERY]))
        areas, *costs_found = area_at_equal_cost(values, spent)
        area, costs = np.array(interval(np.where(shown, areas, np.nan))), (costs_found[0], costs_found[1])
    saving = savings(values, curves.n_labeled, number.baseline, goal, number.sign, shown)
    return Details(_spread(number.within), saving, target, seconds, area, costs)


def _total(seconds: np.ndarray | None, recorded: np.ndarray) -> np.ndarray:
    """(R,) mean over seeds of a whole trial's seconds; trials with missing rounds are left out."""
    if seconds is None:
        return np.full(len(recorded), np.nan)
    whole = recorded.all(axis=2)
    total = np.where(whole, np.where(recorded, seconds, 0).sum(axis=2), 0).sum(axis=1)
    n = whole.sum(axis=1)
    return np.asarray(total / np.where(n > 0, n, np.nan))


def _spread(ranked: np.ndarray) -> np.ndarray:
    """(4, R): standard deviation, interquartile mean, its 95 % bootstrap limits."""
    std = deviation(ranked)
    low, high = np.full((2, len(ranked)), np.nan)
    there = ~np.isnan(ranked)
    counts = there.sum(axis=1)
    for n in np.unique(counts[counts >= LEAST_SEEDS]).tolist():
        rows = np.flatnonzero(counts == n)
        values = np.stack([ranked[row, there[row]] for row in rows])
        many = interquartile_mean(values[:, _picks(n)]).T
        low[rows], high[rows] = around(interquartile_mean(values), many, many, n)
    return np.stack([std, interquartile_mean(ranked), low, high])


@functools.lru_cache(maxsize=8)
def _picks(n_seeds: int) -> np.ndarray:
    """(DRAWS, n_seeds) int64: the seeds of each resample."""
    picks = np.random.Generator(np.random.PCG64(n_seeds)).integers(n_seeds, size=(DRAWS, n_seeds))
    picks.flags.writeable = False
    return picks


def target_values(question: Question, frame: pd.DataFrame, groups: list[CurveBlock]) -> list[float]:
    """What a target means in each group; NaN without one.

    A share of full is that of the best mean over seeds of any row that was trained on the labels of the whole pool, on
    the same data set under whichever protocol; NaN where the data set has none.

    Raises
    ------
    UserError
        Where no data set has such a row.
    """
    target = question.goal
    if target is None:
        return [float("nan")] * len(groups)
    if not target.share_of_full:
        return [target.value] * len(groups)
    if question.sign < 0:
        raise UserError(f"target {target}: a share of full needs a metric of which higher is better; give a value.")
    pool = frame.get("pool_size")
    full = frame.iloc[:0] if pool is None else frame[frame["n_labeled"] == pool]
    if full.empty:
        named = f"-d {groups[0].dataset} -m {usual_baseline(frame, 'method')} -s {usual_baseline(frame)}"
        raise UserError(
            f"target {target}: no trial has the labels of the whole pool; run the same command again with --full, or "
            f"one alone: albench run {named} --initial 100% --rounds 1"
        )
    means = full.groupby(["dataset", "protocol", "backbone", "method", "strategy"])[question.column].mean()
    best = means.groupby("dataset").max()
    return [float(best.get(group.dataset, float("nan"))) * target.share_of_full for group in groups]

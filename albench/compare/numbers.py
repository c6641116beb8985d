"""One group's scores as arrays: means, intervals, what ranks, and the paired difference of each row to its baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from albench.compare.blocks import CurveBlock, RowName
from albench.compare.common import in_common
from albench.compare.question import Question
from albench.compare.statistics import area, interval


@dataclass(frozen=True)
class Numbers:
    """One group's statistics: R rows, S seeds, K columns (its label counts, then AUBC).

    Attributes
    ----------
    mean, half, n
        (R, K) over the seeds that are ``shown``.
    scores
        (R, S, K) every seed's.
    shown
        (R, S, K) bool: the seeds that a row's mean is over. Of a row that is compared those that all such rows have; of
        another one its own.
    compared
        (R, K) bool: rows that a column ranks and marks.
    limits
        Lowest and highest value that the metric can have.
    column
        The column that ranks, or None where the group lacks it.
    sign
        1 where higher is better, else -1.
    baseline
        (R,) row of each row's baseline, which may be itself; -1 for none.
    ranked
        (R, S) the score that ranks; NaN where the group lacks it.
    against
        (R, S) the baseline's; NaN for a row without another row as its baseline.
    """

    curves: CurveBlock
    mean: np.ndarray
    half: np.ndarray
    n: np.ndarray
    scores: np.ndarray
    shown: np.ndarray
    compared: np.ndarray
    limits: tuple[float, float]
    column: int | None
    sign: float
    baseline: np.ndarray
    ranked: np.ndarray
    against: np.ndarray

    @property
    def place(self) -> int:
        """The column that ranks, else the last label count."""
        return self.scores.shape[2] - 2 if self.column is None else self.column

    @property
    def common(self) -> np.ndarray:
        """(S,) bool: the seeds over which rows are compared, where rows are ranked."""
        return np.asarray(self.shown[self.compared[:, self.place], :, self.place].any(axis=0))

    @property
    def within(self) -> np.ndarray:
        """(R, S) the score that ranks, of the seeds that are shown; NaN of the others."""
        return np.where(self.shown[..., self.place], self.ranked, np.nan)


def numbers_of(curves: CurveBlock, question: Question, baseline: str) -> Numbers:
    """The statistics of one group; ``baseline`` is a strategy, or ``method/strategy``."""
    values = curves.values[question.column]
    scores = np.concatenate([values, area(values, curves.n_labeled)[..., None]], axis=2)
    rows = _baseline_rows(curves, baseline)
    shown, compared = _shared(~np.isnan(scores), np.isin(np.arange(len(rows)), rows))
    mean, half, n = interval(np.where(shown, scores, np.nan).swapaxes(1, 2))
    column = question.ranking.column(curves)
    ranked = np.full(scores.shape[:2], np.nan) if column is None else scores[..., column]
    others = (rows >= 0) & (rows != np.arange(len(rows)))
    against = np.where(others[:, None], ranked[rows], np.nan)
    metric = question.limits, column, question.sign
    return Numbers(curves, mean, half, n, scores, shown, compared, *metric, rows, ranked, against)


def _shared(there: np.ndarray, baseline: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(R, S, K) what is there -> what is shown, and (R, K) which rows are compared."""
    shown, compared = there.copy(), np.zeros(there[:, 0].shape, dtype=bool)
    for at in range(there.shape[2]):
        rows, seeds = in_common(there[..., at], baseline)
        shown[rows, :, at] = seeds
        compared[:, at] = rows
    return shown, compared


def _baseline_rows(curves: CurveBlock, baseline: str) -> np.ndarray:
    """(R,) position of each row's baseline, -1 for none."""
    position = {name: at for at, name in enumerate(curves.names)}
    pairs = {f"{method}/{strategy}": (method, strategy) for _, method, strategy in curves.names}
    rows = []
    for backbone, method, _ in curves.names:
        pair = pairs.get(baseline, (method, baseline))
        rows.append(position.get((backbone, *pair), -1))
    return np.array(rows)


def baseline_names(numbers: Sequence[Numbers], named: Sequence[list[RowName]]) -> dict[RowName, RowName]:
    """Row -> its baseline, where some group has both."""
    return {
        name: names[at]
        for number, names in zip(numbers, named, strict=True)
        for name, at in zip(names, number.baseline, strict=True)
        if at >= 0
    }

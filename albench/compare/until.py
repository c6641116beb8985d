"""Whether a comparison is decided: what of it is open still, for whoever adds seeds until nothing is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from albench.compare.beside import parted
from albench.compare.comparison import Comparison
from albench.compare.gather import gather
from albench.compare.looks import looked
from albench.compare.numbers import Numbers, numbers_of
from albench.compare.overall import beaten
from albench.compare.protocols import place_of
from albench.compare.question import Question
from albench.compare.roundoff import leveled
from albench.compare.statistics import ALPHA
from albench.compare.titles import row_names


def open_differences(comparison: Comparison, least: float) -> list[str]:
    """Rows whose difference from the baseline is not decided, with their data set where there are several.

    One is decided where the corrected test tells it, or where its interval shows that it is smaller than ``least``,
    either way. Both rest on the same intervals, which hold together.

    Parameters
    ----------
    least
        The smallest difference that matters, in the metric's unit.
    """
    level = ALPHA * comparison.share / max(comparison.n_tests, 1)
    several = len(comparison.groups) > 1
    open_ = []
    for group in comparison.groups:
        for name, row in zip(row_names(group.rows), group.rows, strict=True):
            gap = row.difference
            if gap is None or gap.verdict in ("better", "worse"):
                continue
            if gap.verdict == "too few seeds" or not is_below(gap.low, gap.high, gap.n, least, level):
                open_.append(f"{name} on {group.place}" if several else name)
    return open_


def is_below(low: float, high: float, n: int, least: float, level: float) -> bool:
    """Whether the interval of a difference shows that it is smaller than ``least``, either way.

    Parameters
    ----------
    n
        Seeds of the difference.
    level
        Of a single test, after correction: differences that are all one number have no spread to go by, so that as many
        alike have to be unlikely by themselves.
    """
    return -least < low <= high < least and (low < high or 2.0 ** (1 - n) < level)


def open_ranks(frame: pd.DataFrame, question: Question) -> list[str]:
    """Rows that are not told from the first of their table, with their data set where there are several.

    Which row is first is seen only in the data, so all pairs of all tables are one family of Holm's correction.

    Parameters
    ----------
    frame
        See ``albench.results.results.Results``.
    """
    frame = parted(frame).ranked
    baseline = question.choice.baseline_in(frame)
    question = question.at_share(looked(frame).share)
    numbers = [numbers_of(curves, question, baseline) for curves in gather(frame, [question.column])[0]]
    open_ = []
    for number, beats in zip(numbers, beaten([number.ranked for number in numbers], question), strict=True):
        where = f" on {place_of(number.curves)}" if len(numbers) > 1 else ""
        open_ += [f"{name}{where}" for name in _beside_first(number, beats)]
    return open_


def _beside_first(number: Numbers, beats: np.ndarray) -> Iterator[str]:
    """The rows that are not told from the one with the best mean."""
    worth = leveled(np.where(number.compared[:, number.place], number.sign * number.mean[:, number.place], -np.inf))
    first = int(np.argmax(worth))
    for at, (backbone, method, strategy) in enumerate(number.curves.names):
        if at != first and np.isfinite(number.mean[at, number.place]) and not beats[first, at]:
            several = len({name[0] for name in number.curves.names}) > 1
            yield f"{method} + {strategy}" + (f" on {backbone}" if several else "")

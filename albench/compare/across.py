"""Groups side by side: which of them stand for their data sets, and which rows all of these have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from albench.compare.blocks import RowName
from albench.compare.common import in_both
from albench.compare.numbers import Numbers, baseline_names
from albench.compare.protocols import one_each, place_of


@dataclass(frozen=True)
class GroupScores:
    """One group as it is compared with others.

    Attributes
    ----------
    title
        The data set and protocol.
    names
        R tuples of backbone, method and strategy; the backbone is empty where every group has one of its own.
    ranked
        (R, S) the score that ranks.
    compared
        (R, S) the same of rows that are compared and the seeds that these share; NaN of all else.
    """

    title: str
    names: list[RowName]
    ranked: np.ndarray
    compared: np.ndarray


def common_names(groups: Sequence[list[RowName]]) -> list[list[RowName]]:
    """Names by which rows of several groups are told to be the same.

    Where each group has one backbone, it belongs to the data set and not to the row: a method on vectors runs on a
    perceptron, on images on a convolutional network.
    """
    if all(len({backbone for backbone, _, _ in names}) == 1 for names in groups):
        return [[("", method, strategy) for _, method, strategy in names] for names in groups]
    return [list(names) for names in groups]


@dataclass(frozen=True)
class Pooled:
    """Rows that every data set has, and their differences to their baselines before any test.

    Attributes
    ----------
    names
        The rows.
    pairs
        K of them, each with its baseline.
    own, against
        (K, S) their scores and their baselines', seeds of all data sets in a row.
    seeds
        (K,) the most seeds that a pair has on one data set: pairs of many data sets are not many seeds.
    """

    names: list[RowName]
    pairs: list[tuple[RowName, RowName]]
    own: np.ndarray
    against: np.ndarray
    seeds: np.ndarray


def pooled(settings: Sequence[GroupScores], baseline: dict[RowName, RowName]) -> Pooled | None:
    """What can be compared over data sets; None with fewer than two data sets or rows.

    Parameters
    ----------
    settings
        The groups, one of each data set.
    baseline
        Row -> the row that it is compared with.
    """
    scored = [
        {name for name, row in zip(s.names, s.compared, strict=True) if not np.isnan(row).all()} for s in settings
    ]
    common = sorted(set.intersection(*scored)) if len(settings) > 1 else []
    if len(common) < 2:
        return None
    pairs = [(name, baseline[name]) for name in common if baseline.get(name, name) != name and baseline[name] in common]
    places = [{name: at for at, name in enumerate(setting.names)} for setting in settings]

    if not pairs:
        none = np.empty((0, 0))
        return Pooled(common, pairs, none, none, np.empty(0))
    own, against = (
        [s.compared[[place[pair[side]] for pair in pairs]] for s, place in zip(settings, places, strict=True)]
        for side in (0, 1)
    )
    seeds = np.max([in_both(*scores) for scores in zip(own, against, strict=True)], axis=0)
    return Pooled(common, pairs, np.concatenate(own, axis=1), np.concatenate(against, axis=1), seeds)


@dataclass(frozen=True)
class Across:
    """What is compared over data sets.

    Attributes
    ----------
    places
        Of the groups, at most one of each data set.
    settings
        These groups, in the same order.
    rows
        What all of them have; None with fewer than two data sets or rows.
    """

    places: list[int]
    settings: list[GroupScores]
    rows: Pooled | None


def across_of(numbers: Sequence[Numbers]) -> Across:
    """The groups of several rows, one of each data set, and the rows that all of them have."""
    named = common_names([number.curves.names for number in numbers])
    several = [at for at, number in enumerate(numbers) if len(number.curves.names) > 1]
    places = [several[at] for at in one_each([numbers[at].curves for at in several])[0]]
    settings = _settings([numbers[at] for at in places], [named[at] for at in places])
    return Across(places, settings, pooled(settings, baseline_names(numbers, named)))


def pooled_at(numbers: Sequence[Numbers], places: Sequence[int]) -> Pooled | None:
    """What can be compared over the groups at these places, of all that there are; None where there is nothing."""
    named = common_names([number.curves.names for number in numbers])
    settings = _settings([numbers[at] for at in places], [named[at] for at in places])
    return pooled(settings, baseline_names(numbers, named))


def _settings(numbers: Sequence[Numbers], named: Sequence[list[RowName]]) -> list[GroupScores]:
    """The groups that are compared over data sets, with their names and titles there."""
    protocols = {number.curves.protocol for number in numbers}
    settings = []
    for number, names in zip(numbers, named, strict=True):
        curves = number.curves
        title = place_of(curves) if len(protocols) == 1 else f"{curves.dataset} ({curves.setup or curves.protocol})"
        settings.append(GroupScores(title, names, number.ranked, _compared(number)))
    return settings


def _compared(number: Numbers) -> np.ndarray:
    """(R, S) the score that ranks, of rows that are compared and the seeds that they share; NaN of all else."""
    return np.where(number.compared[:, number.place, None], number.within, np.nan)

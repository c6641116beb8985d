"""Groups side by side: which of them stand for their data sets, and which rows all of these have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from albench.compare.blocks import RowName
from albench.compare.common import in_both
from albench.compare.numbers import Numbers, baseline_names
from albench.compare.protocols import joint_name, one_each, place_of


@dataclass(frozen=True)
class SetScores:
    """One data set as it is compared with others: its group, or the mean of the groups that read it in several ways.

    Attributes
    ----------
    places, rows
        Of its groups; and for each the places of its rows in ``names``.
    title
        The data set and protocol.
    names
        R tuples of backbone, method and strategy; the backbone is empty where every group has one of its own.
    ranked
        (R, S) the score that ranks; NaN where one of its groups has none.
    compared
        (R, S) the same of rows that are compared and the seeds that these share; NaN of all else.
    """

    places: tuple[int, ...]
    rows: list[list[int]]
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


def pooled(settings: Sequence[SetScores], baseline: dict[RowName, RowName]) -> Pooled | None:
    """What can be compared over data sets; None with fewer than two data sets or rows.

    Parameters
    ----------
    settings
        One of each data set.
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
    settings
        The data sets.
    rows
        What all of them have; None with fewer than two data sets or rows.
    """

    settings: list[SetScores]
    rows: Pooled | None


def across_of(numbers: Sequence[Numbers]) -> Across:
    """The data sets of which groups have several rows, and the rows that all of them have."""
    several = [at for at, number in enumerate(numbers) if len(number.curves.names) > 1]
    chosen, _ = one_each([numbers[at].curves for at in several])
    return across_sets(numbers, [[several[at] for at in places] for places in chosen])


def across_sets(numbers: Sequence[Numbers], sets: Sequence[Sequence[int]]) -> Across:
    """The same of data sets whose groups are at these places, of all that there are."""
    named = common_names([number.curves.names for number in numbers])
    protocols = {numbers[at].curves.protocol for places in sets for at in places}
    settings = []
    for places in sets:
        titles = [
            place_of(curves) if len(protocols) == 1 else f"{curves.dataset} ({curves.setup or curves.protocol})"
            for curves in (numbers[at].curves for at in places)
        ]
        names = list(dict.fromkeys(name for at in places for name in named[at]))
        rows = [[names.index(name) for name in named[at]] for at in places]
        groups = [numbers[at] for at in places]
        ranked = _mean(groups, rows, [number.ranked for number in groups], len(names))
        compared = _mean(groups, rows, [_compared(number) for number in groups], len(names))
        settings.append(SetScores(tuple(places), rows, joint_name(titles), names, ranked, compared))
    return Across(settings, pooled(settings, baseline_names(numbers, named)))


def _mean(
    groups: Sequence[Numbers], rows: Sequence[Sequence[int]], values: Sequence[np.ndarray], n_rows: int
) -> np.ndarray:
    """(R, S) the mean of each group's values, which stand in these rows; over all seeds, NaN where a group has none."""
    seeds = np.unique(np.concatenate([number.curves.seeds for number in groups]))
    found = np.full((len(groups), n_rows, len(seeds)), np.nan)
    for one, number, own, scores in zip(found, groups, rows, values, strict=True):
        one[np.ix_(np.array(own), np.searchsorted(seeds, number.curves.seeds))] = scores
    return np.asarray(found.mean(axis=0))


def _compared(number: Numbers) -> np.ndarray:
    """(R, S) the score that ranks, of rows that are compared and the seeds that they share; NaN of all else."""
    return np.where(number.compared[:, number.place, None], number.within, np.nan)

"""Over several data sets: mean ranks with a critical difference, interquartile means, pairwise wins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from albench.compare.across import Across, SetScores
from albench.compare.blocks import RowName
from albench.compare.common import LEAST_COMPARED
from albench.compare.estimates import Chance, Difference
from albench.compare.looks import as_many, times
from albench.compare.pairs import p_values
from albench.compare.question import Question
from albench.compare.ranges import within
from albench.compare.ranks import friedman_p, studentized_range
from albench.compare.resample import improvement, stratified_iqm
from albench.compare.roundoff import leveled
from albench.compare.significance import Tested
from albench.compare.statistics import ALPHA, holm, paired
from albench.compare.tables import Overall, OverallRow, Wins


def over_data_sets(across: Across, tested: Tested, question: Question, may: bool) -> Overall | None:
    """Rows that every data set has, compared over all of them; None where there are no two such rows or data sets.

    Mean ranks, Friedman's test and Nemenyi's critical difference are those of Demšar (2006), "Statistical Comparisons
    of Classifiers over Multiple Data Sets", JMLR 7, section 3.2.

    Parameters
    ----------
    tested
        The tests of ``across.rows.pairs``, corrected.
    may
        Whether anything of the comparison is told. Where nothing is, mean ranks tell no rows apart either, nor where
        Friedman's test tells nothing.
    """
    if across.rows is None:
        return None
    settings, rows, sign = across.settings, across.rows, question.sign
    scored = [{name: row[~np.isnan(row)] for name, row in zip(s.names, s.compared, strict=True)} for s in settings]
    common = rows.names
    means = leveled(np.array([[sign * part[name].mean() for name in common] for part in scored]))
    ranks = mean_ranks(means)
    distance = critical_difference(len(common), len(settings), question.share)
    chance = friedman(means)
    order = sorted(range(len(common)), key=lambda at: (ranks[at], common[at]))
    differences = {
        name: (within(tested.difference(at, method, strategy, sign), question.limits), (name, other))
        for at, (name, other) in enumerate(rows.pairs)
        for _, method, strategy in [other]
    }
    every = {name for setting in settings for name in setting.names}
    apart = may and not chance >= ALPHA * question.share
    return Overall(
        settings=tuple(setting.title for setting in settings),
        rows=tuple(_row(common[at], float(ranks[at]), scored, differences.get(common[at]), sign) for at in order),
        friedman_p=chance,
        critical_difference=distance,
        indistinguishable=cliques([float(ranks[at]) for at in order], distance if apart else float("inf")),
        left_out=tuple("/".join(name[1:]) for name in sorted(every) if name not in common),
    )


def _row(
    name: RowName,
    rank: float,
    scored: list[dict[RowName, np.ndarray]],
    against: tuple[Difference, tuple[RowName, RowName]] | None,
    sign: float,
) -> OverallRow:
    own = [part[name] for part in scored]
    chance = None
    if against is not None:
        theirs = [part[against[1][1]] for part in scored]
        chance = Chance(*improvement([sign * x for x in own], [sign * y for y in theirs]))
    backbone, method, strategy = name
    iqm = stratified_iqm(own)
    n = sum(map(len, own))
    return OverallRow(backbone, method, strategy, rank, *iqm, n, chance, against[0] if against else None)


def mean_ranks(scores: np.ndarray) -> np.ndarray:
    """(D, K) scores, larger is better -> (K,) mean ranks over data sets, 1 the best; ties share their mean rank.

    What is equal up to round-off is a tie (``albench.compare.roundoff.leveled``).
    """
    scores = leveled(scores)
    better = (scores[:, None, :] > scores[:, :, None]).sum(axis=2)
    equal = (scores[:, None, :] == scores[:, :, None]).sum(axis=2)
    return np.asarray((better + (equal + 1) / 2).mean(axis=0))


def friedman(scores: np.ndarray) -> float:
    """p-value of Friedman's test that all of K rows are alike over D data sets; NaN with fewer than three rows."""
    if scores.shape[1] < 3 or (scores == scores[:, :1]).all():
        return float("nan")
    return friedman_p(leveled(scores))


def critical_difference(n_rows: int, n_datasets: int, share: float = 1.0) -> float:
    """Nemenyi's critical difference of mean ranks at the 5 % level, or at a share of it."""
    return float(
        studentized_range(ALPHA * share, n_rows) / np.sqrt(2) * np.sqrt(n_rows * (n_rows + 1) / (6 * n_datasets))
    )


def cliques(ranks: Sequence[float], distance: float) -> tuple[tuple[int, int], ...]:
    """First and last position of each largest run of ascending mean ranks that lie within the critical difference."""
    runs: list[tuple[int, int]] = []
    for first in range(len(ranks)):
        last = max(at for at in range(first, len(ranks)) if ranks[at] - ranks[first] <= distance)
        if last > first and (not runs or last > runs[-1][1]):
            runs.append((first, last))
    return tuple(runs)


def beaten(
    scores: Sequence[np.ndarray], question: Question, told: Sequence[np.ndarray] | None = None
) -> list[np.ndarray]:
    """Which rows beat which by the value that ranks, in each of several settings.

    All pairs of all settings are one family: a win is what stands after Holm's correction. (Ash et al. 2020, arXiv
    1906.03671, count label counts at which an uncorrected t-test has p < 0.05: of 55 pairs of rows that are all the
    same, some then always win.)

    Parameters
    ----------
    scores
        (R, S) of each setting.
    told
        (R,) of each setting: which rows are told from their baselines. A pair is told only where one of the two is: two
        families of 5 % would else both be wrong about rows that do not differ. None where there is no baseline.

    Returns
    -------
    (R, R) bool of each setting: whether the first row beats the second.
    """
    sides = [np.triu_indices(len(values), 1) for values in scores]
    pairs = [(values[first], values[second]) for values, (first, second) in zip(scores, sides, strict=True)]
    if not pairs:
        return []
    means, _, counts, _ = zip(*(paired(*part) for part in pairs), strict=True)
    family = int(sum((n >= LEAST_COMPARED).sum() for n in counts))
    p = [p_values(*part, question.test, as_many(family, question.share), question.skewed)[0] for part in pairs]
    told_apart = holm(times(np.concatenate(p), question.share)) < ALPHA
    stand = np.split(told_apart, np.cumsum([len(part) for part in p])[:-1])
    if told is not None:
        stand = [won & (of[a] | of[b]) for won, of, (a, b) in zip(stand, told, sides, strict=True)]
    found = []
    for values, (first, second), mean, won in zip(scores, sides, means, stand, strict=True):
        better = question.sign * mean > 0
        beats = np.zeros((len(values), len(values)), dtype=bool)
        beats[np.where(better, first, second)[won], np.where(better, second, first)[won]] = True
        found.append(beats)
    return found


def pairwise_wins(settings: Sequence[SetScores], beats: Sequence[np.ndarray]) -> Wins | None:
    """In how many settings each row beats each other one (see ``beaten``)."""
    names = sorted({name for setting in settings for name in setting.names})
    if len(names) < 2 or not settings:
        return None
    place = {name: at for at, name in enumerate(names)}
    total = np.zeros((len(names), len(names)))
    for setting, won in zip(settings, beats, strict=True):
        at = [place[name] for name in setting.names]
        total[np.ix_(at, at)] += won
    return Wins(tuple(names), tuple(tuple(map(float, row)) for row in total), len(settings))

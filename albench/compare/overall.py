"""Over several data sets: mean ranks with a critical difference, interquartile means, pairwise wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from albench.compare.data import Chance, Difference, Overall, OverallRow, Verdict, Wins
from albench.compare.pairs import effect_size, p_values
from albench.compare.resample import improvement, stratified_iqm
from albench.compare.statistics import ALPHA, holm, paired

Name = tuple[str, str, str]


@dataclass(frozen=True)
class Setting:
    """One group as it is compared with others.

    Attributes
    ----------
    title
        The data set and protocol.
    names
        R tuples of backbone, method and strategy; the backbone is empty where every group has one of its own.
    ranked
        (R, S) the score that ranks.
    values
        (R, S, L) the metric at each label count.
    """

    title: str
    names: list[Name]
    ranked: np.ndarray
    values: np.ndarray


def common_names(groups: Sequence[list[Name]]) -> list[list[Name]]:
    """Names by which rows of several groups are told to be the same.

    Where each group has one backbone, it belongs to the data set and not to the row: a method on vectors runs on a
    perceptron, on images on a convolutional network.
    """
    if all(len({backbone for backbone, _, _ in names}) == 1 for names in groups):
        return [[("", method, strategy) for _, method, strategy in names] for names in groups]
    return [list(names) for names in groups]


def over_data_sets(
    settings: Sequence[Setting], baseline: dict[Name, Name], sign: float, test: str = "auto"
) -> Overall | None:
    """Rows that every data set has, compared over all of them; None with fewer than two data sets or rows.

    Mean ranks, Friedman's test and Nemenyi's critical difference are those of Demšar (2006), "Statistical Comparisons
    of Classifiers over Multiple Data Sets", JMLR 7, section 3.2.

    Parameters
    ----------
    settings
        The groups, one of each data set.
    baseline
        Row -> the row that it is compared with.
    """
    if len(settings) < 2:
        return None
    scored = [{name: row[~np.isnan(row)] for name, row in zip(s.names, s.ranked, strict=True)} for s in settings]
    every = sorted({name for part in scored for name in part})
    common = [name for name in every if all(len(part.get(name, ())) for part in scored)]
    left_out = tuple("/".join(name[1:]) for name in every if name not in common)
    if len(common) < 2:
        return None
    means = np.array([[part[name].mean() for name in common] for part in scored])
    ranks = mean_ranks(sign * means)
    distance = critical_difference(len(common), len(settings))
    order = sorted(range(len(common)), key=lambda at: (ranks[at], common[at]))
    differences = _differences(settings, common, baseline, sign, test)
    rows = tuple(_row(common[at], float(ranks[at]), scored, baseline, differences[common[at]], sign) for at in order)
    return Overall(
        settings=tuple(setting.title for setting in settings),
        rows=rows,
        friedman_p=friedman(sign * means),
        critical_difference=distance,
        indistinguishable=cliques([row.mean_rank for row in rows], distance),
        left_out=left_out,
    )


def _row(
    name: Name,
    rank: float,
    scored: list[dict[Name, np.ndarray]],
    baseline: dict[Name, Name],
    difference: Difference | None,
    sign: float,
) -> OverallRow:
    own = [part[name] for part in scored]
    chance = None
    if difference is not None:
        theirs = [part[baseline[name]] for part in scored]
        chance = Chance(*improvement([sign * x for x in own], [sign * y for y in theirs]))
    backbone, method, strategy = name
    iqm = stratified_iqm(own)
    return OverallRow(backbone, method, strategy, rank, *iqm, sum(map(len, own)), chance, difference)


def _differences(
    settings: Sequence[Setting], common: list[Name], baseline: dict[Name, Name], sign: float, test: str
) -> dict[Name, Difference | None]:
    """Row -> its difference to the baseline, paired by seed and data set; None without another row as its baseline."""
    found: dict[Name, Difference | None] = dict.fromkeys(common)
    pairs = [(name, baseline[name]) for name in common if baseline.get(name, name) != name and baseline[name] in common]
    if not pairs:
        return found
    places = [{name: at for at, name in enumerate(setting.names)} for setting in settings]

    def scores(side: int) -> np.ndarray:
        parts = zip(settings, places, strict=True)
        return np.concatenate([s.ranked[[place[pair[side]] for pair in pairs]] for s, place in parts], axis=1)

    own, theirs = scores(0), scores(1)
    mean, half, n, _ = paired(own, theirs)
    p, tests = p_values(own, theirs, test, len(pairs))
    corrected, effect = holm(p), effect_size(own, theirs)
    for at, (name, (_, method, strategy)) in enumerate(pairs):
        verdict: Verdict = "~"
        if n[at] < 2:
            verdict = "too few seeds"
        elif corrected[at] < ALPHA:
            verdict = "better" if sign * mean[at] > 0 else "worse"
        found[name] = Difference(
            method,
            strategy,
            float(mean[at]),
            float(half[at]),
            int(n[at]),
            float(p[at]),
            float(corrected[at]),
            verdict,
            test=tests[at] or "",
            effect=float(effect[at]),
        )
    return found


def mean_ranks(scores: np.ndarray) -> np.ndarray:
    """(D, K) scores, larger is better -> (K,) mean ranks over data sets, 1 the best; ties share their mean rank."""
    better = (scores[:, None, :] > scores[:, :, None]).sum(axis=2)
    equal = (scores[:, None, :] == scores[:, :, None]).sum(axis=2)
    return np.asarray((better + (equal + 1) / 2).mean(axis=0))


def friedman(scores: np.ndarray) -> float:
    """p-value of Friedman's test that all of K rows are alike over D data sets; NaN with fewer than three rows."""
    if scores.shape[1] < 3 or (scores == scores[:, :1]).all():
        return float("nan")
    from scipy.stats import friedmanchisquare

    return float(friedmanchisquare(*scores.T).pvalue)


def critical_difference(n_rows: int, n_datasets: int) -> float:
    """Nemenyi's critical difference of mean ranks at the 5 % level."""
    from scipy.stats import studentized_range

    quantile = studentized_range.ppf(1 - ALPHA, n_rows, np.inf) / np.sqrt(2)
    return float(quantile * np.sqrt(n_rows * (n_rows + 1) / (6 * n_datasets)))


def cliques(ranks: Sequence[float], distance: float) -> tuple[tuple[int, int], ...]:
    """First and last position of each largest run of ascending mean ranks that lie within the critical difference."""
    found: list[tuple[int, int]] = []
    for first in range(len(ranks)):
        last = max(at for at in range(first, len(ranks)) if ranks[at] - ranks[first] <= distance)
        if last > first and (not found or last > found[-1][1]):
            found.append((first, last))
    return tuple(found)


def pairwise_wins(settings: Sequence[Setting], sign: float) -> Wins | None:
    """How often each row beats each other one, as in Ash et al. (2020), arXiv 1906.03671, section 4.

    In each setting and at each label count one row beats another where a two-sided paired t-test over seeds has
    p < 0.05, without a correction. A setting gives a pair at most 1: the share of its label counts that are won.
    """
    names = sorted({name for setting in settings for name in setting.names})
    if len(names) < 2 or not settings:
        return None
    place = {name: at for at, name in enumerate(names)}
    total = np.zeros((len(names), len(names)))
    for setting in settings:
        at = np.array([place[name] for name in setting.names])
        values = setting.values.swapaxes(1, 2)  # (R, L, S)
        for row in range(len(at)):
            mean, _, _, p = paired(np.broadcast_to(values[row], values.shape), values)
            won = ((sign * mean > 0) & (p < ALPHA)).mean(axis=1)
            total[at[row], at] += won
    return Wins(tuple(names), tuple(tuple(map(float, row)) for row in total), len(settings))

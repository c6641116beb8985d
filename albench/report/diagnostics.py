"""What was chosen and learnt from, round by round: means over seeds of what the records tell beside metrics."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np

from albench.compare.blocks import RowName
from albench.errors import StoreError
from albench.results.diagnostics import RoundDiagnostics
from albench.results.results import Results

Entries = dict[RowName, dict[str, Any]]


def diagnostics(results: Results) -> dict[tuple[str, str], tuple[list[str], Entries]]:
    """Diagnostics of every row.

    Returns
    -------
    (data set, protocol) -> class names, and for each backbone, method and strategy: ``labels`` of each round;
    ``picks``, the share of each class among what was bought after it; ``minority``, the share that belongs to classes
    smaller than the mean class; ``accepted`` and ``correct``, share and accuracy of pseudo labels at its end;
    ``threshold``, the method's threshold over the round's steps, at most 20 means a round.

    Raises
    ------
    StoreError
        Where records hold what albench does not write.
    """
    collected: dict[tuple[str, str], dict[RowName, list[tuple[RoundDiagnostics, ...]]]]
    collected = defaultdict(lambda: defaultdict(list))
    classes: dict[tuple[str, str], list[str]] = {}
    for folder, names in results.trials.items():
        trial = results.diagnostics[folder]
        if not trial.rounds:
            continue
        where = names["dataset"], trial.protocol
        classes[where] = list(trial.classes)
        collected[where][names["backbone"], names["method"], names["strategy"]].append(trial.rounds)
    try:
        return {
            where: (classes[where], {name: _entry(trials) for name, trials in rows.items()})
            for where, rows in collected.items()
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:  # an archive may be a stranger's
        raise StoreError(
            f"the records do not hold what albench writes ({type(error).__name__}: {error}): take the results anew."
        ) from None


def _entry(trials: list[tuple[RoundDiagnostics, ...]]) -> dict[str, Any]:
    longest = max(trials, key=len)
    rounds = [[trial[at] for trial in trials if len(trial) > at] for at in range(len(longest))]
    return {
        "labels": [each.n_labeled for each in longest],
        "picks": [_picks([each.bought for each in seeds]) for seeds in rounds],
        "minority": [_mean(each.minority for each in seeds) for seeds in rounds],
        "accepted": [_mean(each.accepted for each in seeds) for seeds in rounds],
        "correct": [_mean(each.correct for each in seeds) for seeds in rounds],
        "threshold": [_curve([each.threshold for each in seeds]) for seeds in rounds],
    }


def _picks(counts: list[list[int]]) -> list[float]:
    """Shares of the classes among all picks of a round; empty where nothing was bought."""
    whole = [count for count in counts if count and sum(count)]
    return (np.sum(whole, axis=0) / np.sum(whole)).tolist() if whole else []


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _curve(curves: list[list[float]]) -> list[float]:
    """Mean curve over seeds; of curves of different lengths only the longest are taken."""
    length = max(map(len, curves), default=0)
    return np.mean([c for c in curves if len(c) == length], axis=0).tolist() if length else []

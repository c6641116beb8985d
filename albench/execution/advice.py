"""What the seeds of a plan can tell, before they are run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from albench.compare.advice import seeds_advice
from albench.compare.common import LEAST_COMPARED
from albench.compare.statistics import area, deviation
from albench.execution.looks import Looking
from albench.results.records import read_to_mend
from albench.suite.trials import Trial

METRIC = "macro_f1"
_MOST_READ = 300
"""Trials that are read for a spread: more tell it no better."""

Curves = dict[tuple[str, ...], dict[str, dict[int, float]]]
"""Data set, protocol, backbone and method -> strategy -> seed -> AUBC."""


def advice(
    todo: Sequence[Trial], done: Sequence[Trial], baseline: str, folder: Path, looking: Looking | None = None
) -> str:
    """One line on what a run's seeds can tell; empty where nothing is run, or compared with a baseline.

    The spread is that of the trials that the folder has of the run's rows, where three seeds of a row and its baseline
    are there.

    Parameters
    ----------
    todo, done
        Trials to carry out, and trials that are complete.
    baseline
        The strategy that the others are compared with; empty for none.
    folder
        The suite's.
    """
    planned = [*todo, *done]
    rows: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for trial in planned:
        rows[_place(trial)].add(trial.shown[2])
    n_tests = sum(len(strategies) - 1 for strategies in rows.values() if baseline in strategies)
    if not todo or not n_tests:
        return ""
    share = looking.looks.shares[-1] if looking else 1.0
    return seeds_advice(len({trial.seed for trial in planned}), n_tests, spread(done, baseline, folder), share)


def spread(done: Sequence[Trial], baseline: str, folder: Path) -> float | None:
    """Standard deviation over seeds of what rows differ from their baseline, over all rows; None where none tells."""
    curves: Curves = defaultdict(lambda: defaultdict(dict))
    for trial in done[:_MOST_READ]:
        if (value := _aubc(folder / "trials" / trial.key)) is not None:
            curves[_place(trial)][trial.shown[2]][trial.seed] = value
    pairs = [gaps for of_place in curves.values() for gaps in _gaps(of_place, baseline)]
    if not pairs:
        return None
    free = np.array([len(gaps) - 1 for gaps in pairs])
    squares = np.array([deviation(gaps) ** 2 for gaps in pairs])
    found = float(np.sqrt((free * squares).sum() / free.sum()))
    return found if found > 0 else None


def _gaps(curves: dict[str, dict[int, float]], baseline: str) -> Iterator[np.ndarray]:
    theirs = curves.get(baseline, {})
    for strategy, own in curves.items():
        common = own.keys() & theirs.keys()
        if strategy != baseline and len(common) >= LEAST_COMPARED:
            yield np.array([own[seed] - theirs[seed] for seed in sorted(common)])


def _aubc(folder: Path) -> float | None:
    records = read_to_mend(folder)[0].records
    values = [record["test"].get(METRIC) for record in records]
    if not values or None in values:
        return None
    return float(area(np.array(values, dtype=np.float64), np.array([record["n_labeled"] for record in records])))


def _place(trial: Trial) -> tuple[str, ...]:
    dataset, method, _, backbone = trial.shown
    return dataset, trial.protocol.hash, backbone, method

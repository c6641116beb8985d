"""What was chosen and learnt from, round by round: means over seeds of what the records tell beside metrics."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from albench.compare.blocks import RowName
from albench.errors import StoreError
from albench.garbage import unlooked
from albench.results.records import read_trial

_LISTS = "all", "threshold"
"""What is shown of a record's long lists: the classes of what was bought, and thresholds over steps."""
Entries = dict[RowName, dict[str, Any]]


@unlooked()
def diagnostics(trials: Mapping[Path, Mapping[str, str]]) -> dict[tuple[str, str], tuple[list[str], Entries]]:
    """Diagnostics of every row.

    Parameters
    ----------
    trials
        Folder of each trial -> the names of its parts (``albench.results.load.Results.trials``).

    Returns
    -------
    (data set, protocol) -> class names, and for each backbone, method and strategy: ``labels`` of each round;
    ``picks``, the share of each class among what was bought after it; ``minority``, the share that belongs to classes
    smaller than the mean class; ``accepted`` and ``correct``, share and accuracy of pseudo labels at its end;
    ``threshold``, the method's threshold over the round's steps, at most 20 means a round.
    """
    collected: dict[tuple[str, str], dict[RowName, list[list[dict[str, Any]]]]] = defaultdict(lambda: defaultdict(list))
    classes: dict[tuple[str, str], list[str]] = {}
    for folder, names in trials.items():
        files = read_trial(folder, _LISTS)
        if not files.records:
            continue
        where = names["dataset"], files.facts["protocol_hash"]
        classes[where] = list(files.facts.get("class_names", ()))
        collected[where][names["backbone"], names["method"], names["strategy"]].append(files.records)
    try:
        return {
            where: (classes[where], {name: _entry(trials) for name, trials in rows.items()})
            for where, rows in collected.items()
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:  # an archive may be a stranger's
        raise StoreError(
            f"the records do not hold what albench writes ({type(error).__name__}: {error}): take the results anew."
        ) from None


def _entry(trials: list[list[dict[str, Any]]]) -> dict[str, Any]:
    longest = max(trials, key=len)
    rounds = [[trial[at] for trial in trials if len(trial) > at] for at in range(len(longest))]
    return {
        "labels": [record["n_labeled"] for record in longest],
        "picks": [_picks([r["query"].get("per_class", {}).get("all", []) for r in records]) for records in rounds],
        "minority": [_mean(r["query"].get("minority_share", {}).get("all") for r in records) for records in rounds],
        "accepted": [_mean(r["pseudo_label"]["accepted"] for r in records) for records in rounds],
        "correct": [_mean(r["pseudo_label"]["accuracy"] for r in records) for records in rounds],
        "threshold": [_curve([r["training"].get("threshold", []) for r in records]) for records in rounds],
    }


def _picks(counts: list[list[int]]) -> list[float]:
    """Shares of the classes among all picks of a round; empty where nothing was bought."""
    whole = [count for count in counts if count and sum(count)]
    return (np.sum(whole, axis=0) / np.sum(whole)).tolist() if whole else []


def _mean(values: Any) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _curve(curves: list[list[float]]) -> list[float]:
    """Mean curve over seeds; of curves of different lengths only the longest are taken."""
    length = max(map(len, curves), default=0)
    return np.mean([c for c in curves if len(c) == length], axis=0).tolist() if length else []

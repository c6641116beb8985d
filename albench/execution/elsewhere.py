"""Trials that a suite's folder holds already, made on the same data under another path or spelling."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from albench.disk.files import read_sealed
from albench.errors import DamagedFile, SuiteError
from albench.results.copies import completeness
from albench.results.provenance import MADE_BY, Made
from albench.results.records import read_to_mend, trial_folders
from albench.suite.identity import Identity, data_of, trial_of
from albench.suite.trials import Trial
from albench.wording import counted


def as_facts(trial: Trial, data_hash: str, made: Made) -> dict[str, Any]:
    """What ``trial.json`` will say of a planned trial, as far as its identity needs it."""
    return {
        "dataset": trial.dataset,
        "resolved": dict(zip(("dataset", "method", "strategy", "backbone"), trial.resolved, strict=True)),
        "data_hash": data_hash,
        "seed": trial.seed,
        "protocol_hash": trial.protocol.hash,
        MADE_BY: made,
    }


def data_sets(planned: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """What each data set of a plan is -> its spec.

    Raises
    ------
    SuiteError
        Where two specs are of one data set, which would count twice in every comparison.
    """
    found: dict[tuple[str, str], str] = {}
    for facts in planned:
        spec = found.setdefault(data_of(facts), facts["dataset"])
        if spec != facts["dataset"]:
            raise SuiteError(
                f"dataset {spec} and {facts['dataset']} hold the same items and labels ({facts['data_hash']}): name "
                "one."
            )
    return found


def stored_as(
    planned: Sequence[Trial], facts: Sequence[Mapping[str, Any]], folder: Path
) -> tuple[list[Trial], list[str]]:
    """The planned trials, each under the key that the folder has it by, and notes on those that have another.

    A key is made of a data set's options, of which one names where it lies: the same data elsewhere have another key.
    Of several copies the most complete is gone on with; of equals the one that has the plan's own key.

    Parameters
    ----------
    facts
        Of each planned trial (see ``as_facts``).
    folder
        The suite's folder.
    """
    whats = [trial_of(one) for one in facts]
    others = _others(folder, {what: trial.key for trial, what in zip(planned, whats, strict=True)})
    found = []
    moved: dict[tuple[str, str], int] = {}
    for trial, what in zip(planned, whats, strict=True):
        keys = [trial.key, *others[what]] if what in others else []
        copies = {key: read_to_mend(folder / "trials" / key)[0] for key in keys}
        ranks = {key: completeness(files.status, len(files.records)) for key, files in copies.items()}
        best = max(ranks, key=ranks.__getitem__, default=trial.key)
        if best != trial.key:
            names = trial.dataset, str(copies[best].facts["dataset"])
            moved[names] = moved.get(names, 0) + 1
            trial = dataclasses.replace(trial, stored=best)
        found.append(trial)
    notes = [
        f"{counted(count, 'trial')} in {folder} {'is' if count == 1 else 'are'} of the same data, then named {before} "
        f"and now {now}: {'it counts, and goes on' if count == 1 else 'they count, and go on'}."
        for (now, before), count in moved.items()
    ]
    return found, notes


def _others(folder: Path, own: Mapping[Identity, str]) -> dict[Identity, list[str]]:
    """Keys of stored trials that are planned ones and have another key; what is damaged is told elsewhere."""
    found: dict[Identity, list[str]] = {}
    for place in trial_folders(folder):
        with contextlib.suppress(DamagedFile, OSError):
            facts = read_sealed(place / "trial.json")
            if {"dataset", "seed", "protocol_hash"} <= facts.keys():
                what = trial_of(facts)
                if what in own and place.name != own[what]:
                    found.setdefault(what, []).append(place.name)
    return found

"""The trials of a suite, under the keys by which its folder has them: the same data lie under other paths."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from albench.components.registry import Registry
from albench.data.loading import Data
from albench.errors import SuiteError
from albench.execution.fitting import fitted
from albench.results.copies import completeness
from albench.results.inventory import Inventory
from albench.results.provenance import MADE_BY, Made, Provenance
from albench.results.records import read_manifest, read_to_mend
from albench.suite.identity import Identity, data_of, trial_of
from albench.suite.naming import NAMED, aliases_of, check_taken, place
from albench.suite.settings import RunSettings
from albench.suite.trials import Suite, Trial, trials
from albench.wording import counted


class Planned(NamedTuple):
    """The trials of a suite.

    Attributes
    ----------
    trials
        In the order of the suite.
    made
        Trial -> what makes it (see ``albench.results.provenance``).
    same
        What each data set is (``albench.suite.identity.data_of``) -> its spec.
    notes
        What is told of views that stay as the folder began, and of data that lie elsewhere now.
    """

    trials: list[Trial]
    made: dict[str, Made]
    same: dict[tuple[str, str], str]
    notes: list[str]


def planned(
    suite: Suite, settings: RunSettings, data: Mapping[str, Data], registry: Registry, inventory: Inventory
) -> Planned:
    """The suite's trials, each with what makes it.

    Raises
    ------
    SuiteError
        Where two data sets are one, or the folder has an alias for something else.
    """
    views, notes = fitted(data, inventory)
    all_trials = trials(suite, registry, {name: loaded.splits.task for name, loaded in data.items()}, views)
    provenance = Provenance(registry, settings.data_dir)
    makes = [provenance.of(trial) for trial in all_trials]
    facts = [_facts(trial, data[trial.dataset].hash, how) for trial, how in zip(all_trials, makes, strict=True)]
    same = _data_sets(facts)
    check_taken(inventory.folder, _aliases_of_others(inventory, same), aliases_of(all_trials))
    all_trials, moved = _as_stored(all_trials, facts, inventory)
    made: dict[str, Made] = {trial.key: how for trial, how in zip(all_trials, makes, strict=True)}
    return Planned(all_trials, made, same, notes if settings.fresh else [*notes, *moved])


def _facts(trial: Trial, data_hash: str, made: Made) -> dict[str, Any]:
    """What ``trial.json`` will say of a planned trial, as far as its identity needs it."""
    return {
        "dataset": trial.dataset,
        "resolved": dict(zip(("dataset", "method", "strategy", "backbone"), trial.resolved, strict=True)),
        "data_hash": data_hash,
        "seed": trial.seed,
        "protocol_hash": trial.protocol.hash,
        MADE_BY: made,
    }


def _data_sets(planned: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
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


def _aliases_of_others(inventory: Inventory, same: Mapping[tuple[str, str], str]) -> dict[str, str]:
    """The aliases of what the folder has records of, but those of the plan's own data sets that lay elsewhere."""
    stored: dict[str, str] = read_manifest(inventory.folder).get("aliases", {})
    if not stored:
        return {}
    others, own = set[str](), set[str]()
    for trial in inventory.begun():
        resolved = trial.facts.get("resolved", {})
        others |= {place(kind, resolved.get(kind, "")) for kind in NAMED}
        if data_of(trial.facts) in same:
            own.add(place("dataset", resolved.get("dataset", "")))
    return {where: alias for where, alias in stored.items() if where in others - own}


def _as_stored(
    planned: Sequence[Trial], facts: Sequence[Mapping[str, Any]], inventory: Inventory
) -> tuple[list[Trial], list[str]]:
    """The planned trials, each under the key that the folder has it by, and notes on those that have another.

    A key is made of a data set's options, of which one names where it lies: the same data elsewhere have another key.
    Of several copies the most complete is gone on with; of equals the one that has the plan's own key.

    Parameters
    ----------
    facts
        Of each planned trial (see ``_facts``).
    """
    folder, whats = inventory.folder, [trial_of(one) for one in facts]
    others = _others(inventory, {what: trial.key for trial, what in zip(planned, whats, strict=True)})
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


def _others(inventory: Inventory, own: Mapping[Identity, str]) -> dict[Identity, list[str]]:
    """Keys of stored trials that are planned ones and have another key."""
    others: dict[Identity, list[str]] = {}
    for trial in inventory.trials:
        if "protocol_hash" in trial.facts:
            what = trial_of(trial.facts)
            if what in own and trial.key != own[what]:
                others.setdefault(what, []).append(trial.key)
    return others

"""Which trials of a suite are to be carried out, which are complete, and which cannot run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from albench.components.registry import Registry
from albench.data.loading import Data
from albench.execution.agreement import Agreement
from albench.execution.planned import Planned
from albench.results.inventory import Inventory
from albench.results.provenance import MADE_BY
from albench.results.records import read_to_mend
from albench.suite.protocol import Amounts, Protocol
from albench.suite.trials import Trial
from albench.wording import counted


class Sorted(NamedTuple):
    """Trials to carry out, those that are complete, those that cannot run and why; and what is told of them."""

    todo: list[Trial]
    done: list[Trial]
    skipped: dict[str, str]
    notes: list[str]


def sort(
    planned: Planned,
    registry: Registry,
    data: Mapping[str, Data],
    counts: Mapping[tuple[str, Protocol], Amounts],
    inventory: Inventory,
    fresh: bool,
) -> Sorted:
    """Sort what is planned by what the suite's folder holds of it.

    Parameters
    ----------
    data, counts
        Data set spec -> its data, and with a protocol its label counts.
    fresh
        Whether what is complete is run again.

    Raises
    ------
    StoreError
        Where the folder holds trials that began from other data, labels or code.
    """
    todo: list[Trial] = []
    done: list[Trial] = []
    skipped: dict[str, str] = {}
    trials, folder = planned.trials, inventory.folder
    agreement = Agreement(inventory, {trial.protocol for trial in trials}, data, counts, planned.made, planned.same)
    reasons: dict[tuple[str, ...], str] = {}  # asked once, however many seeds a combination has
    unknown = 0
    for trial in trials:
        combination = trial.dataset, trial.method, trial.strategy, trial.backbone
        if combination not in reasons:
            reasons[combination] = registry.parts(trial).skip(trial, data[trial.dataset].splits.task)
        if reason := reasons[combination]:
            skipped[trial.key] = reason
            continue
        files, damaged = read_to_mend(folder / "trials" / trial.key)
        complete = len(files.records) == trial.protocol.rounds and not (damaged or fresh)
        if files.records and not fresh:
            unknown += MADE_BY not in files.facts
            agreement.check(trial, files.facts)
        (done if complete else todo).append(trial)
    agreement.check_others(trials)
    notes = []
    if unknown:
        notes.append(
            f"{counted(unknown, 'trial')} on disk from before albench kept what code makes a trial: whether it is the "
            "same now cannot be told."
        )
    return Sorted(todo, done, skipped, notes)

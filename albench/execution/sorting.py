"""Which trials of a suite are to be carried out, which are complete, and which cannot run."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from albench.api.kinds import Kind
from albench.components.registry import Registry
from albench.data.loading import Data
from albench.execution.agreement import Agreement
from albench.results.provenance import MADE_BY, Made
from albench.results.records import read_to_mend
from albench.suite.protocol import Amounts
from albench.suite.trials import Trial
from albench.wording import counted


class Sorted(NamedTuple):
    """Trials to carry out, those that are complete, those that cannot run and why; and what is told of them."""

    todo: list[Trial]
    done: list[Trial]
    skipped: dict[str, str]
    notes: list[str]


def sort(
    planned: list[Trial],
    registry: Registry,
    data: Mapping[str, Data],
    counts: Mapping[str, Amounts],
    made: Mapping[str, Made],
    same: Mapping[tuple[str, str], str],
    folder: Path,
    fresh: bool,
) -> Sorted:
    """Sort what is planned by what the suite's folder holds of it.

    Parameters
    ----------
    data, counts
        Data set spec -> its data, its label counts.
    made
        Planned trial -> what makes it.
    same
        What each data set is (``albench.suite.identity.data_of``) -> its spec.
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

    @functools.cache
    def skip(kind: Kind, spec: str, dataset: str) -> str | None:
        """Why a component cannot run on a data set; asked once, however many trials it is part of."""
        reason: str | None = registry.build(kind, spec).skip(data[dataset].splits.task)
        return f"{kind} {spec}: {reason}" if reason else None

    agreement = Agreement(folder, planned[0].protocol, data, counts, made, same)
    unknown = 0
    for trial in planned:
        reason = (
            skip("method", trial.method, trial.dataset)
            or skip("strategy", trial.strategy, trial.dataset)
            or skip("backbone", trial.backbone, trial.dataset)
        )
        if reason:
            skipped[trial.key] = reason
            continue
        files, damaged = read_to_mend(folder / "trials" / trial.key)
        complete = len(files.records) == trial.protocol.rounds and not (damaged or fresh)
        if files.records and not fresh:
            unknown += MADE_BY not in files.facts
            agreement.check(trial, files.facts)
        (done if complete else todo).append(trial)
    agreement.check_others(planned)
    notes = []
    if unknown:
        notes.append(
            f"{counted(unknown, 'trial')} on disk from before albench kept what code makes a trial: whether it is the "
            "same now cannot be told."
        )
    return Sorted(todo, done, skipped, notes)

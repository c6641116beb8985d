"""A settled suite becomes a plan: data loaded and checked, components built, trials sorted. Nothing is written here."""

from __future__ import annotations

import dataclasses
import os
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from albench.api.task import Task
from albench.components.defaults import default
from albench.components.registry import Registry
from albench.components.side_effects import printed_aside
from albench.components.spec import Spec
from albench.data.loading import Data, load_data
from albench.data.near_items import near_across
from albench.disk.processes import cores
from albench.environment import this_environment
from albench.execution.advice import advice
from albench.execution.alike import alike_notes
from albench.execution.failures import Work, in_one_line
from albench.execution.looks import Looking, baseline_of, looking_of, ranked
from albench.execution.plan import Plan
from albench.execution.planned import planned
from albench.execution.settle import Settled
from albench.execution.sorting import sort
from albench.execution.whole import whole_notes
from albench.results.inventory import Inventory
from albench.results.mixing import found_before, plugin_versions, refuse
from albench.suite.panels import left_out
from albench.suite.protocol import Amounts, Protocol, amounts, check_validation
from albench.suite.search_space import check_tuning
from albench.suite.settings import RunSettings
from albench.suite.trials import Suite, Trial
from albench.trial.mirrored import mirrored_note


@printed_aside()
def prepare(settled: Settled) -> Plan:
    """Load the data, check everything, and sort the trials. Writes nothing.

    Raises
    ------
    UserError
        For whatever in the suite or the settings cannot be used.
    """
    suite, settings, found = settled.suite, settled.settings, settled.registry
    for tracker in settings.trackers:
        found.build("tracker", tracker)
    tuning = check_tuning(suite.protocol, suite.methods, found)
    if tuning:
        from albench.trial.tries import require_optuna

        require_optuna()
    if suite.protocol.neighbors == "approximate":
        from albench.kernels.approximate import require_faiss

        require_faiss()
    inventory = Inventory(settings.out / suite.name)
    looking = looking_of(suite, found, inventory)
    if looking:
        suite = dataclasses.replace(suite, seeds=tuple(range(looking.looks.at[-1])))
    data = {str(spec): _loaded(spec, settings, found) for spec in suite.datasets}
    tasks: dict[str, Task] = {name: loaded.splits.task for name, loaded in data.items()}
    counts = {(name, each): amounts(each, task, name) for name, task in tasks.items() for each in suite.all_protocols}
    for name, loaded in data.items():
        check_validation(suite.protocol.validation, len(loaded.splits.val), name)
    all_planned = planned(suite, settings, data, found, inventory)
    todo, done, skipped, unknown = sort(all_planned, found, data, counts, inventory, settings.fresh)
    notes = [
        *unknown,
        *all_planned.notes,
        *whole_notes([*todo, *done], found, suite.protocol),
        *alike_notes(todo, tasks, found),
        *_mirrored(suite.protocol, todo, data, counts),
        *left_out(settled.panels, found),
        *_without_effect(suite.protocol),
        *tuning,
    ]
    notes += _advice(suite, found, (todo, done), inventory.folder, looking)
    here = this_environment(settings.device, plugin_versions(all_planned.trials, found))
    mixing = found_before(inventory, all_planned.trials, here, all_planned.same, settings.fresh)
    if settings.strict:
        refuse(mixing)
    return Plan(
        suite=suite,
        settings=_with_executor(settings, len(todo), found),
        registry=found,
        all_trials=all_planned.trials,
        todo=todo,
        done=done,
        skipped=skipped,
        amounts=counts,
        data=data,
        made=all_planned.made,
        run=new_run(),
        only_with=here if settings.strict else None,
        mixing=tuple(mixing),
        notes=tuple(notes),
        panels=settled.panels,
        looking=looking,
    )


def _advice(
    suite: Suite,
    found: Registry,
    trials: tuple[Sequence[Trial], Sequence[Trial]],
    folder: Path,
    looking: Looking | None,
) -> list[str]:
    """What the seeds of a suite can tell; ``trials`` are to carry out, and complete."""
    compared = ranked(suite.strategies, found)
    names = {spec.alias or str(spec) for spec in compared}
    todo, done = ([trial for trial in part if trial.shown[2] in names] for part in trials)
    line = advice(todo, done, baseline_of(compared, found), folder, looking)
    return [line] if line else []


def _with_executor(settings: RunSettings, todo: int, found: Registry) -> RunSettings:
    """The settings with an executor that can be built: the one named, else the one that fits the machine."""
    executor = settings.executor
    if executor is None:
        alone = settings.device != "cpu" or todo < 2 or cores() < 2 or os.name == "nt"
        executor = Spec(default(found, "executor", "one" if alone else "several"))
    found.build("executor", executor)
    return dataclasses.replace(settings, executor=executor)


def new_run() -> str:
    """A name for a run that no other has."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


def _loaded(spec: Spec, settings: RunSettings, found: Registry) -> Data:
    """The data with what a run tells beside: pictures of one split that look like those of another."""
    work = Work(
        lower="take a smaller data set, or a smaller encoder",
        again="run the same command again",
        who=f"data set {spec}",
    )
    with in_one_line(settings.device, work):
        loaded = load_data(str(spec), settings.data_dir, found, device=settings.device)
    notices = (*loaded.splits.notices, *near_across(loaded.splits))
    return dataclasses.replace(loaded, splits=dataclasses.replace(loaded.splits, notices=notices))


def _mirrored(
    protocol: Protocol, todo: Sequence[Trial], data: Mapping[str, Data], counts: Mapping[tuple[str, Protocol], Amounts]
) -> list[str]:
    """What the first trial of each data set can tell by its initial labels: whether flipping makes other classes."""
    if protocol.initial_strategy:
        return []
    first = {trial.dataset: trial for trial in reversed(todo)}
    found = {
        name: mirrored_note(
            data[name].dataset,
            data[name].splits,
            counts[name, trial.protocol].initial,
            protocol.initial_draw,
            trial.seed,
        )
        for name, trial in first.items()
    }
    return [f"{name}: {note}" for name, note in found.items() if note]


def _without_effect(protocol: Protocol) -> list[str]:
    """What the protocol says that changes nothing."""
    if not protocol.initial_strategy or protocol.initial_draw == Protocol.initial_draw:
        return []
    return [
        f"initial_draw {protocol.initial_draw} changes nothing: {protocol.initial_strategy} chooses the first labels "
        "(initial_strategy)."
    ]

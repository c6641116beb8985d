"""A suite becomes a plan: data loaded and checked, components built, trials sorted. Nothing is written here."""

from __future__ import annotations

import dataclasses
import functools
import os
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from packaging.version import Version

from albench.api.kinds import Kind
from albench.api.task import Task
from albench.components.defaults import default
from albench.components.registry import Registry, registry
from albench.components.side_effects import printed_aside
from albench.components.spec import Spec, canonical, parse
from albench.data.loading import Data, load_data
from albench.data.near_items import near_across
from albench.disk.processes import cores
from albench.environment import this_environment
from albench.errors import DeviceError, SuiteError, nearest
from albench.execution.agreement import Agreement, resolved_before
from albench.execution.alike import alike_notes
from albench.execution.elsewhere import as_facts, data_sets, stored_as
from albench.results.mixing import found_before, plugin_versions, refuse
from albench.results.provenance import MADE_BY, Made, Provenance
from albench.results.records import read_manifest, read_to_mend
from albench.suite import views
from albench.suite.defaults import with_defaults
from albench.suite.identity import without_places
from albench.suite.limits import parse_duration
from albench.suite.naming import aliases_of, check_aliases, check_taken
from albench.suite.panels import expanded, left_out
from albench.suite.plan import (
    FIXED_SHIFT,
    Amounts,
    Protocol,
    Suite,
    Trial,
    amounts,
    first_labels,
    trials,
)
from albench.trial.mirrored import mirrored_note
from albench.wording import counted

FIRST_TORCH_ON_CUDA = Version("2.11")
"""Before it, autocast kept weights cast without gradient, and the passes that followed trained nothing."""


@dataclass(frozen=True)
class Plan:
    """What a run will do.

    Attributes
    ----------
    todo, done
        Trials to carry out, and trials that are complete already.
    skipped
        Trials that cannot run, with the reason.
    amounts, data
        Data set spec -> its label counts, its data.
    run
        Names the run, in the manifest and in each trial that it carries out.
    only_with
        What every process has to compute with (``--strict``); None for whatever it has.
    mixing
        What the folder holds that was made with other versions, one line each.
    made
        Trial -> what makes it (see ``albench.results.provenance``).
    notes
        What the user has to know before the run.
    panels
        What panels stand for: ``"strategies @standard"`` -> names.
    """

    suite: Suite
    todo: list[Trial]
    done: list[Trial]
    skipped: dict[str, str]
    amounts: dict[str, Amounts]
    data: dict[str, Data]
    device: str
    executor: Spec
    folder: Path
    plugin_files: tuple[str, ...]
    data_dir: str | None
    all_trials: list[Trial] = field(default_factory=list)
    trackers: tuple[str, ...] = ()
    query_time_limit: float | None = None
    deadline: float | None = None
    share: bool = True
    run: str = ""
    only_with: dict[str, str] | None = None
    mixing: tuple[str, ...] = ()
    made: dict[str, Made] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    panels: dict[str, list[str]] = field(default_factory=dict)

    @property
    def total_steps(self) -> int:
        return sum(trial.protocol.rounds * trial.protocol.steps for trial in self.todo)


def resolve_device(name: str) -> str:
    """``auto``, ``cpu``, ``cuda`` or ``cuda:N`` as a device that is there.

    Raises
    ------
    DeviceError
        Where CUDA is asked for and absent, or torch is too old for it.
    """
    if name == "cpu":
        return name
    import torch

    available = torch.cuda.is_available()
    if name == "auto":
        if not available:
            return "cpu"
        name = "cuda:0"
    kind, _, number = name.partition(":")
    if kind != "cuda" or (number and not number.isdigit()):
        raise DeviceError(f"'{name}' is not a device: write auto, cpu, cuda or cuda:N.")
    if not available:
        raise DeviceError(f"device {name} was asked for, but torch {torch.__version__} sees no CUDA: use --device cpu.")
    if Version(torch.__version__) < FIRST_TORCH_ON_CUDA:
        raise DeviceError(
            f"torch {torch.__version__} trains almost no weights in mixed precision: on {name} torch "
            f"{FIRST_TORCH_ON_CUDA} or newer is needed; install it, or use --device cpu."
        )
    if int(number or 0) >= torch.cuda.device_count():
        raise DeviceError(f"device {name} was asked for, but there are {torch.cuda.device_count()} CUDA devices.")
    return f"cuda:{int(number or 0)}"


@printed_aside()
def prepare(
    suite: Suite,
    *,
    out: Path,
    plugin_files: Sequence[str] = (),
    data_dir: str | None = None,
    device: str = "auto",
    executor: Spec | None = None,
    trackers: Sequence[str] = (),
    query_time_limit: float | None = None,
    time_limit: str | float | None = None,
    share: bool = True,
    fresh: bool = False,
    strict: bool = False,
) -> Plan:
    """Load the data, check everything, and sort the trials. Writes nothing.

    Parameters
    ----------
    strict
        Refuse a folder that holds what was made with other versions or processors, and processes that have others.

    Raises
    ------
    UserError
        For whatever in the suite cannot be used.
    """
    deadline = None if time_limit is None else time.time() + parse_duration(time_limit)
    of_suite = [name for name in suite.plugins if name.endswith(".py")]
    files = tuple(dict.fromkeys(str(Path(file).resolve()) for file in (*plugin_files, *of_suite)))
    found = registry(files)
    _check_plugins(suite, found)
    where = _device(suite, device)
    suite = with_defaults(suite, found, data_dir)
    kind: Literal["cpu", "cuda"] = "cuda" if where.startswith("cuda") else "cpu"
    suite = dataclasses.replace(
        suite,
        name=suite.name or "-".join(spec.name for spec in suite.datasets),
        protocol=dataclasses.replace(suite.protocol, device=kind),
    )
    suite, in_panels = expanded(suite, found)
    for kind_name, parts in (("method", suite.methods), ("strategy", suite.strategies), ("backbone", suite.backbones)):
        for part in parts:  # a mistyped name is told before the data is read
            found.find(kind_name, part.name)  # type: ignore[arg-type]  # the three literals are kinds
    check_aliases(suite, found)
    first_labels(found, suite.protocol)
    if query_time_limit is not None and not query_time_limit > 0:
        raise SuiteError(f"--query-time-limit {query_time_limit:g}: it is a number of seconds above 0.")
    for tracker in trackers:
        found.build("tracker", tracker)
    if suite.protocol.neighbors == "approximate":
        from albench.kernels.approximate import require_faiss

        require_faiss()
    data = {str(spec): _looked_through(load_data(str(spec), data_dir, files)) for spec in suite.datasets}
    tasks: dict[str, Task] = {name: loaded.splits.task for name, loaded in data.items()}
    counts = {name: amounts(suite.protocol, task, name) for name, task in tasks.items()}
    folder = out / suite.name
    fitted, notes_of_views = _fitted(data, folder)
    planned = trials(suite, found, tasks, fitted)
    check_taken(folder, read_manifest(folder).get("aliases", {}), aliases_of(planned))
    provenance = Provenance(found, data_dir)
    makes = [provenance.of(trial) for trial in planned]
    facts = [as_facts(trial, data[trial.dataset].hash, how) for trial, how in zip(planned, makes, strict=True)]
    same = data_sets(facts)
    planned, notes_of_paths = stored_as(planned, facts, folder)
    made: dict[str, Made] = {trial.key: how for trial, how in zip(planned, makes, strict=True)}
    todo, done, skipped, notes = _sort(planned, found, data, counts, made, same, folder, fresh)
    notes += (
        notes_of_views
        + alike_notes(todo, tasks, found)
        + _mirrored(suite.protocol, todo, data, counts)
        + left_out(in_panels, found)
        + ([] if fresh else notes_of_paths)
    )
    if suite.protocol.initial_strategy and suite.protocol.initial_draw != Protocol.initial_draw:
        notes.append(
            f"initial_draw {suite.protocol.initial_draw} changes nothing: {suite.protocol.initial_strategy} chooses "
            "the first labels (initial_strategy)."
        )
    here = this_environment(where, plugin_versions(planned, found))
    mixing = found_before(folder, planned, here, same, fresh)
    if strict:
        refuse(mixing)
    if executor is None:
        alone = where != "cpu" or len(todo) < 2 or cores() < 2 or os.name == "nt"
        executor = Spec(default(found, "executor", "one" if alone else "several"))
    found.build("executor", executor)
    return Plan(
        suite=suite,
        todo=todo,
        done=done,
        skipped=skipped,
        amounts=counts,
        data=data,
        device=where,
        executor=executor,
        folder=folder,
        plugin_files=files,
        data_dir=data_dir,
        all_trials=planned,
        trackers=tuple(trackers),
        query_time_limit=query_time_limit,
        deadline=deadline,
        share=share,
        run=new_run(),
        only_with=here if strict else None,
        mixing=tuple(mixing),
        made=made,
        notes=tuple(notes),
        panels=in_panels,
    )


def _check_plugins(suite: Suite, found: Registry) -> None:
    """Raise ``SuiteError`` where an installed plugin that the suite names is not there or broken."""
    usable = [plugin for plugin in found.plugins if not plugin.error and not plugin.disabled]
    known = sorted({name for plugin in usable for name in (plugin.name, plugin.distribution)})
    for name in suite.plugins:
        if not name.endswith(".py") and name not in known:
            close = nearest(name, known)
            hint = f"did you mean '{close}'?" if close else "install it, or name its file, as in plugins: [mine.py]."
            raise SuiteError(f"suite {suite.name} needs the plugin '{name}', which is not installed or broken: {hint}")


def new_run() -> str:
    """A name for a run that no other has."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


def _looked_through(loaded: Data) -> Data:
    """The data with what a run tells beside: pictures of one split that look like those of another."""
    notices = (*loaded.splits.notices, *near_across(loaded.splits))
    return dataclasses.replace(loaded, splits=dataclasses.replace(loaded.splits, notices=notices))


def _fitted(data: Mapping[str, Data], folder: Path) -> tuple[dict[str, dict[str, int]], list[str]]:
    """Options that the size of the items decides, by data set; a folder goes on with those that it began with."""
    found, notes = {}, []
    for spec, loaded in data.items():
        fits = views.fitted(loaded.dataset, loaded.splits.task)
        before = views.before(loaded.dataset, fits)
        if fits != before:
            name = parse(spec).name
            stored = resolved_before(folder, spec, loaded.hash)
            now, then = (without_places(canonical(name, loaded.dataset, each)) for each in (fits, before))
            if then in stored - {now}:
                notes.append(
                    f"{spec}: views shift by {FIXED_SHIFT} pixels, as {folder} began; "
                    f"{fits['shift']} would fit its images: use --name for a new suite."
                )
                fits = before
        found[spec] = fits
    return found, notes


def _mirrored(
    protocol: Protocol, todo: Sequence[Trial], data: Mapping[str, Data], counts: Mapping[str, Amounts]
) -> list[str]:
    """What the first trial of each data set can tell by its initial labels: whether flipping makes other classes."""
    if protocol.initial_strategy:
        return []
    seeds = {trial.dataset: trial.seed for trial in reversed(todo)}
    found = {
        name: mirrored_note(
            data[name].dataset, data[name].splits, counts[name].initial, protocol.initial_draw, seeds[name]
        )
        for name in data
        if name in seeds
    }
    return [f"{name}: {note}" for name, note in found.items() if note]


def _device(suite: Suite, wanted: str) -> str:
    """The device to train on: what the user names, else what the suite asks for, else what is there."""
    if wanted != "auto" or not suite.device:
        return resolve_device(wanted)
    try:
        return resolve_device(suite.device)
    except DeviceError as error:
        raise DeviceError(f"suite {suite.name}, protocol: {error}") from None


def _sort(
    planned: list[Trial],
    found: Registry,
    data: Mapping[str, Data],
    counts: Mapping[str, Amounts],
    made: Mapping[str, Made],
    same: Mapping[tuple[str, str], str],
    folder: Path,
    fresh: bool,
) -> tuple[list[Trial], list[Trial], dict[str, str], list[str]]:
    todo: list[Trial] = []
    done: list[Trial] = []
    skipped: dict[str, str] = {}

    @functools.cache
    def skip(kind: Kind, spec: str, dataset: str) -> str | None:
        """Why a component cannot run on a data set; asked once, however many trials it is part of."""
        reason: str | None = found.build(kind, spec).skip(data[dataset].splits.task)
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
    return todo, done, skipped, notes

"""Trials -> executor -> store: prepares the data, plans, runs what is missing, keeps the manifest."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import platform
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from albench import spec as specs
from albench.api.dataset import Dataset, Splits
from albench.api.executor import Busy, Done, Event, Executor, Failed, Note, Outcome
from albench.api.hooks import RoundEnd, SuiteFacts, TrialFacts
from albench.api.task import Task
from albench.errors import AlbenchError, DeviceError, StoreError
from albench.plan import DEFAULT_DATASETS, Amounts, Suite, Trial, amounts, trials
from albench.plugins import Registry
from albench.spec import Spec
from albench.store import SuiteStore, read_trial

CLAIM_PATIENCE = 3.0
"""Seconds after which trials that another process held are tried once more."""


class Listener(Protocol):
    """Whoever shows a run: each call is made in the driving process."""

    def plan(self, plan: Plan) -> None:
        """The run is about to start."""

    def event(self, event: Event) -> None:
        """A trial reports."""

    def outcome(self, outcome: Outcome) -> None:
        """A trial ended."""


@dataclass(frozen=True)
class Data:
    """A loaded data set with its hash."""

    dataset: Dataset
    splits: Splits
    hash: str


@dataclass(frozen=True)
class Job:
    """One trial for an executor: plain values, so that it can be sent to another process."""

    trial: Trial
    folder: str
    plugin_files: tuple[str, ...]
    data_dir: str | None
    data_hash: str
    device: str

    @property
    def key(self) -> str:
        return self.trial.key


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

    @property
    def total_steps(self) -> int:
        return sum(trial.protocol.rounds * trial.protocol.steps for trial in self.todo)


@functools.lru_cache(maxsize=2)
def registry(plugin_files: tuple[str, ...] = ()) -> Registry:
    """The process's plugins; found once."""
    return Registry(plugin_files)


@functools.lru_cache(maxsize=4)
def load_data(spec: str, data_dir: str | None, plugin_files: tuple[str, ...]) -> Data:
    """Load and check a data set; kept for the trials that follow in this process."""
    from albench.pool import check_splits, data_hash

    dataset: Dataset = registry(plugin_files).build("dataset", spec)
    splits = dataset.load(Path(data_dir) if data_dir else None)
    check_splits(splits, spec)
    return Data(dataset, splits, data_hash(splits))


def default_dataset(found: Registry, data_dir: str | None) -> Spec:
    """The home data set where its files are found, else its stand-in."""
    for name in DEFAULT_DATASETS[:-1]:
        if found.build("dataset", name).find(Path(data_dir) if data_dir else None):
            return Spec(name)
    return Spec(DEFAULT_DATASETS[-1])


def resolve_device(name: str) -> str:
    """``auto``, ``cpu``, ``cuda`` or ``cuda:N`` as a device that is there.

    Raises
    ------
    DeviceError
        Where CUDA is asked for and absent.
    """
    if name == "cpu":
        return name
    import torch

    available = torch.cuda.is_available()
    if name == "auto":
        return "cuda:0" if available else "cpu"
    kind, _, number = name.partition(":")
    if kind != "cuda" or (number and not number.isdigit()):
        raise DeviceError(f"'{name}' is not a device: write auto, cpu, cuda or cuda:N.")
    if not available:
        raise DeviceError(f"device {name} was asked for, but torch {torch.__version__} sees no CUDA: use --device cpu.")
    if int(number or 0) >= torch.cuda.device_count():
        raise DeviceError(f"device {name} was asked for, but there are {torch.cuda.device_count()} CUDA devices.")
    return f"cuda:{int(number or 0)}"


def prepare(
    suite: Suite,
    *,
    out: Path,
    plugin_files: Sequence[str] = (),
    data_dir: str | None = None,
    device: str = "auto",
    executor: Spec | None = None,
    fresh: bool = False,
) -> Plan:
    """Load the data, check everything, and sort the trials. Writes nothing.

    Raises
    ------
    UserError
        For whatever in the suite cannot be used.
    """
    files = tuple(str(Path(file).resolve()) for file in plugin_files)
    found = registry(files)
    where = resolve_device(device)
    if not suite.datasets:
        suite = dataclasses.replace(suite, datasets=(default_dataset(found, data_dir),))
    kind: Literal["cpu", "cuda"] = "cuda" if where.startswith("cuda") else "cpu"
    suite = dataclasses.replace(
        suite,
        name=suite.name or "-".join(spec.name for spec in suite.datasets),
        protocol=dataclasses.replace(suite.protocol, device=kind),
    )
    for kind_name, parts in (("method", suite.methods), ("strategy", suite.strategies), ("backbone", suite.backbones)):
        for part in parts:  # a mistyped name is told before the data is read
            found.find(kind_name, part.name)  # type: ignore[arg-type]  # the three literals are kinds
    data = {str(spec): load_data(str(spec), data_dir, files) for spec in suite.datasets}
    tasks: dict[str, Task] = {name: loaded.splits.task for name, loaded in data.items()}
    counts = {name: amounts(suite.protocol, task, name) for name, task in tasks.items()}
    planned = trials(suite, found, tasks)
    folder = out / suite.name
    todo, done, skipped = _sort(planned, found, tasks, data, folder, fresh)
    if executor is None:
        alone = where != "cpu" or len(todo) < 2 or (os.cpu_count() or 1) < 2 or os.name == "nt"
        executor = Spec("local" if alone else "processes")
    found.build("executor", executor)
    return Plan(suite, todo, done, skipped, counts, data, where, executor, folder, files, data_dir, planned)


def _sort(
    planned: list[Trial],
    found: Registry,
    tasks: Mapping[str, Task],
    data: Mapping[str, Data],
    folder: Path,
    fresh: bool,
) -> tuple[list[Trial], list[Trial], dict[str, str]]:
    todo: list[Trial] = []
    done: list[Trial] = []
    skipped: dict[str, str] = {}
    for trial in planned:
        reason = _skip(trial, found, tasks[trial.dataset])
        if reason:
            skipped[trial.key] = reason
            continue
        files = read_trial(folder / "trials" / trial.key)
        complete = len(files.records) == trial.protocol.rounds and not fresh
        if files.records and not fresh and files.facts.get("data_hash") != data[trial.dataset].hash:
            raise StoreError(
                f"{folder}: trial {trial.key} was made with other data than {trial.dataset} holds now: "
                "use --name for a new suite or --fresh to replace it."
            )
        (done if complete else todo).append(trial)
    return todo, done, skipped


def _skip(trial: Trial, found: Registry, task: Task) -> str | None:
    for kind, spec in (("method", trial.method), ("strategy", trial.strategy), ("backbone", trial.backbone)):
        reason: str | None = found.build(kind, spec).skip(task)  # type: ignore[arg-type]  # the three literals are kinds
        if reason:
            return f"{kind} {spec}: {reason}"
    return None


def execute(plan: Plan, listener: Listener, *, fresh: bool = False, command: Sequence[str] = ()) -> list[Outcome]:
    """Carry out a plan's trials.

    Parameters
    ----------
    command
        The words that the user typed, for the manifest.

    Raises
    ------
    StoreError
        Where the results folder cannot be written.
    """
    found = registry(plan.plugin_files)
    executor: Executor = found.build("executor", plan.executor)
    store = SuiteStore(plan.folder)
    store.open()
    manifest = store.update_manifest(_manifest(plan, command))
    for trial in plan.all_trials:
        if trial.key in plan.skipped:
            skipped = store.trial(trial.key)
            skipped.outcome("skipped", plan.skipped[trial.key])
            skipped.describe(_trial_facts(trial, plan.data[trial.dataset], found))
    if fresh:
        for trial in plan.todo:
            with store.trial(trial.key).claim() as owner:
                if not owner:
                    store.trial(trial.key).clear()
    suite_facts = SuiteFacts(plan.suite.name, str(plan.folder), len(plan.todo), manifest)
    listener.plan(plan)
    _tell(found.call("albench_suite_start", suite=suite_facts), listener)
    jobs = [
        Job(t, str(plan.folder), plan.plugin_files, plan.data_dir, plan.data[t.dataset].hash, plan.device)
        for t in plan.todo
    ]
    outcomes: list[Outcome] = []
    busy: list[Job] = []
    by_key = {job.key: job for job in jobs}

    def carry_out(batch: Sequence[Job], final: bool) -> None:
        for outcome in executor.map(run_job, batch, listener.event):
            if isinstance(outcome, Busy) and not final:
                busy.append(by_key[outcome.key])
                continue
            outcomes.append(outcome)
            if isinstance(outcome, Failed):
                store.trial(outcome.key).outcome("failed", outcome.reason, outcome.detail)
            listener.outcome(outcome)

    with _terminate_as_interrupt():
        carry_out(jobs, final=False)
        if busy:  # a worker of a run that was just killed may hold its claim for a moment longer
            time.sleep(CLAIM_PATIENCE)
            carry_out(busy, final=True)
    _tell(found.call("albench_suite_end", suite=suite_facts), listener)
    return outcomes


def _tell(errors: list[str], listener: Listener) -> None:
    for error in errors:
        listener.event(Note("", error))


@contextlib.contextmanager
def _terminate_as_interrupt() -> Iterator[None]:
    """SIGTERM ends a run as Ctrl-C does: workers are stopped and what is on disk stays whole."""

    def interrupt(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not the main thread: the caller handles its own signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _trial_facts(trial: Trial, data: Data, found: Registry) -> dict[str, Any]:
    """``trial.json``: what the trial is and where its parts come from."""
    parts = {"dataset": trial.dataset, "method": trial.method, "strategy": trial.strategy, "backbone": trial.backbone}
    origin = {
        kind: found.find(kind, specs.parse(part).name).distribution  # type: ignore[arg-type]  # the keys are kinds
        for kind, part in parts.items()
    }
    return {
        "format": 1,
        "key": trial.key,
        **parts,
        "resolved": dict(zip(parts, trial.resolved, strict=True)),
        "from": origin,
        "seed": trial.seed,
        "protocol_hash": trial.protocol.hash,
        "protocol": dataclasses.asdict(trial.protocol),
        "data_hash": data.hash,
        "stand_in": data.splits.stand_in,
        "class_names": list(data.splits.task.class_names),
    }


def run_job(job: Job, emit: Callable[[Event], None]) -> Outcome:
    """Carry out one trial in this process; what goes wrong inside comes back as ``Failed``."""
    started = time.monotonic()
    trial = job.trial
    found = registry(job.plugin_files)
    facts = TrialFacts(trial.key, trial.dataset, trial.method, trial.strategy, trial.backbone, trial.seed)
    reported: set[str] = set()

    def tell(hook: str, **arguments: Any) -> None:
        for error in found.call(hook, **arguments):
            if error not in reported:
                reported.add(error)
                emit(Note(trial.key, error))

    try:
        store = SuiteStore(Path(job.folder)).trial(trial.key)
        with store.claim() as owner:
            if owner:
                return Busy(trial.key, owner)
            tell("albench_trial_start", trial=facts)
            _run_claimed(
                job, found, store, emit, lambda record: tell("albench_round_end", event=RoundEnd(facts, record))
            )
    except Exception as error:
        reason = str(error) if isinstance(error, AlbenchError) else f"{type(error).__name__}: {error}"
        reason = " ".join(reason.split()) or type(error).__name__
        tell("albench_trial_end", trial=dataclasses.replace(facts, status="failed", reason=reason))
        return Failed(trial.key, reason, traceback.format_exc())
    tell("albench_trial_end", trial=dataclasses.replace(facts, status="done"))
    return Done(trial.key, time.monotonic() - started)


def _run_claimed(
    job: Job, found: Registry, store: Any, emit: Callable[[Event], None], on_round: Callable[[dict[str, Any]], None]
) -> None:
    import torch

    from albench.loop import Parts, run_trial

    trial = job.trial
    data = load_data(trial.dataset, job.data_dir, job.plugin_files)
    if data.hash != job.data_hash:
        raise StoreError(f"{trial.dataset} changed while the suite was running: start the run again.")
    parts = Parts(
        dataset=data.dataset,
        splits=data.splits,
        method=found.build("method", trial.method),
        strategy=found.build("strategy", trial.strategy),
        backbone=found.build("backbone", trial.backbone),
        amounts=amounts(trial.protocol, data.splits.task, trial.dataset),
        device=torch.device(job.device),
    )
    run_trial(trial, parts, store, _trial_facts(trial, data, found), emit, on_round)


def _manifest(plan: Plan, command: Sequence[str]) -> dict[str, Any]:
    """What made these results: versions, host, data, protocol, commands."""
    import numpy as np
    import torch

    import albench

    device = torch.cuda.get_device_name(plan.device) if plan.device.startswith("cuda") else platform.machine()
    return {
        "format": 1,
        "suite": plan.suite.name,
        "versions": {
            "albench": albench.__version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        "plugins": {p.name: f"{p.distribution} {p.version}" for p in registry(plan.plugin_files).plugins},
        "host": {
            "name": socket.gethostname(),
            "platform": platform.platform(),
            "cpu_count": os.cpu_count(),
            "device": device,
        },
        "determinism": {"threads": plan.suite.protocol.threads, "flush_denormal": True, "device": plan.device},
        "datasets": {
            name: {
                "data_hash": data.hash,
                "stand_in": data.splits.stand_in,
                "notices": list(data.splits.notices),
                "classes": list(data.splits.task.class_names),
                "sizes": [len(data.splits.train), len(data.splits.val), len(data.splits.test)],
            }
            for name, data in plan.data.items()
        },
        "protocols": {plan.suite.protocol.hash: dataclasses.asdict(plan.suite.protocol)},
        "runs": [
            {
                "started": datetime.now(UTC).isoformat(timespec="seconds"),
                "command": list(command),
                "git": git_revision(),
                "executor": str(plan.executor),
                "trials": len(plan.todo),
            }
        ],
    }


def git_revision() -> str:
    """Revision of the working folder's repository, "" where there is none."""
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""


def typed_command() -> list[str]:
    """The command line of this process, with the program's short name."""
    return [Path(sys.argv[0]).name, *sys.argv[1:]]

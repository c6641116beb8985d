"""A plan's trials -> executor -> store."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator, Sequence
from typing import Protocol

from albench.api.executor import Busy, Event, Executor, Failed, Note, Outcome
from albench.api.hooks import SuiteFacts
from albench.jobs import Job, run_job, trial_facts
from albench.manifest import manifest_of
from albench.plugins import registry
from albench.prepare import Plan
from albench.store import SuiteStore
from albench.trackers import trackers

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
    manifest = store.update_manifest(manifest_of(plan, command))
    for trial in plan.all_trials:
        if trial.key in plan.skipped:
            skipped = store.trial(trial.key)
            skipped.outcome("skipped", plan.skipped[trial.key])
            skipped.describe(trial_facts(trial, plan.data[trial.dataset], found))
    if fresh:
        for trial in plan.todo:
            with store.trial(trial.key).claim() as owner:
                if not owner:
                    store.trial(trial.key).clear()
    for trial in plan.done:  # a run killed after its last record left its last checkpoint
        store.trial(trial.key).drop_checkpoints()
    suite_facts = SuiteFacts(plan.suite.name, str(plan.folder), len(plan.todo), manifest)
    listener.plan(plan)
    trackers.cache_clear()
    told = trackers(plan.plugin_files, plan.trackers)
    _tell(told.call("suite_start", suite=suite_facts), listener)
    jobs = [
        Job(
            trial=trial,
            folder=str(plan.folder),
            plugin_files=plan.plugin_files,
            data_dir=plan.data_dir,
            data_hash=plan.data[trial.dataset].hash,
            device=plan.device,
            trackers=plan.trackers,
            query_time_limit=plan.query_time_limit,
        )
        for trial in plan.todo
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
    _tell(told.call("suite_end", suite=suite_facts), listener)
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

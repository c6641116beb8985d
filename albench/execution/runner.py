"""A plan's trials -> executor -> store."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from albench.api.executor import Busy, Ended, Event, Executor, Failed, Note, Outcome, Progress, Stopped
from albench.api.facts import SuiteFacts
from albench.components.registry import registry
from albench.components.trackers import trackers
from albench.disk import claims
from albench.disk.interrupts import as_interrupts
from albench.disk.owners import held
from albench.environment import ATTEMPTS
from albench.errors import FolderError
from albench.execution.grouping import jobs_of, notes
from albench.execution.jobs import SHARED, run_job, trial_facts
from albench.execution.manifest import manifest_of
from albench.execution.prepare import Plan
from albench.results.items import write_items
from albench.results.provenance import MADE_BY
from albench.results.records import read_to_mend
from albench.results.store import SuiteStore, TrialStore
from albench.suite.plan import Trial
from albench.trial.first_round import SharedRounds
from albench.wording import counted

CLAIM_PATIENCE = 3.0
"""Seconds that workers of a run that was just killed are given to end."""


class Listener(Protocol):
    """Whoever shows a run: each call is made in the driving process."""

    def plan(self, plan: Plan) -> None:
        """The run is about to start."""

    def event(self, event: Progress | Note) -> None:
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
    FolderError
        Where it can be written no more.
    """
    out = sys.stdout
    found = registry(plan.plugin_files)
    executor: Executor = found.build("executor", plan.executor)
    store = SuiteStore(plan.folder)
    store.open()
    manifest = store.update_manifest(manifest_of(plan, command))
    for data in plan.data.values():
        write_items(plan.folder, data.hash, data.splits)
    for trial in plan.all_trials:
        if trial.key in plan.skipped:
            skipped = store.trial(trial.key)
            skipped.outcome("skipped", plan.skipped[trial.key])
            facts = trial_facts(trial, plan.data[trial.dataset], found, plan.made[trial.key])
            old = read_to_mend(skipped.folder)[0]
            if old.records:  # rounds from before it was skipped keep what they say
                facts.pop(MADE_BY)
                facts |= {name: old.facts[name] for name in (ATTEMPTS, MADE_BY) if name in old.facts}
            skipped.describe(facts)
    if fresh:
        for trial in plan.todo:
            stored = store.trial(trial.key)
            with stored.claim() as owner:
                if not owner:
                    stored.clear()
    for trial in plan.done:  # a run killed after its last record left its last checkpoint
        store.trial(trial.key).drop_checkpoints()
    suite_facts = SuiteFacts(plan.suite.name, str(plan.folder), len(plan.todo), manifest)
    listener.plan(plan)
    trackers.cache_clear()
    told = trackers(plan.plugin_files, plan.trackers)
    todo = {trial.key: trial for trial in plan.todo}
    left = Shares(plan)
    outcomes: list[Outcome] = []
    busy: list[Trial] = []

    def end(outcome: Outcome, final: bool) -> None:
        if isinstance(outcome, Busy) and not final:
            busy.append(todo[outcome.key])
            return
        if isinstance(outcome, Failed) and outcome.ends_run:
            raise FolderError(outcome.reason)
        outcomes.append(outcome)
        if not isinstance(outcome, Stopped):  # the next run may want the first round that it shares
            left.ended(todo[outcome.key])
        if isinstance(outcome, Failed):
            trial = todo[outcome.key]
            _keep_failure(
                store.trial(outcome.key),
                outcome,
                trial_facts(trial, plan.data[trial.dataset], found, plan.made[trial.key]),
            )
        listener.outcome(outcome)

    def carry_out(trials: Sequence[Trial], final: bool) -> None:
        jobs = {job.key: job for job in jobs_of(plan, trials, executor.concurrency())}
        reported: set[str] = set()

        def hear(event: Event) -> None:
            if isinstance(event, Ended):
                reported.add(event.key)
                end(event.outcome, final)
            else:
                with contextlib.redirect_stdout(out):  # a trial in this process has what it prints put aside
                    listener.event(event)

        done = _generator(executor.map(run_job, list(jobs.values()), hear))
        with _let_go([store.trial(trial.key) for trial in trials]), contextlib.closing(done) as ended:
            for outcome in ended:
                members = [trial.key for trial in jobs[outcome.key].trials]
                if len(members) == 1:
                    end(outcome, final)
                elif isinstance(outcome, Failed):  # the worker died: what had not ended died with it
                    for key in members:
                        if key not in reported:
                            end(dataclasses.replace(outcome, key=key), final)

    with as_interrupts():
        try:
            _tell(told.call("suite_start", suite=suite_facts), listener)
            for note in (*plan.mixing, *plan.notes, *notes(plan)):
                listener.event(Note("", note))
            carry_out(plan.todo, final=False)
            if busy:  # of a run that was just killed, perhaps, or on a machine that was switched off
                trials = counted(len(busy), "trial")
                listener.event(
                    Note("", f"{trials} held by others: waiting up to {claims.LEASE:g} s for a sign of life.")
                )
                claims.wait([store.trial(trial.key).claim_base for trial in busy], CLAIM_PATIENCE)
                carry_out(busy, final=True)
        finally:  # Ctrl-C, a full disk, a listener's own error: whatever ended the suite
            failed = told.call("suite_end", suite=suite_facts)
        _tell(failed, listener)
    return outcomes


@contextlib.contextmanager
def _let_go(trials: Sequence[TrialStore]) -> Iterator[None]:
    """After an interrupt no trial is held by a worker that ended with the run: it was stopped, it did not die."""
    try:
        yield
    except KeyboardInterrupt:
        for trial in trials:
            found = held(trial.claim_base)
            if found and found[0].dead:
                with trial.claim() as owner:
                    if not owner:
                        trial.log.write("warning", "interrupted")
        raise


class Shares:
    """First rounds that trials share: a file goes once the last trial that could read it has ended."""

    def __init__(self, plan: Plan) -> None:
        self._rounds = {
            name: SharedRounds(plan.folder / SHARED, data.hash, lambda trial: plan.made[trial.key])
            for name, data in plan.data.items()
        }
        self._left = Counter(self._path(trial) for trial in plan.todo)
        for trial in plan.done:  # of a run killed after its last record
            if not self._left[self._path(trial)]:
                self._rounds[trial.dataset].drop(trial)

    def _path(self, trial: Trial) -> Path:
        return self._rounds[trial.dataset].path(trial)

    def ended(self, trial: Trial) -> None:
        self._left[self._path(trial)] -= 1
        if self._left[self._path(trial)] == 0:
            self._rounds[trial.dataset].drop(trial)


def _keep_failure(trial: TrialStore, outcome: Failed, facts: dict[str, Any]) -> None:
    """Leave word of a failure, unless another process holds the trial by now.

    One that failed before it began, or whose process died, is described: without facts no table would list it.
    """
    with trial.claim() as owner:
        if not owner:
            if not (trial.folder / "trial.json").exists():
                trial.describe(facts)
            trial.log.failed(outcome.reason, outcome.detail)
            trial.outcome("failed", outcome.reason, outcome.detail)


def _generator(outcomes: Iterator[Outcome]) -> Generator[Outcome]:
    """What an executor gives, with a ``close`` that reaches it: its workers end when the run does."""
    try:
        yield from outcomes
    finally:
        if close := getattr(outcomes, "close", None):
            close()


def _tell(errors: list[str], listener: Listener) -> None:
    for error in errors:
        listener.event(Note("", error))

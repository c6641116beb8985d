"""A plan's trials -> executor -> store."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
from collections.abc import Generator, Iterator, Sequence
from typing import Any, Protocol

from albench.api.executor import Busy, Ended, Event, Executor, Failed, Note, Outcome, Progress, Stopped
from albench.api.facts import SuiteFacts
from albench.components.trackers import trackers
from albench.disk import claims
from albench.disk.interrupts import as_interrupts
from albench.disk.owners import owner_and_sign
from albench.environment import ATTEMPTS
from albench.errors import DeviceLost, FolderError
from albench.execution.cautions import seeing_labels, without_dropout
from albench.execution.describe import described
from albench.execution.grouping import jobs_of, notes
from albench.execution.jobs import run_job
from albench.execution.manifest import manifest_of
from albench.execution.plan import Plan
from albench.execution.shares import Shares
from albench.results.items import write_items
from albench.results.provenance import MADE_BY
from albench.results.records import read_to_mend
from albench.results.store import SuiteStore, TrialStore
from albench.suite.trials import Trial
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


def execute(plan: Plan, listener: Listener, *, command: Sequence[str] = ()) -> list[Outcome]:
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
    DeviceLost
        Where the device answers no more.
    """
    drive = _Drive(plan, listener)
    manifest = drive.open(command)
    suite = SuiteFacts(plan.suite.name, str(plan.folder), len(plan.todo), manifest)
    listener.plan(plan)
    trackers.cache_clear()
    followers = trackers(plan.settings.plugin_files, plan.settings.trackers)
    with as_interrupts():
        try:
            _tell(followers.call("suite_start", suite=suite), listener)
            later = plan.looking is not None and plan.looking.later
            for note in (
                () if later else (*plan.mixing, *plan.notes, *notes(plan), *seeing_labels(plan), *without_dropout(plan))
            ):
                listener.event(Note("", note))
            drive.all()
        finally:  # Ctrl-C, a full disk, a listener's own error: whatever ended the suite
            failed = followers.call("suite_end", suite=suite)
        _tell(failed, listener)
    return drive.outcomes


class _Drive:
    """The driving process's side of a run.

    Attributes
    ----------
    outcomes
        Of the trials that have ended, in the order in which they did.
    """

    def __init__(self, plan: Plan, listener: Listener) -> None:
        self.outcomes: list[Outcome] = []
        self._plan = plan
        self._listener = listener
        self._executor: Executor = plan.registry.build("executor", plan.executor)
        self._store = SuiteStore(plan.folder)
        self._todo = {trial.key: trial for trial in plan.todo}
        self._shares = Shares(plan)
        self._busy: list[Trial] = []
        self._out = sys.stdout

    def open(self, command: Sequence[str]) -> dict[str, Any]:
        """Say on disk what is about to be run, and make room for it; returns the manifest."""
        plan, store = self._plan, self._store
        store.open()
        manifest = store.update_manifest(manifest_of(plan, command))
        for data in plan.data.values():
            write_items(plan.folder, data.hash, data.splits)
        for trial in plan.all_trials:
            if trial.key in plan.skipped:
                self._skip(trial)
        for trial in plan.todo if plan.settings.fresh else ():
            stored = store.trial(trial.key)
            with stored.claim() as owner:
                if not owner:
                    stored.clear()
        for trial in plan.done:  # a run killed after its last record left its last checkpoint
            store.trial(trial.key).drop_checkpoints()
        return manifest

    def _skip(self, trial: Trial) -> None:
        skipped = self._store.trial(trial.key)
        skipped.outcome("skipped", self._plan.skipped[trial.key])
        facts = self._described(trial)
        old = read_to_mend(skipped.folder)[0]
        if old.records:  # rounds from before it was skipped keep what they say
            facts.pop(MADE_BY)
            facts |= {name: old.facts[name] for name in (ATTEMPTS, MADE_BY) if name in old.facts}
        skipped.describe(facts)

    def _described(self, trial: Trial) -> dict[str, Any]:
        plan = self._plan
        return described(trial, plan.data[trial.dataset], plan.registry, plan.made[trial.key])

    def all(self) -> None:
        """Carry out what is to do; what others hold is asked for once more."""
        self._carry_out(self._plan.todo, final=False)
        if not self._busy:
            return
        # Held by a run that was just killed, perhaps, or on a machine that was switched off.
        trials = counted(len(self._busy), "trial")
        self._listener.event(Note("", f"{trials} held by others: waiting up to {claims.LEASE:g} s for a sign of life."))
        claims.wait([self._store.trial(trial.key).claim_base for trial in self._busy], CLAIM_PATIENCE)
        self._carry_out(self._busy, final=True)

    def _carry_out(self, trials: Sequence[Trial], final: bool) -> None:
        jobs = {job.key: job for job in jobs_of(self._plan, trials, self._executor.concurrency())}
        reported: set[str] = set()

        def hear(event: Event) -> None:
            if isinstance(event, Ended):
                reported.add(event.key)
                self._end(event.outcome, final)
            else:
                with contextlib.redirect_stdout(self._out):  # a trial in this process has what it prints put aside
                    self._listener.event(event)

        stored = [self._store.trial(trial.key) for trial in trials]
        outcomes = _generator(self._executor.map(run_job, list(jobs.values()), hear))
        with _let_go(stored), contextlib.closing(outcomes):
            for outcome in outcomes:
                keys = [trial.key for trial in jobs[outcome.key].trials]
                if len(keys) == 1:
                    self._end(outcome, final)
                elif isinstance(outcome, Failed | Busy):  # the worker died, or lost its trials: what had not ended
                    for key in keys:
                        if key not in reported:
                            self._end(dataclasses.replace(outcome, key=key), final)

    def _end(self, outcome: Outcome, final: bool) -> None:
        """A trial has ended."""
        trial = self._todo[outcome.key]
        if isinstance(outcome, Busy) and not final:
            self._busy.append(trial)
            return
        if isinstance(outcome, Failed) and outcome.ends_run:
            raise (DeviceLost if outcome.device_lost else FolderError)(outcome.reason)
        self.outcomes.append(outcome)
        if not isinstance(outcome, Stopped):  # the next run may want the first round that it shares
            self._shares.ended(trial)
        if isinstance(outcome, Failed):
            _keep_failure(self._store.trial(outcome.key), outcome, self._described(trial))
        self._listener.outcome(outcome)


@contextlib.contextmanager
def _let_go(trials: Sequence[TrialStore]) -> Iterator[None]:
    """After an interrupt no trial is held by a worker that ended with the run: it was stopped, it did not die."""
    try:
        yield
    except KeyboardInterrupt:
        for trial in trials:
            found = owner_and_sign(trial.claim_base)
            if found and found[0].dead:
                with trial.claim() as owner:
                    if not owner:
                        trial.log.write("warning", "interrupted")
        raise


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

"""One of a job's trials while it is carried out: its claim, its trackers, and what became of it."""

from __future__ import annotations

import contextlib
import dataclasses
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from albench.api.executor import Busy, Done, Event, Failed, Note, Outcome, Stopped
from albench.api.facts import RoundEnd, TrialFacts
from albench.components.trackers import Trackers, trackers
from albench.errors import ClaimLost, DeviceLost, DeviceStopped, EndsRun, OutOfTime, StoreError
from albench.execution.failures import Work, reason_of, understood
from albench.execution.job import Job
from albench.results.records import read_to_mend
from albench.results.store import SuiteStore
from albench.suite.limits import in_time
from albench.suite.trials import Trial


class Member:
    """One of a job's trials: its folder, its trackers, and what became of it."""

    def __init__(self, job: Job, trial: Trial, emit: Callable[[Event], None]) -> None:
        self.trial = trial
        self.store = SuiteStore(Path(job.folder)).trial(trial.key)
        self.error: BaseException | None = None
        self._deadline = job.settings.deadline
        self._device = job.device
        self._owner = ""
        self._started = False
        self._emit = emit
        self._facts = TrialFacts(
            trial.key, trial.dataset, trial.method, trial.strategy, trial.backbone, trial.seed, folder=job.folder
        )
        self._reported: set[str] = set()
        self._trackers: Trackers | None = None
        self._complete = False
        try:
            self._trackers = trackers(job.settings.plugin_files, job.settings.trackers)
        except (Exception, SystemExit) as error:  # one that this machine lacks: the driver built it
            self.error = error

    def claim(self, claims: contextlib.ExitStack) -> bool:
        """Hold the trial until ``claims`` ends; False where another process holds it, or it cannot be held.

        One that another run completed meanwhile is looked at again, but listeners hear nothing of it a second time.
        """
        if self.error:
            return False
        try:
            in_time(self._deadline)
            self._owner = claims.enter_context(self.store.claim())
        except Exception as error:
            self.error = error
        if self._owner or self.error:
            return False
        self._complete = self._is_complete()
        if not self._complete:
            self._started = True
            self._tell("trial_start", trial=self._facts)
        return True

    def _is_complete(self) -> bool:
        """Whether all its rounds are on disk, whole."""
        try:
            files, damaged = read_to_mend(self.store.folder)
        except StoreError:  # told by whoever carries it out
            return False
        return not damaged and len(files.records) >= self.trial.protocol.rounds

    def interrupted(self) -> None:
        """Tell the trackers that the process is about to end."""
        if self._started and not self.error:
            done = self._is_complete()
            self._trial_end("done" if done else "stopped", "" if done else "interrupted")

    def _trial_end(self, status: str, reason: str = "") -> None:
        self._tell("trial_end", trial=dataclasses.replace(self._facts, status=status, reason=reason))

    def round_end(self, record: dict[str, Any]) -> None:
        told = {name: record[name] for name in ("round", "n_labeled", "seconds", "peak_memory_mb")}
        self.store.log.write("info", "round", **told, bought=len(record["queried"]))
        self._tell("round_end", event=RoundEnd(self._facts, record))

    def end(self, seconds: float) -> Outcome:
        """Tell the trackers, and return the outcome."""
        if self._owner:
            return Busy(self.trial.key, self._owner)
        if self.error is None:
            if not self._complete:
                self.store.log.write("info", "done", seconds=round(seconds, 3))
                self._trial_end("done")
            return Done(self.trial.key, seconds)
        if isinstance(self.error, OutOfTime):
            if self._started:
                self.store.log.write("info", "stopped", reason=str(self.error))
                self._trial_end("stopped", str(self.error))
            return Stopped(self.trial.key)
        error, detail = self._understood(self.error), "".join(traceback.format_exception(self.error))
        reason = reason_of(error)
        self.store.log.failed(reason, detail)
        of_its_own = isinstance(error, DeviceStopped)
        if of_its_own:
            self.store.outcome("failed", reason, detail)
        goes_on = isinstance(error, EndsRun | ClaimLost) and not of_its_own  # elsewhere or later: it did not fail
        if self._started or not goes_on:
            self._trial_end("stopped" if goes_on else "failed", reason)
        if isinstance(error, ClaimLost):
            return Busy(self.trial.key, error.owner)
        ends, lost = isinstance(error, EndsRun), isinstance(error, DeviceLost)
        return Failed(self.trial.key, reason, detail, ends_run=ends, device_lost=lost)

    def _understood(self, error: BaseException) -> BaseException:
        dataset, method, strategy, _ = self.trial.shown
        who = f"{method} + {strategy} on {dataset}, seed {self.trial.seed},"
        return understood(error, self._device, Work(who=who))

    def _tell(self, event: str, /, **arguments: Any) -> None:
        for error in self._trackers.call(event, **arguments) if self._trackers else ():
            if error not in self._reported:
                self._reported.add(error)
                self.store.log.write("warning", "listener_failed", message=error)
                self._emit(Note(self.trial.key, error))

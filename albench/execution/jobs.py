"""Trials in whatever process carries them out: claim, run, report."""

from __future__ import annotations

import contextlib
import dataclasses
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from albench import item_predictions
from albench.api.executor import Busy, Done, Ended, Event, Failed, Note, Outcome, Stopped
from albench.api.facts import RoundEnd, TrialFacts
from albench.components import spec as specs
from albench.components.registry import Registry, registry
from albench.components.side_effects import printed_aside
from albench.components.trackers import Trackers, trackers
from albench.data.loading import Data, changed_meanwhile, load_data
from albench.disk.trial_log import logging
from albench.errors import AlbenchError, ClaimLost, FolderError, OutOfTime, StoreError
from albench.results.mixing import parts_of, plugin_versions
from albench.results.provenance import MADE_BY, Made, Provenance, difference
from albench.results.records import read_to_mend
from albench.results.store import SuiteStore
from albench.suite.limits import in_time
from albench.suite.plan import Trial, amounts, first_labels

SHARED = "shared"
"""Folder of a suite for first rounds that trials share; empty again once all is done."""


@dataclass(frozen=True)
class Job:
    """One trial, or several that differ by seed alone, for an executor: plain values that can be sent to a process.

    Attributes
    ----------
    made
        What makes them (see ``albench.results.provenance``), the same for all; empty where it is not compared.
    together
        Whether seeds share their steps; one trial alone then goes the same way as many, so that it comes out the same.
    share
        Whether a first round is left for, and taken from, trials that differ by strategy alone.
    run
        The ``id`` of the manifest's entry that the job belongs to.
    only_with
        What a process has to compute with to carry it out (``--strict``); None for whatever it has.
    """

    trials: tuple[Trial, ...]
    folder: str
    plugin_files: tuple[str, ...]
    data_dir: str | None
    data_hash: str
    device: str
    trackers: tuple[str, ...] = ()
    query_time_limit: float | None = None
    deadline: float | None = None
    together: bool = False
    share: bool = True
    run: str = ""
    only_with: dict[str, str] | None = None
    made: Made = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.trials[0].key


def trial_facts(trial: Trial, data: Data, found: Registry, made: Made) -> dict[str, Any]:
    """``trial.json``: what the trial is and where its parts come from."""
    parts = parts_of(trial)
    origin = {kind: found.find(kind, specs.parse(part).name).distribution for kind, part in parts.items()}
    return {
        "format": 1,
        "key": trial.key,
        **{str(kind): part for kind, part in parts.items()},
        "resolved": dict(zip(parts, trial.resolved, strict=True)),
        "from": origin,
        MADE_BY: dict(made),
        "seed": trial.seed,
        "protocol_hash": trial.protocol.hash,
        "protocol": dataclasses.asdict(trial.protocol),
        "data_hash": data.hash,
        "stand_in": data.splits.stand_in,
        "class_names": list(data.splits.task.class_names),
        item_predictions.KEY: item_predictions.facts_of(data.splits.test.y, data.splits.groups.get("test")),
    }


@printed_aside()
def run_job(job: Job, emit: Callable[[Event], None]) -> Outcome:
    """Carry out a job in this process; what goes wrong inside comes back as ``Failed``.

    Each of several trials reports its own end as an ``Ended`` event; the outcome then says that the job is over.
    """
    started = time.monotonic()
    members = [_Member(job, trial, emit) for trial in job.trials]
    with contextlib.ExitStack() as claims:
        free = [member for member in members if member.claim(claims)]
        try:
            if free:
                _carry_out(job, free, emit)
        except KeyboardInterrupt:
            for member in free:
                member.interrupted()
            raise
    outcomes = [member.end(time.monotonic() - started) for member in members]
    if len(outcomes) == 1:
        return outcomes[0]
    for outcome in outcomes:
        emit(Ended(outcome))
    return Done(job.key, time.monotonic() - started)


class _Member:
    """One of a job's trials: its folder, its trackers, and what became of it."""

    def __init__(self, job: Job, trial: Trial, emit: Callable[[Event], None]) -> None:
        self.trial = trial
        self.store = SuiteStore(Path(job.folder)).trial(trial.key)
        self.error: BaseException | None = None
        self._deadline = job.deadline
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
            self._trackers = trackers(job.plugin_files, job.trackers)
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
        reason, detail = _reason(self.error), "".join(traceback.format_exception(self.error))
        self.store.log.failed(reason, detail)
        goes_on = isinstance(self.error, FolderError | ClaimLost)  # elsewhere or later: the trial did not fail
        if self._started or not goes_on:
            self._trial_end("stopped" if goes_on else "failed", reason)
        if isinstance(self.error, ClaimLost):
            return Busy(self.trial.key, self.error.owner)
        return Failed(self.trial.key, reason, detail, ends_run=isinstance(self.error, FolderError))

    def _tell(self, event: str, /, **arguments: Any) -> None:
        for error in self._trackers.call(event, **arguments) if self._trackers else ():
            if error not in self._reported:
                self._reported.add(error)
                self.store.log.write("warning", "listener_failed", message=error)
                self._emit(Note(self.trial.key, error))


def _reason(error: BaseException) -> str:
    """One line that says what went wrong."""
    if isinstance(error, SystemExit):
        return f"a plugin called sys.exit({error.code!r})"
    text = str(error) if isinstance(error, AlbenchError) else f"{type(error).__name__}: {error}"
    return " ".join(text.split()) or type(error).__name__


def _carry_out(job: Job, members: Sequence[_Member], emit: Callable[[Event], None]) -> None:
    """Run the members' trials; what goes wrong is left in their ``error``."""
    try:
        with logging([member.store.log for member in members]):
            _run(job, members, emit)
    except (Exception, SystemExit) as error:
        for member in members:
            member.error = member.error or error


def _run(job: Job, members: Sequence[_Member], emit: Callable[[Event], None]) -> None:
    import torch

    from albench.trial.first_round import SharedRounds
    from albench.trial.parts import Parts
    from albench.trial.stored import run_trial
    from albench.trial.together import Lane, run_trials

    first = job.trials[0]
    found = registry(job.plugin_files)
    data = load_data(first.dataset, job.data_dir, job.plugin_files, job.data_hash)
    if data.hash != job.data_hash:
        raise changed_meanwhile(first.dataset)
    made = Provenance(found, job.data_dir).of(first)
    if other := difference(job.made, made, dataclasses.asdict(first), whole=True):
        raise StoreError(
            f"{other.what} of {other.of} is not what the run began with: it changed meanwhile, or this machine has "
            "another; start the run again."
        )
    parts = Parts(
        dataset=data.dataset,
        splits=data.splits,
        method=found.build("method", first.method),
        strategy=found.build("strategy", first.strategy),
        backbone=found.build("backbone", first.backbone),
        amounts=amounts(first.protocol, data.splits.task, first.dataset),
        device=torch.device(job.device),
        initial=first_labels(found, first.protocol),
        query_time_limit=job.query_time_limit,
        deadline=job.deadline,
        shared=SharedRounds(Path(job.folder) / SHARED, data.hash, lambda _: made) if job.share else None,
        look=lambda: data.require_unchanged(first.dataset),
        run=job.run,
        plugins=plugin_versions(job.trials, found),
        only_with=job.only_with,
    )
    if not job.together:
        (member,) = members
        facts = trial_facts(member.trial, data, found, made)
        run_trial(member.trial, parts, member.store, facts, emit, member.round_end)
        return
    lanes = [
        Lane(member.trial, member.store, trial_facts(member.trial, data, found, made), member.round_end)
        for member in members
    ]
    run_trials(lanes, parts, emit)
    for member, lane in zip(members, lanes, strict=True):
        member.error = lane.error

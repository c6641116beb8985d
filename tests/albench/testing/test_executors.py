"""Planted faults of executors: each has to be caught by the check that is there for it."""

from __future__ import annotations

import io
import os
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from albench.api import Busy, ClaimLost, Done, Ended, Executor, Failed, Note
from albench.testing import executor_conduct, executor_subject
from albench.testing.executors import EXECUTOR_CHECKS, check_executor
from albench_executors.processes import Processes


class Sound(Executor):
    """One job after the other; the faults below change one thing each."""

    def map(self, run, jobs, emit):
        for job in jobs:
            yield run(job, emit)


class LeavesOut(Sound):
    def map(self, run, jobs, emit):
        yield from super().map(run, jobs[:5], emit)


class RunsTwice(Sound):
    def map(self, run, jobs, emit):
        for job in jobs:
            run(job, emit)
            yield run(job, emit)


class TellsTwice(Sound):
    def map(self, run, jobs, emit):
        for outcome in super().map(run, jobs, emit):
            yield outcome
            yield outcome


class NeedsJobs(Sound):
    def map(self, run, jobs, emit):
        jobs[0]
        yield from super().map(run, jobs, emit)


class OwnKeys(Sound):
    def map(self, run, jobs, emit):
        for number, outcome in enumerate(super().map(run, jobs, emit)):
            yield replace(outcome, key=f"trial {number}")


class Pairs(Sound):
    def map(self, run, jobs, emit):
        yield from zip(jobs, super().map(run, jobs, emit), strict=True)


class HidesFailures(Sound):
    def map(self, run, jobs, emit):
        for outcome in super().map(run, jobs, emit):
            yield Done(outcome.key, 0.0) if isinstance(outcome, Failed) else outcome


class HidesBusy(Sound):
    def map(self, run, jobs, emit):
        for outcome in super().map(run, jobs, emit):
            yield Done(outcome.key, 0.0) if isinstance(outcome, Busy) else outcome


class DropsTheTraceback(Sound):
    def map(self, run, jobs, emit):
        for outcome in super().map(run, jobs, emit):
            yield replace(outcome, detail="") if isinstance(outcome, Failed) else outcome


class LowerCase(Sound):
    """Keeps outcomes by a file's name that is not the key."""

    def map(self, run, jobs, emit):
        outcomes = {job.key.lower(): run(job, emit) for job in jobs}
        for job in jobs:
            yield replace(outcomes[job.key.lower()], key=job.key)


class ByPosition(Sound):
    """Gives the outcomes in the order of the jobs' names to the jobs in their order."""

    def map(self, run, jobs, emit):
        for job, other in zip(jobs, sorted(jobs, key=lambda job: job.key), strict=True):
            yield replace(run(other, emit), key=job.key)


class Mute(Sound):
    def map(self, run, jobs, emit):
        yield from super().map(run, jobs, lambda _: None)


class TextsOnly(Sound):
    def map(self, run, jobs, emit):
        yield from super().map(run, jobs, lambda event: emit(event) if isinstance(event, Note) else None)


class Talks(Sound):
    def map(self, run, jobs, emit):
        emit(Note("", "here we go"))
        yield from super().map(run, jobs, emit)


class PassesOver(Sound):
    def map(self, run, jobs, emit):
        for job in jobs:
            try:
                yield run(job, emit)
            except Exception:
                continue


class CallsItDone(Sound):
    def map(self, run, jobs, emit):
        for job in jobs:
            try:
                yield run(job, emit)
            except Exception:
                yield Done(job.key, 0.0)


class Once(Sound):
    def __init__(self):
        self.done = False

    def map(self, run, jobs, emit):
        if not self.done:
            yield from super().map(run, jobs, emit)
        self.done = True


class Remembers(Sound):
    def __init__(self):
        self.outcomes = {}

    def map(self, run, jobs, emit):
        for job in jobs:
            self.outcomes.setdefault(job.key, run(job, emit))
        yield from self.outcomes.values()


class Endless(Sound):
    def map(self, run, jobs, emit):
        yield from super().map(run, jobs[:-1], emit)
        threading.Event().wait()


class NoneAtOnce(Sound):
    def concurrency(self):
        return 0


class Half(Sound):
    def concurrency(self):
        return os.cpu_count() / 2


class Exits(Sound):
    def map(self, run, jobs, emit):
        sys.exit("no cluster")


class NoExecutor:
    pass


@dataclass(frozen=True)
class TwoProcesses(Processes):
    workers: int = 2


class OneDeathEndsAll(TwoProcesses):
    def map(self, run, jobs, emit):
        for outcome in super().map(run, jobs, emit):
            if isinstance(outcome, Failed) and "worker process" in outcome.reason:
                raise RuntimeError("the pool is broken")
            yield outcome


class DeathIsSilent(TwoProcesses):
    def map(self, run, jobs, emit):
        for outcome in super().map(run, jobs, emit):
            if not (isinstance(outcome, Failed) and "worker process" in outcome.reason):
                yield outcome


class DeathInManyLines(TwoProcesses):
    def map(self, run, jobs, emit):
        for outcome in super().map(run, jobs, emit):
            died = isinstance(outcome, Failed) and "worker process" in outcome.reason
            yield replace(outcome, reason=f"it died:\n{outcome.reason}") if died else outcome


class GoesOn(TwoProcesses):
    """Holds on to its workers when it is closed."""

    kept: ClassVar[list[Iterator[Any]]] = []

    def map(self, run, jobs, emit):
        workers = super().map(run, jobs, emit)
        self.kept.append(workers)
        for outcome in workers:  # noqa: UP028  # to delegate would pass the closing on
            yield outcome


class Ships(Sound):
    """Carries jobs out in another folder; the faults below change one thing each."""

    def map(self, run, jobs, emit):
        for job in jobs:
            with job.claim() as held, tempfile.TemporaryDirectory() as folder:
                if not held.trials:
                    yield run(held, emit)
                    continue
                away = held.at(folder)
                away.unpack(self.sent(held))
                events = []
                outcome = run(away, events.append)
                yield self.end(held, away, outcome, events, emit)

    def end(self, held, away, outcome, events, emit):
        for event in events:
            if not isinstance(event, Ended):
                emit(event)
        try:
            self.home(held, away.pack())
        except ClaimLost as lost:
            return Busy(held.key, lost.owner)
        for event in events:
            if isinstance(event, Ended):
                emit(event)
        return outcome

    def sent(self, held):
        return held.pack()

    def home(self, held, files):
        held.unpack(files)


class SendsNothingAlong(Ships):
    def sent(self, held):
        return replace(held, trials=()).pack()


class BringsNothingHome(Ships):
    def home(self, held, files):
        pass


class LeavesItsParcel(Ships):
    def home(self, held, files):
        Path(held.folder, "parcel.zip").write_bytes(files)
        held.unpack(files)


class LeavesTrackersThere(Ships):
    """Knows of the folders of trials alone."""

    def home(self, held, files):
        kept = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(files)) as whole, zipfile.ZipFile(kept, "w") as part:
            for name in whole.namelist():
                if name.startswith("trials/"):
                    part.writestr(name, whole.read(name))
        held.unpack(kept.getvalue())


class HoldsNothing(Sound):
    def map(self, run, jobs, emit):
        for job in jobs:
            with tempfile.TemporaryDirectory() as folder:
                away = job.at(folder)
                away.unpack(job.pack())
                yield run(away, emit)
                job.unpack(away.pack())


class LetsGoTooEarly(Ships):
    """Holds the trials only while it packs."""

    def map(self, run, jobs, emit):
        for job in jobs:
            with job.claim() as held:
                files = held.pack()
            with tempfile.TemporaryDirectory() as folder:
                away = held.at(folder)
                away.unpack(files)
                outcome = run(away, emit)
                job.unpack(away.pack())
            yield outcome


class HoldsForEver(Ships):
    held: ClassVar[list[Any]] = []

    def map(self, run, jobs, emit):
        for job in jobs:
            self.held.append(job.claim())
            with tempfile.TemporaryDirectory() as folder:
                held = self.held[-1].__enter__()
                if held.trials:
                    away = held.at(folder)
                    away.unpack(held.pack())
                    outcome = run(away, emit)
                    held.unpack(away.pack())
                else:
                    outcome = run(held, emit)
            yield outcome


class WritesAllTheSame(Ships):
    def home(self, held, files):
        replace(held, _claims=()).unpack(files)


class CallsTheLostDone(Ships):
    def map(self, run, jobs, emit):
        for outcome in super().map(run, jobs, emit):
            yield Done(outcome.key, 0.0) if isinstance(outcome, Busy) else outcome


EXECUTOR_FAULTS = [
    (SendsNothingAlong, "files-come-home", "trial 'b' are to be 'before\\nb\\n', and its folder holds 'b\\n'"),
    (BringsNothingHome, "files-come-home", "trial 'a' are to be 'a\\n', and its folder holds ''"),
    (LeavesItsParcel, "files-come-home", "'parcel.zip' was left in the suite's folder"),
    (LeavesTrackersThere, "files-come-home", "and the suite's folder has []"),
    (HoldsNothing, "busy-trials", "held trial 'a', and it was carried out all the same"),
    (HidesBusy, "busy-trials", "map gave Done(key='c', seconds=0.0), not Busy"),
    (HoldsNothing, "held-while-away", "trial 'a' was carried out in another folder while nobody held it"),
    (LetsGoTooEarly, "held-while-away", "trial 'a' was carried out in another folder while nobody held it"),
    (HoldsForEver, "held-while-away", "trial 'a' is held after its job has ended"),
    (WritesAllTheSame, "taken-over-meanwhile", "its records were written all the same"),
    (CallsTheLostDone, "taken-over-meanwhile", "map gave Done(key='a', seconds=0.0), not Busy"),
    (NoneAtOnce, "concurrency-positive", "concurrency() is 0"),
    (Half, "concurrency-positive", "not a whole number above 0"),
    (NoExecutor, "every-job-once", "has no map(): subclass albench.api.Executor"),
    (LeavesOut, "every-job-once", "job 'job-5' has 0 outcomes"),
    (RunsTwice, "every-job-once", "job 'job-0' was carried out 2 times"),
    (TellsTwice, "every-job-once", "job 'job-0' has 2 outcomes"),
    (NeedsJobs, "every-job-once", "raised IndexError"),
    (Endless, "every-job-once", "map had not ended after"),
    (Exits, "every-job-once", "map called sys.exit('no cluster')"),
    (Pairs, "every-job-once", "map gave a tuple"),
    (OwnKeys, "outcomes-passed-on", "job 'a' has 0 outcomes"),
    (HidesFailures, "outcomes-passed-on", "run returned Failed(key='b'"),
    (DropsTheTraceback, "outcomes-passed-on", "detail=''"),
    (LowerCase, "keys-of-any-form", "'UPPER' got the outcome of another"),
    (ByPosition, "order-of-jobs", "with the jobs in reverse"),
    (Mute, "events-reach-emit", "reported 3 events, 0 came"),
    (TextsOnly, "events-reach-emit", "reported 3 events, 1 came"),
    (Talks, "events-reach-emit", "1 events reached emit that no job reported"),
    (PassesOver, "errors-not-lost", "job 'b' has 0 outcomes"),
    (CallsItDone, "errors-not-lost", "run raised an error for job 'b', and map gave Done"),
    (Once, "map-again", "has 0 outcomes"),
    (Remembers, "map-again", "there is an outcome of 'job-0'"),
    (OneDeathEndsAll, "dead-worker", "raised RuntimeError: the pool is broken"),
    (DeathIsSilent, "dead-worker", "job 'b' has 0 outcomes"),
    (DeathInManyLines, "dead-worker", "is to be one line"),
    (GoesOn, "closed-early", "processes went on after map was closed"),
]


@pytest.mark.parametrize(
    ("build", "check", "reason"), EXECUTOR_FAULTS, ids=lambda value: getattr(value, "__name__", None)
)
def test_a_faulty_executor_is_caught(
    build: Callable[[], Any], check: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor_conduct, "GRACE", 0.2)
    if build is Endless:
        monkeypatch.setattr(executor_subject, "PATIENCE", 0.3)
    finding = EXECUTOR_CHECKS[check](build, name="planted")
    while GoesOn.kept:
        GoesOn.kept.pop().close()
    while HoldsForEver.held:
        HoldsForEver.held.pop().__exit__(None, None, None)
    assert finding.failed, finding
    assert reason in finding.reason
    assert "\n" not in finding.reason


@pytest.mark.parametrize(
    ("build", "skipped"),
    [(Sound, {"held-while-away", "taken-over-meanwhile"}), (Ships, set())],
    ids=["in the suite's folder", "in another"],
)
def test_a_sound_executor_passes(build: Callable[[], Any], skipped: set[str]) -> None:
    findings = check_executor(build, name="sound")
    assert [str(finding) for finding in findings if finding.failed] == []
    told = {finding.check for finding in findings if finding.status == "skip"}
    assert told == {"dead-worker", "closed-early", *skipped}


def test_every_executor_check_has_a_fault_that_it_catches() -> None:
    assert {check for _, check, _ in EXECUTOR_FAULTS} == set(EXECUTOR_CHECKS)

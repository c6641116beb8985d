"""The jobs that executors are tried with: light, so that a worker process starts at once."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, Self

from albench.api.executor import Busy, Done, Ended, Event, Failed, Note, Outcome, Progress
from albench.results.job_files import JobFiles
from albench.results.store import SuiteStore

ENOUGH = 40.0
"""Seconds after which a job that waits to be ended ends itself."""
EXIT_CODE = 41
"""Of a worker that dies."""
RECORDS, TOLD = "rounds.jsonl", "events.jsonl"
"""What a job that writes adds a line to: in each trial's folder, and in the suite's."""

Act = Literal["done", "failed", "busy", "where", "raise", "die", "hold", "after", "write"]


class Named(NamedTuple):
    """A trial that is nothing but its key."""

    key: str


@dataclass(frozen=True)
class Probe(JobFiles):
    """A job that does as it is told.

    Attributes
    ----------
    act
        ``"where"`` fails with the process's id as the reason; ``"die"`` ends the process; ``"hold"`` goes on until it
        is ended, ``"after"`` until another one holds; ``"write"`` says in which folder it is, holds each of its
        trials and adds a line to the trial's records and one to the suite's file.
    place
        Where one that holds leaves a file with its process's id.
    """

    act: Act = field(default="done", kw_only=True)
    place: str = field(default="", kw_only=True)
    device: str = field(default="cpu", kw_only=True)

    def on_device(self, name: str) -> Self:
        """The job on another device."""
        return dataclasses.replace(self, device=name)


def probe(folder: str | Path, key: str, act: Act = "done", place: str = "") -> Probe:
    """A job of one trial in a suite's folder."""
    return Probe(key, str(folder), (Named(key),), act=act, place=place)


class RaisedByRun(Exception):
    """What leaves ``run`` against its contract."""


def events(key: str) -> list[Event]:
    """What each job reports, in order."""
    return [Progress(key, 0, 2, 10, 20), Note(key, "halfway"), Progress(key, 1, 2, 20, 20, ("macro_f1", 0.5))]


def expected(job: Probe) -> Outcome:
    """The outcome of a job that ends by itself."""
    if job.act == "failed":
        return Failed(job.key, f"{job.key} could not be carried out", "Traceback:\n  over\n  several lines")
    return (
        Busy(job.key, "process 1 on another machine") if job.act == "busy" else Done(job.key, sum(job.key.encode()) / 8)
    )


def run(job: Probe, emit: Callable[[Event], None]) -> Outcome:
    """Carry out one job."""
    if job.act == "write":
        return _write(job, emit)
    for event in events(job.key):
        emit(event)
    if job.act == "where":
        return Failed(job.key, str(os.getpid()))
    if job.act == "raise":
        raise RaisedByRun(job.key)
    if job.act == "die":
        os._exit(EXIT_CODE)
    if job.act == "hold":
        part = Path(job.place, f"{job.key}.part")
        part.write_text(str(os.getpid()), encoding="utf-8")
        part.rename(part.with_suffix(".held"))
        time.sleep(ENOUGH)
    if job.act == "after":
        given_up = time.monotonic() + ENOUGH / 4
        while not any(Path(job.place).glob("*.held")) and time.monotonic() < given_up:
            time.sleep(0.02)
    return expected(job)


def _write(job: Probe, emit: Callable[[Event], None]) -> Outcome:
    """Carry out one that writes, as a suite's job is carried out."""
    emit(Note(job.key, job.folder))
    several = len(job.trials) + len(job.busy) > 1
    with job.claim() as held:
        for trial in held.trials:
            _add(SuiteStore(Path(held.folder)).trial(trial.key).folder / RECORDS, trial.key)
        if held.trials:
            _add(Path(held.folder, TOLD), job.key)
    outcomes: list[Outcome] = [*(Done(trial.key, 0.0) for trial in held.trials), *held.busy]
    if not several:
        return outcomes[0]
    for outcome in outcomes:
        emit(Ended(outcome))
    return Done(job.key, 0.0)


def _add(path: Path, line: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as handle:
        handle.write(f"{line}\n")

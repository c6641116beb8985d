"""The jobs that executors are tried with: light, so that a worker process starts at once."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from albench.api.executor import Busy, Done, Event, Failed, Note, Outcome, Progress

ENOUGH = 40.0
"""Seconds after which a job that waits to be ended ends itself."""
EXIT_CODE = 41
"""Of a worker that dies."""

Act = Literal["done", "failed", "busy", "where", "raise", "die", "hold", "after"]


@dataclass(frozen=True)
class Probe:
    """A job that does as it is told.

    Attributes
    ----------
    act
        ``"where"`` fails with the process's id as the reason; ``"die"`` ends the process; ``"hold"`` goes on until it
        is ended, ``"after"`` until another one holds.
    folder
        Where the one that holds leaves a file with its process's id.
    """

    key: str
    act: Act = "done"
    folder: str = ""


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
    for event in events(job.key):
        emit(event)
    if job.act == "where":
        return Failed(job.key, str(os.getpid()))
    if job.act == "raise":
        raise RaisedByRun(job.key)
    if job.act == "die":
        os._exit(EXIT_CODE)
    if job.act == "hold":
        part = Path(job.folder, f"{job.key}.part")
        part.write_text(str(os.getpid()), encoding="utf-8")
        part.rename(part.with_suffix(".held"))
        time.sleep(ENOUGH)
    if job.act == "after":
        given_up = time.monotonic() + ENOUGH / 4
        while not any(Path(job.folder).glob("*.held")) and time.monotonic() < given_up:
            time.sleep(0.02)
    return expected(job)

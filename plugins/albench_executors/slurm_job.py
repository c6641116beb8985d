"""What runs in a Slurm job."""

from __future__ import annotations

import os
import pickle
import signal
import traceback
from typing import Any

from albench.api import Ended, Event, Failed, Job, Outcome, Run
from albench_executors.workers import Post, one_line

EVERY = 1.0
"""Seconds between two messages that only say how far a trial is."""


class Stopped(BaseException):
    """The cluster is about to end the job; no ``except Exception`` of a trial holds it."""


def carry_out(run: Run, job: Job, mail: str) -> tuple[Outcome, list[Ended]]:
    """Carry out a job, leaving its events in a file.

    Returns
    -------
    The outcome, and the ends of its trials where it has several.
    """

    def append(events: list[Event]) -> None:
        descriptor = os.open(mail, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, pickle.dumps(events))
        finally:
            os.close(descriptor)

    def stop(*_: object) -> None:
        _on_signals(signal.SIG_IGN)  # once is enough
        raise Stopped

    # submitit would have the job run again from its own pickle; a trial goes on from its records, in the next run.
    _on_signals(stop)
    post = Post(append, EVERY)
    try:
        outcome = run(job, post.send)
    except Stopped:
        reason = (
            "its Slurm job was stopped (time limit or preemption): run again to go on, with slurm[time=...] for more"
        )
        outcome = Failed(job.key, reason)
    except Exception as error:
        outcome = Failed(job.key, one_line(error), traceback.format_exc())
    post.flush()
    return outcome, post.ended


def _on_signals(handler: Any) -> None:
    for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, handler)

"""What executors that carry trials out in other processes have in common."""

from __future__ import annotations

import contextlib
import math
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from albench.api import Ended, Event, Job, Progress


def worker_environment() -> dict[str, str]:
    """What a worker's environment needs beside the rest: where modules are, that it is one, and how it prints.

    A worker imports what its driver imports: the same places in the same order, and nothing from the working folder
    that the driver would not find there.
    """
    return {
        "PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path),
        "PYTHONSAFEPATH": "1",
        "ALBENCH_WORKER": "1",
        "PYTHONIOENCODING": "utf-8:backslashreplace",  # no print of a plugin ends a trial
        "PYTHONFAULTHANDLER": "1",  # what crashes in a library leaves word of where
    }


@contextlib.contextmanager
def deaf_children() -> Iterator[None]:
    """Processes started meanwhile do not hear a terminal's Ctrl-C: the driver hears it after, and ends them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def last_words(output: str) -> str:
    """Why a process died, from the end of what it printed: "" where it says nothing.

    That is the last line of a traceback, the first that ``faulthandler`` leaves of a crash with the innermost place in
    it, or what a system says of a process that it killed.
    """
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    found = ""
    for place, line in enumerate(lines):
        if line.startswith("Fatal Python error: "):
            threads = lines[place:]
            crashed = next((n for n, other in enumerate(threads) if other.startswith("Current thread ")), 0)
            inside = next((other.strip() for other in threads[crashed:] if other.startswith("  File ")), "")
            return _short(f"{line.removeprefix('Fatal Python error: ')}{f', {inside}' * bool(inside)}")
        if line.startswith("Traceback (most recent call last)"):
            after = (other for other in lines[place + 1 :] if not other.startswith((" ", "Traceback ")))
            found = next(after, found)
        elif re.search(r"oom.?kill|out of memory|CANCELLED AT|DUE TO TIME LIMIT", line, re.IGNORECASE):
            found = line
    return _short(found)


def _short(words: str) -> str:
    return " ".join(words.split())[:300]


def death(code: int | None, output: str) -> str:
    """What became of a process that ended without a result: its last words, or else the signal or code of its end.

    Parameters
    ----------
    code
        As ``subprocess`` gives it: below zero for a signal; None where it is not known.
    output
        The end of what it printed.
    """
    words = last_words(output)
    if code is not None and code < 0:
        name = next((f"{each.name}, signal {-code}" for each in signal.Signals if each == -code), f"signal {-code}")
        if name.startswith("SIGKILL"):  # it leaves nobody a word
            words, name = "", f"{name} (out of memory?)"
        return f"was killed by {name}{f': {words}' * bool(words)}"
    if words:
        return f"died: {words}"
    lines = output.strip().splitlines()
    after = f" after printing '{_short(lines[-1])}'" if lines else " and left no word"
    return f"ended with exit code {code}{after}" if code is not None else f"died{after} (out of memory?)"


def on_own_device(job: Job) -> Job:
    """A job for a worker that sees no GPU but its own."""
    return job.on_device(job.device.partition(":")[0]) if wants_gpu(job) else job


def wants_gpu(job: Job) -> bool:
    """Whether a job trains on a GPU that schedulers count; Apple's is part of the processor."""
    return job.device.partition(":")[0] not in ("cpu", "mps")


def one_line(error: BaseException) -> str:
    """An error's type and first words."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


class Post:
    """A worker's events on their way to the driver.

    Those that only say how far a trial is wait for each other; the ends of trials stay here, as they have to come
    exactly once: they go home with the job's outcome.

    Parameters
    ----------
    deliver
        Called with some events, in order.
    every
        Seconds between two deliveries of mere progress.
    """

    def __init__(self, deliver: Callable[[list[Event]], Any], every: float) -> None:
        self.ended: list[Ended] = []
        self._deliver = deliver
        self._every = every
        self._waiting: list[Event] = []
        self._last = -math.inf

    def send(self, event: Event) -> None:
        if isinstance(event, Ended):
            self.ended.append(event)
            return
        self._waiting.append(event)
        if not isinstance(event, Progress) or time.monotonic() - self._last > self._every:
            self.flush()

    def flush(self) -> Any:
        """Deliver what waits."""
        self._last = time.monotonic()
        events, self._waiting = self._waiting, []
        return self._deliver(events)

"""Time limits: on what plugins do, and on a whole run."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Iterator

from albench.errors import OutOfTime, SuiteError

GRACE = 10.0
"""Seconds after which a worker process is ended whose code cannot be interrupted."""
STOPPED = 124
"""Exit code of a worker that was ended so, as of the command ``timeout``."""
WORKER = "ALBENCH_WORKER"
"""Set in the environment of worker processes, which may be ended without ending the run."""


_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_DURATION = re.compile(r"(?=.)" + "".join(rf"(?:(?P<{unit}>\d+(?:\.\d+)?){unit})?" for unit in _UNITS))


def parse_duration(value: str | float) -> float:
    """Seconds of ``90``, ``45s``, ``30m``, ``1h30m`` or ``2d``.

    Raises
    ------
    SuiteError
        Where it is none of these, or not above 0.
    """
    text = str(value).strip()
    match = _DURATION.fullmatch(text)
    try:
        seconds = sum(_UNITS[unit] * float(n) for unit, n in match.groupdict("0").items()) if match else float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise SuiteError(f"--time-limit {text}: write seconds, or a time such as 45s, 30m, 2h or 1h30m.")
    return seconds


def in_time(deadline: float | None) -> None:
    """Raise ``OutOfTime`` after a time in seconds since the epoch, which other machines understand as well."""
    if deadline is not None and time.time() >= deadline:
        raise OutOfTime("the run came to its time limit")


class TooLong(BaseException):
    """What is limited did not end in time; no ``except Exception`` of a plugin stops it."""


@contextlib.contextmanager
def at_most(seconds: float | None, *, computing: bool = False) -> Iterator[None]:
    """End the block by ``TooLong`` after some seconds; without a number there is no limit.

    Python code is interrupted where it is. What cannot be, inside a library, ends the process after a while longer, if
    it is a worker. The limit needs the main thread and a system with interval timers; elsewhere there is none.

    Parameters
    ----------
    computing
        Count seconds of this process's computing, not of the clock; then nothing ends the process.
    """
    timers = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if seconds is None or not timers:
        yield
        return

    def end(*_: object) -> None:
        raise TooLong

    kind, timer = (signal.SIGVTALRM, signal.ITIMER_VIRTUAL) if computing else (signal.SIGALRM, signal.ITIMER_REAL)
    stop = threading.Timer(seconds + GRACE, _end_process, [seconds])
    stop.daemon = True
    before = signal.signal(kind, end)
    signal.setitimer(timer, seconds)
    if os.environ.get(WORKER) and not computing:
        stop.start()
    try:
        yield
    finally:
        signal.setitimer(timer, 0)
        signal.signal(kind, before)
        stop.cancel()


def _end_process(seconds: float) -> None:
    message = f"not ended after {seconds:g} s, and not to be interrupted: the worker process ends."
    print(message, file=sys.stderr, flush=True)
    os._exit(STOPPED)

"""Ctrl-C, SIGTERM and the end of the terminal end a run between two writes, never inside one."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator


class _Writes:
    """How many writes the main thread is in, and whether it was asked to stop meanwhile."""

    depth = 0
    asked = False


def _interrupt(_signal: int, _frame: object) -> None:
    # A second signal is not held back: a write into a folder that no longer answers may never end.
    if _Writes.depth and not _Writes.asked:
        _Writes.asked = True
        return
    raise KeyboardInterrupt


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Finish what is inside before a Ctrl-C or SIGTERM of ``as_interrupts`` is answered."""
    if threading.current_thread() is not threading.main_thread():  # signals are answered in the main thread alone
        yield
        return
    _Writes.depth += 1
    try:
        yield
    finally:
        _Writes.depth -= 1
        if not _Writes.depth and _Writes.asked:
            _Writes.asked = False
            raise KeyboardInterrupt


@contextlib.contextmanager
def as_interrupts() -> Iterator[None]:
    """SIGTERM and SIGHUP end the block as Ctrl-C does; all wait for the end of a write. ``nohup`` is heeded."""
    before = {}
    try:
        before[signal.SIGTERM] = signal.signal(signal.SIGTERM, _interrupt)
        hangup = getattr(signal, "SIGHUP", None)
        if hangup is not None and signal.getsignal(hangup) is signal.SIG_DFL:
            before[hangup] = signal.signal(hangup, _interrupt)
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # a caller's own, or none, stays as it is
            before[signal.SIGINT] = signal.signal(signal.SIGINT, _interrupt)
    except ValueError:  # not the main thread: the caller handles its own signals
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

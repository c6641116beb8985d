"""Ctrl-C, SIGTERM and the end of the terminal end a run between two writes, and never half-way through an import."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any, NoReturn

STOPPED = "stopped: run the same command again to go on where it was."
INTERRUPTED = 130
"""Exit code of what was stopped."""
LOADER = "<frozen importlib"
"""What the files of Python's import system are named by."""


class _State:
    """What the main thread is in the middle of.

    Attributes
    ----------
    writes
        How many writes it is in.
    asked
        Whether it was asked to stop since the outermost of them began.
    blocks, orderly
        How many blocks of ``as_interrupts`` it is in, and how many of those have to be left in order.
    base
        How deep the innermost of them stands in the stack.
    loading
        Whether it was asked to stop in an import that is carried to its end.
    own
        Whether the process is the ``albench`` command.
    told
        Whether its last line was printed.
    """

    writes = 0
    asked = False
    blocks = 0
    orderly = 0
    base = 0
    loading = False
    own = False
    told = False


def _interrupt(_signal: int, frame: FrameType | None) -> None:
    # A second signal is not held back: a write into a folder that no longer answers may never end.
    if _State.writes and not _State.asked:
        _State.asked = True
        return
    if _State.own and not _State.blocks:  # the command has not begun, or is over
        leave()
    importing = _outermost_import(frame)
    if importing is not None and not _State.loading:
        if _State.own and not _State.orderly:
            leave()
        _after(importing)
        return
    raise KeyboardInterrupt


def _outermost_import(frame: FrameType | None) -> FrameType | None:
    """The frame of the import that the innermost block is in; None where it is in none."""
    frames = _stack(frame)
    inside = frames[: len(frames) - _State.base]
    return next((each for each in reversed(inside) if each.f_code.co_filename.startswith(LOADER)), None)


def _stack(frame: FrameType | None) -> list[FrameType]:
    """A frame and those that called it, innermost first."""
    frames = []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    return frames


def _after(importing: FrameType) -> None:
    """Raise KeyboardInterrupt once an import has ended: amid it, libraries swallow it or stay half loaded."""
    before = sys.getprofile()
    _State.loading = True

    def look(frame: FrameType, event: str, _: Any) -> None:
        if (event == "return" and frame is importing) or importing not in _stack(frame):
            sys.setprofile(before)
            _State.loading = False
            raise KeyboardInterrupt

    sys.setprofile(look)


def leave() -> NoReturn:
    """End the process as stopped, at once, with one line."""
    with contextlib.suppress(OSError):  # the terminal may be gone
        if not _State.told:
            os.write(2, f"{stopped()}\n".encode())
    os._exit(INTERRUPTED)


def stopped() -> str:
    """The line of a process that was stopped; on a terminal below the ``^C`` that this has printed."""
    _State.told = True
    return f"\n{STOPPED}" if os.isatty(2) else STOPPED


def own_process() -> None:
    """Say that this process is the ``albench`` command: from here to its end Ctrl-C is one line and exit code 130."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # of a job in the background it is ignored
        _State.own = True
        signal.signal(signal.SIGINT, _interrupt)


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Finish what is inside before a Ctrl-C or SIGTERM of ``as_interrupts`` is answered."""
    if threading.current_thread() is not threading.main_thread():  # signals are answered in the main thread alone
        yield
        return
    _State.writes += 1
    try:
        yield
    finally:
        _State.writes -= 1
        if not _State.writes and _State.asked:
            _State.asked = False
            raise KeyboardInterrupt


@contextlib.contextmanager
def as_interrupts(*, orderly: bool = True) -> Iterator[None]:
    """SIGTERM and SIGHUP end the block as Ctrl-C does; all wait for the end of a write. ``nohup`` is heeded.

    Parameters
    ----------
    orderly
        Whether the block has to be left in order. What has not is left at once, by the command, while libraries load;
        in any other block an import is carried to its end first.
    """
    before: dict[int, Any] = {}
    base = _State.base
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
    _State.blocks += 1
    _State.orderly += orderly
    _State.base = len(_stack(sys._getframe())) - 2  # this generator and what starts it stand above the block
    try:
        yield
    finally:
        _State.blocks -= 1
        _State.orderly -= orderly
        _State.base = base
        for number, handler in before.items():
            signal.signal(number, handler)

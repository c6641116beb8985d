"""The process that workers are forked from: ``python -m albench_executors.fork_server FILE_DESCRIPTOR MODULE...``.

It imports the modules, which is most of what the start of a worker costs, and forks one whenever its driver asks. It
computes nothing itself, so that no pool of threads is there that a fork would be without, and makes sure of it.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import io
import json
import os
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from albench_executors.serving import ORPHAN, serve

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

IDLE = 60.0
"""Seconds without a worker and without a question after which the process leaves."""
LENGTH = struct.Struct("!I")
"""What stands before a question: the bytes of its JSON."""
NUMBER = struct.Struct("!i")
"""An answer: a worker's process number, or one of those below. An exit code."""
STALE = 0
"""A file that was imported is another by now."""
UNSAFE = -1
"""What was imported started a thread, which no fork would have."""


class Descriptors(NamedTuple):
    """What comes with the wish for a worker."""

    connection: int
    output: int
    """Where the worker prints."""
    code: int
    """Where its exit code goes."""
    folder: int
    """Its working folder."""


class Server:
    """Forks workers.

    Parameters
    ----------
    control
        Where the driver asks, and is answered.
    """

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._driver = os.getppid()
        self._codes: dict[int, int] = {}  # worker -> where its exit code goes
        self._files = _states(filter(None, (getattr(module, "__file__", None) for module in sys.modules.values())))
        self._safe = _single_threaded()
        self._woken, self._waker = os.pipe()
        os.set_blocking(self._waker, False)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def worker(self) -> Connection | None:
        """Fork workers as long as the driver asks for some.

        Returns
        -------
        In each worker its connection to the driver; None in the server, once it is to leave.
        """
        last = time.monotonic()
        while os.getppid() == self._driver and (self._codes or time.monotonic() - last < IDLE):
            asked = self._control.fileno()
            ready, _, _ = select.select([asked, self._woken], [], [], ORPHAN)
            if self._woken in ready:
                os.read(self._woken, 4096)
            self._pass_codes_on()
            if asked not in ready:
                continue
            last = time.monotonic()
            question, descriptors = _received(self._control)
            if question is None:  # the driver is gone
                break
            if "kill" not in question:
                if connection := self._forked(question["environment"], Descriptors(*descriptors)):
                    return connection
            elif question["kill"] in self._codes:  # the number is its own until its code is passed on
                os.kill(question["kill"], signal.SIGKILL)
        for worker in self._codes:
            os.kill(worker, signal.SIGKILL)
        return None

    def _pass_codes_on(self) -> None:
        for worker in list(self._codes):
            ended, status = os.waitpid(worker, os.WNOHANG)
            if ended:
                code = self._codes.pop(worker)
                with contextlib.suppress(OSError):  # nobody waits for it
                    os.write(code, NUMBER.pack(os.waitstatus_to_exitcode(status)))
                os.close(code)

    def _forked(self, environment: dict[str, str], descriptors: Descriptors) -> Connection | None:
        """Fork a worker, or say why not; in the worker, its connection."""
        from multiprocessing.connection import Connection  # has something called at the end, and that comes first

        kept: set[int] = set()
        if not self._safe:
            answer = UNSAFE
        elif _states(self._files) != self._files:
            answer = STALE
        else:
            answer = os.fork()
            if answer == 0:
                self._become_worker(environment, descriptors)
                return Connection(descriptors.connection)
            self._codes[answer] = descriptors.code
            kept = {descriptors.code}
        for descriptor in {*descriptors} - kept:
            os.close(descriptor)
        with contextlib.suppress(OSError):
            self._control.sendall(NUMBER.pack(answer))
        return None

    def _become_worker(self, environment: dict[str, str], descriptors: Descriptors) -> None:
        """Leave behind what is the server's, and be as a process that was started with all of it."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._control.close()
        for stream in (1, 2):
            os.dup2(descriptors.output, stream)
        os.fchdir(descriptors.folder)
        servers = (self._woken, self._waker, *self._codes.values())
        for descriptor in (*servers, descriptors.output, descriptors.code, descriptors.folder):
            os.close(descriptor)
        os.environ.clear()
        os.environ.update(environment)
        if numpy := sys.modules.get("numpy"):
            numpy.random.seed()  # as of a new process; Python's own does it by itself


def _received(control: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    """A question and what came with it; None where the driver is gone."""
    try:
        head, descriptors, _, _ = socket.recv_fds(control, LENGTH.size, len(Descriptors._fields))
        text = bytearray()
        while head and len(text) < LENGTH.unpack(head)[0]:
            some = control.recv(LENGTH.unpack(head)[0] - len(text))
            if not some:
                return None, []
            text += some
    except OSError:
        return None, []
    return (json.loads(text) if text else None), descriptors


def _states(files: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """File -> what changes when it does."""
    states: dict[str, tuple[int, ...]] = {}
    for file in files:
        try:
            state = os.stat(file)  # noqa: PTH116 - some thousands
        except OSError:
            states[file] = ()
        else:
            states[file] = state.st_ino, state.st_size, state.st_mtime_ns
    return states


def _single_threaded() -> bool:
    """Whether a fork has all that there is here: OpenBLAS puts its threads aside before one, and nothing else does."""
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208


def main(descriptor: str, modules: Sequence[str]) -> None:
    """The server; in each worker, that worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver hears it, and decides
    end = _End()
    atexit.register(end)  # before all others, so that it is called last
    gc.disable()  # libraries make a million objects that stay, and each look through them takes long
    for module in modules:
        with contextlib.suppress(Exception):  # what cannot be imported is told by the worker that needs it
            importlib.import_module(module)
    gc.freeze()  # shared with all workers as long as nobody looks through it for garbage
    gc.enable()
    connection = Server(socket.socket(fileno=int(descriptor))).worker()
    if connection is None:
        os._exit(0)
    serve(connection)
    end.at_once = True


class _End:
    """The last that a worker does: it leaves without taking apart all that was loaded before it was forked.

    That would cost as much as the rest of a small trial. What was asked to be called at the end has been, and files
    that nobody closed are written out.
    """

    at_once = False

    def __call__(self) -> None:
        if not self.at_once:
            return
        for each in (*gc.get_objects(), sys.stdout, sys.stderr):  # without those from before the fork
            with contextlib.suppress(Exception):  # closed ones, and what only looks like a file
                if isinstance(each, io.IOBase):
                    each.flush()
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

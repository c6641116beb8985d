"""How a worker process comes to be: forked from one that has imported what it needs, or started anew."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from albench.api import Run
from albench_executors.fork_server import LENGTH, NUMBER, STALE, UNSAFE
from albench_executors.workers import deaf_children

PATIENCE = 1.0
"""Seconds that a server is given to leave."""
LATER = "IMPORTS"
"""What the module of a ``run`` may have: the names of modules that it imports once it is called."""
READ_LATER = "ALBENCH_", "PYTEST_CURRENT_TEST"
"""How variables begin that no library reads when it is imported."""


class Process(Protocol):
    """A worker's process, as the driver knows it."""

    def wait(self) -> int | None:
        """The exit code once it has ended, below zero for a signal; None where nobody can tell."""

    def kill(self) -> None:
        """End it at once."""


def started(environment: Mapping[str, str], connection: int, output: int) -> Process:
    """A worker that is a new Python.

    Parameters
    ----------
    environment
        All of it.
    connection, output
        File descriptors: its end of the connection to this process, and what takes all that it prints.
    """
    return _popen("albench_executors.worker", [str(connection)], environment, connection, output)


def forked(run: Run, environment: Mapping[str, str], connection: int, output: int) -> Process | None:
    """A worker that is a fork of a process which has imported what ``run`` needs; the others are as of ``started``.

    Workers of one driver come from one such process as long as a new Python would find the same: environment, limits,
    and files of what it has imported. It leaves with its driver, or a while after its last worker.

    Returns
    -------
    None where a worker has to be started: where systems or libraries have threads that no fork would have.
    """
    global _server
    if sys.platform != "linux":  # elsewhere, libraries of the system do not bear it
        return None
    with _lock:
        for _ in range(2):  # it may be about to leave
            surroundings = _surroundings(environment)
            if _server is None or _server.surroundings != surroundings or _server.left:
                _server = _Server(run, environment, surroundings)
            try:
                if _server.safe:
                    return _server.fork(environment, connection, output)
                return None
            except OSError:
                _server.left = True
            except BaseException:  # its answer would be taken for that of the next question
                _server = None
                raise
    return None


def _surroundings(environment: Mapping[str, str]) -> tuple[Any, ...]:
    """What a process takes from the one that starts it, and keeps or reads once."""
    status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    own = [line for line in status if line.startswith(("Umask:", "Cpus_allowed:"))]
    limits = Path("/proc/self/limits").read_text(encoding="utf-8")
    read = {name: value for name, value in environment.items() if not name.startswith(READ_LATER)}
    return read, own, limits, os.getpriority(os.PRIO_PROCESS, 0)


def _popen(module: str, words: list[str], environment: Mapping[str, str], shared: int, output: int) -> Any:
    with deaf_children():
        return subprocess.Popen(
            [sys.executable, "-m", module, *words],
            pass_fds=[shared],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


class _Server:
    """The process that forks workers (``albench_executors.fork_server``), as the driver knows it."""

    def __init__(self, run: Run, environment: Mapping[str, str], surroundings: tuple[Any, ...]) -> None:
        self.surroundings = surroundings
        self.safe = True
        self.left = False
        self._control, other = socket.socketpair()
        modules = [run.__module__, *getattr(sys.modules[run.__module__], LATER, ())]
        with other:
            words = [str(other.fileno()), *modules]
            process = _popen("albench_executors.fork_server", words, environment, other.fileno(), subprocess.DEVNULL)
        weakref.finalize(self, _end, self._control, process)

    def fork(self, environment: Mapping[str, str], connection: int, output: int) -> Process | None:
        """A worker; None where libraries started threads.

        Raises
        ------
        OSError
            Where the server has left, or should.
        """
        code, others = os.pipe()
        folder = os.open(".", os.O_PATH)
        question = json.dumps({"environment": dict(environment)}).encode()
        try:
            socket.send_fds(self._control, [LENGTH.pack(len(question))], [connection, output, others, folder])
            self._control.sendall(question)
            answer = self._control.recv(NUMBER.size, socket.MSG_WAITALL)
        except BaseException:
            os.close(code)
            raise
        finally:
            os.close(others)
            os.close(folder)
        number = NUMBER.unpack(answer)[0] if answer else STALE
        if number > 0:
            return _Forked(self, number, code)
        os.close(code)
        if number == STALE:
            raise ConnectionResetError
        assert number == UNSAFE
        self.safe = False
        return None

    def kill(self, number: int) -> None:
        """End a worker; the server knows whether the number is still its own."""
        question = json.dumps({"kill": number}).encode()
        with _lock, contextlib.suppress(OSError):  # its workers end with it
            self._control.sendall(LENGTH.pack(len(question)) + question)


class _Forked:
    """A worker that a server forked."""

    def __init__(self, server: _Server, number: int, code: int) -> None:
        self._server = server
        self._number = number
        self._pipe = code
        self._ended = False
        self._code: int | None = None

    def wait(self) -> int | None:
        if not self._ended:
            told = os.read(self._pipe, NUMBER.size)
            os.close(self._pipe)
            self._ended, self._code = True, NUMBER.unpack(told)[0] if told else None
        return self._code

    def kill(self) -> None:
        if not self._ended:
            self._server.kill(self._number)


def _end(control: socket.socket, process: subprocess.Popen[bytes]) -> None:
    control.close()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:  # it is still importing
        process.kill()
        process.wait()


_server: _Server | None = None
_lock = threading.RLock()


def _forget() -> None:
    """A fork of the driver has no server of its own."""
    global _server, _lock
    _server, _lock = None, threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)

"""One trial in each worker process; a worker that dies fails its trial alone."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe, wait
from typing import IO, Any

from albench.api import Event, Executor, Failed, Job, Outcome, Run, cores, option
from albench_executors.workers import deaf_children, death, worker_environment

TIME_LIMIT = 124
"""Exit code of a worker whose query could not be interrupted."""
ORPHAN = 0.5
"""Seconds between two looks of a worker whether its driver is there."""


@dataclass(frozen=True)
class Processes(Executor):
    """One trial in each of several worker processes.

    A worker carries out one trial after the other. One that dies (killed, out of memory) fails its trial alone; another
    takes its place. Workers are plain subprocesses, so a script or notebook needs no ``__main__`` guard.
    """

    workers: int = option(0, "worker processes; 0 for one a core", ge=0)

    def concurrency(self) -> int:
        return self.workers or cores()

    def map(self, run: Run, jobs: Sequence[Job], emit: Callable[[Event], None]) -> Iterator[Outcome]:
        waiting = deque(jobs)
        count = min(self.concurrency(), len(waiting))
        workers = [_Worker(run) for _ in range(count)]
        try:
            for worker in workers:
                worker.give(waiting.popleft())
            while workers:
                ready = wait([worker.connection for worker in workers])
                for worker in [w for w in workers if w.connection in ready]:
                    outcome = worker.receive(emit)
                    if outcome is None:
                        continue
                    yield outcome
                    workers.remove(worker)
                    if not waiting or worker.dead:
                        worker.stop()
                    if waiting:
                        free = _Worker(run) if worker.dead else worker
                        workers.append(free)
                        free.give(waiting.popleft())
        finally:
            for worker in workers:
                worker.stop(at_once=True)


class _Worker:
    """The driving side of one worker process."""

    def __init__(self, run: Run) -> None:
        self.connection, other = Pipe()
        self.dead = False
        self._job: Job | None = None
        self._output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the worker
        with deaf_children():
            self._process = subprocess.Popen(
                [sys.executable, "-m", "albench_executors.worker", str(other.fileno())],
                pass_fds=[other.fileno()],
                env={**os.environ, **worker_environment()},
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.STDOUT,
            )
        other.close()
        self._send(run)

    def give(self, job: Job) -> None:
        self._job = job
        self._send(job)

    def _send(self, message: Any) -> None:
        try:
            self.connection.send(message)
        except OSError:
            self.dead = True  # what became of it is read, and reported, in ``receive``

    def receive(self, emit: Callable[[Event], None]) -> Outcome | None:
        """Read one message: an outcome, or an event that is passed on."""
        assert self._job is not None
        try:
            is_outcome, message = self.connection.recv()
        except (EOFError, OSError):
            self.dead = True
            return Failed(self._job.key, self._death(), self._tail())
        if is_outcome:
            outcome: Outcome = message
            return outcome
        emit(message)
        return None

    def _death(self) -> str:
        code = self._process.wait()
        if code == TIME_LIMIT:
            return "its query did not end in time and could not be interrupted: its worker process was ended"
        return f"its worker process {death(code, self._tail())}"

    def _tail(self, size: int = 4000) -> str:
        """The last of what the worker printed."""
        end = self._output.seek(0, os.SEEK_END)
        self._output.seek(max(0, end - size))
        return self._output.read().decode(errors="replace")

    def stop(self, at_once: bool = False) -> None:
        """End the process; one that is asked at once has no time to finish its trial."""
        if at_once:
            self._process.kill()
        self.connection.close()
        self._process.wait()
        self._output.close()


def serve(connection: Connection) -> None:
    """The worker's side: carry out jobs until the driver closes the connection."""

    def emit(event: Event) -> None:
        _send_or_exit(connection, (False, event))

    threading.Thread(target=_leave_with, args=(os.getppid(),), daemon=True).start()
    try:
        run: Run = connection.recv()
        while True:
            job = connection.recv()
            _send_or_exit(connection, (True, run(job, emit)))
    except EOFError:
        return


def _leave_with(driver: int) -> None:
    """End this process soon after the driver: a long query sends nothing that could fail."""
    while os.getppid() == driver:
        time.sleep(ORPHAN)
    os._exit(1)


def _send_or_exit(connection: Connection, message: tuple[bool, Any]) -> None:
    try:
        connection.send(message)
    except OSError:
        # The driver is gone: leave at once and let the claim go, so that the next run can take the trial over.
        os._exit(1)

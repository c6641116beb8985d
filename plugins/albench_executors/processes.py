"""One trial in each worker process; a worker that dies fails its trial alone."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Pipe, wait
from typing import IO, Any

from albench.api import Event, Executor, Failed, Job, Outcome, Run, UserError, cores, option
from albench_executors.forking import forked, started
from albench_executors.gpus import gpu_numbers, sees_alone
from albench_executors.workers import death, on_own_device, wants_gpu, worker_environment

TIME_LIMIT = 124
"""Exit code of a worker whose query could not be interrupted."""


@dataclass(frozen=True)
class Processes(Executor):
    """One trial in each of several worker processes.

    A worker carries out one trial after the other. One that dies (killed, out of memory) fails its trial alone; another
    takes its place. Workers are processes of their own, so a script or notebook needs no ``__main__`` guard. On Linux
    they are forks of one that has imported what they need, unless they train on a GPU.
    """

    workers: int = option(0, "worker processes; 0 for one a core, or one a GPU of gpus", ge=0)
    gpus: str = option("", "numbers of GPUs, as 0;1, or all: each worker sees one of them alone")

    def concurrency(self) -> int:
        return self.workers or (len(gpu_numbers(self.gpus)) if self.gpus else cores())

    def map(self, run: Run, jobs: Sequence[Job], emit: Callable[[Event], None]) -> Iterator[Outcome]:
        on_gpu = any(map(wants_gpu, jobs))
        if self.gpus and jobs and not on_gpu:
            raise UserError(
                f"processes[gpus={self.gpus}]: no trial is on a GPU: write --device cuda, or leave gpus out."
            )
        own = [sees_alone(number) for number in gpu_numbers(self.gpus)] if self.gpus and jobs else [{}]
        waiting = deque(map(on_own_device, jobs) if self.gpus else jobs)
        workers: list[_Worker] = []
        try:
            for environment in itertools.islice(itertools.cycle(own), min(self.concurrency(), len(waiting))):
                workers.append(_Worker(run, environment, forks=not on_gpu))
                workers[-1].give(waiting.popleft())
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
                        free = worker.another() if worker.dead else worker
                        workers.append(free)
                        free.give(waiting.popleft())
        finally:
            for worker in workers:
                worker.stop(at_once=True)


class _Worker:
    """The driving side of one worker process.

    Parameters
    ----------
    environment
        What its environment has beside that of all workers.
    forks
        Whether it may be a fork of a process in which libraries are loaded.
    """

    def __init__(self, run: Run, environment: Mapping[str, str], forks: bool) -> None:
        self.dead = False
        self._made_with = run, environment, forks
        self._job: Job | None = None
        self._output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the worker
        self.connection, other = Pipe()
        everything = {**os.environ, **worker_environment(), **environment}
        with other:
            given = everything, other.fileno(), self._output.fileno()
            self._process = (forked(run, *given) if forks else None) or started(*given)
        self._send(run)

    def another(self) -> _Worker:
        """One in its place."""
        return _Worker(*self._made_with)

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

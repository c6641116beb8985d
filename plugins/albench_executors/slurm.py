"""Trials as jobs of a Slurm cluster, through submitit."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pickle
import shutil
import signal
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from albench.api import Event, Executor, Failed, Job, Outcome, PluginError, Run, UserError, cores, option
from albench_executors.slurm_job import carry_out
from albench_executors.workers import (
    deaf_children,
    last_words,
    on_own_device,
    wants_gpu,
    worker_environment,
)

ARRAY = 1000
"""Most jobs of one array: Slurm's own default allows 1001."""
POLL = {"slurm": 2.0, "local": 0.1}
"""Seconds between two looks for news."""
LATE = {"slurm": 20.0, "local": 0.5}
"""Seconds that a result may take to be seen in the shared folder after its job ended."""
PATIENCE = 10.0
"""Seconds that cancelled jobs on this machine are given to end."""


@dataclass(frozen=True)
class Slurm(Executor):
    """One trial in each job of a Slurm cluster; needs ``pip install 'albench[slurm]'``.

    Start the run where ``sbatch`` is at hand, with the results in a folder that the nodes share. Jobs are submitted as
    arrays. One that is killed or comes to its time limit fails its trial, and the next run goes on from its last round.
    ``cluster=local`` runs the jobs as processes of this machine, to try things out.
    """

    partition: str = option("", "where jobs run; by default the cluster's own choice")
    account: str = option("", "which account pays")
    time: int = option(1440, "minutes that a job may take", ge=1)
    cpus_per_trial: int = option(1, "CPUs of a job", ge=1)
    gpus_per_trial: int = option(0, "GPUs of a job", ge=0)
    memory: int = option(0, "GB of memory of a job; 0 for what the cluster gives", ge=0)
    max_parallel: int = option(64, "jobs that run at once", ge=1)
    cluster: Literal["slurm", "local"] = option("slurm", "where jobs go")

    def __post_init__(self) -> None:
        if importlib.util.find_spec("submitit") is None:
            raise PluginError("executor slurm needs submitit: pip install 'albench[slurm]'")

    def concurrency(self) -> int:
        return self.max_parallel if self.cluster == "slurm" else min(self.max_parallel, cores())

    def map(self, run: Run, jobs: Sequence[Job], emit: Callable[[Event], None]) -> Iterator[Outcome]:
        if not jobs:
            return
        if not self.gpus_per_trial and any(map(wants_gpu, jobs)):
            raise UserError("executor slurm gives trials no GPU: write slurm[gpus_per_trial=1], or --device cpu.")
        if self.cluster == "slurm" and not (shutil.which("sbatch") and shutil.which("srun")):
            raise UserError("there is no Slurm here (no sbatch): start on a login node, or use ray or processes.")
        shared = jobs[0].folder  # the suite's, that of all its jobs
        with tempfile.TemporaryDirectory(prefix=".slurm-", dir=shared, ignore_cleanup_errors=True) as folder:
            yield from self._map(run, jobs, emit, Path(folder))

    def _map(self, run: Run, jobs: Sequence[Job], emit: Callable[[Event], None], folder: Path) -> Iterator[Outcome]:
        waiting = deque(jobs)
        running: list[_Submitted] = []
        executor = self._executor(folder)
        most = ARRAY if self.cluster == "slurm" else self.concurrency()
        try:
            while waiting or running:
                if waiting and len(running) < most:
                    some = [waiting.popleft() for _ in range(min(len(waiting), most - len(running)))]
                    running += _submit(executor, run, some, folder, len(jobs) - len(waiting))
                for task in list(running):
                    for event in task.news():
                        emit(event)
                    outcome = task.outcome(LATE[self.cluster])
                    if outcome is not None:
                        running.remove(task)
                        for event in [*task.news(), *task.ended]:
                            emit(event)
                        yield outcome
                time.sleep(POLL[self.cluster])
        finally:
            _cancel(running, self.cluster)

    def _executor(self, folder: Path) -> Any:
        import submitit

        executor = submitit.AutoExecutor(folder=folder / "jobs", cluster=self.cluster)
        settings: dict[str, Any] = {
            "timeout_min": self.time,
            "cpus_per_task": self.cpus_per_trial,
            "gpus_per_node": self.gpus_per_trial,
            "mem_gb": self.memory,
            "slurm_partition": self.partition,
            "slurm_account": self.account,
        }
        given = {name: value for name, value in settings.items() if value}
        executor.update_parameters(name="albench", slurm_array_parallelism=self.max_parallel, **given)
        return executor


def _submit(executor: Any, run: Run, jobs: Sequence[Job], folder: Path, number: int) -> list[_Submitted]:
    """Hand jobs to the cluster.

    Raises
    ------
    UserError
        With the cluster's own words, where it does not take them.
    """
    mail = [folder / f"{number}-{place}.events" for place in range(len(jobs))]
    sent = [on_own_device(job) for job in jobs]
    try:
        with _environment(worker_environment()), deaf_children():
            submitted = executor.map_array(carry_out, [run] * len(jobs), sent, [str(path) for path in mail])
    except Exception as error:  # submitit has several kinds of its own
        said = error.stderr if isinstance(error, subprocess.CalledProcessError) else str(error)
        words = " ".join((said or str(error)).split())[:300]
        raise UserError(f"Slurm did not take the jobs: {words}") from None
    return [_Submitted(job, handle, path) for job, handle, path in zip(jobs, submitted, mail, strict=True)]


class _Submitted:
    """One job in the cluster's hands."""

    def __init__(self, job: Job, handle: Any, mail: Path) -> None:
        self.job = job
        self.handle = handle
        self.ended: list[Event] = []
        self._mail = mail
        self._read = 0
        self._over: float | None = None

    def news(self) -> list[Event]:
        """The events that came since the last look."""
        events: list[Event] = []
        try:
            with self._mail.open("rb") as handle:
                handle.seek(self._read)
                while True:
                    events += pickle.load(handle)
                    self._read = handle.tell()
        except (OSError, EOFError, pickle.UnpicklingError):
            return events  # nothing yet, or one that is still being written

    def outcome(self, late: float) -> Outcome | None:
        """What became of it; None while it is on its way."""
        if self._over is None and not self.handle.done():
            return None
        self._over = self._over or time.monotonic()
        if self.handle.paths.result_pickle.exists():
            outcome, self.ended = self.handle.result()
            return outcome
        if time.monotonic() - self._over < late:
            return None
        said = (self.handle.stderr() or "")[-4000:]
        words = last_words(said)
        reason = f"its Slurm job {self.handle.job_id} was killed or ended without a result ({self.handle.state})"
        return Failed(self.job.key, f"{reason}{f': {words}' * bool(words)}", said)


def _cancel(running: Sequence[_Submitted], cluster: str) -> None:
    """End what runs."""
    left = [task.handle for task in running if not task.handle.done()]
    if cluster == "slurm":
        for handle in left:
            handle.cancel(check=False)
        return
    given_up = time.monotonic() + PATIENCE
    while left and time.monotonic() < given_up:
        for handle in left:
            os.kill(int(handle.job_id), signal.SIGTERM)  # the id is that of its process, which passes the signal on
        time.sleep(0.1)  # a job that is just starting ignores it, so it is sent again
        left = [handle for handle in left if not handle.done()]


@contextlib.contextmanager
def _environment(more: Mapping[str, str]) -> Iterator[None]:
    """More in this process's environment, which jobs inherit."""
    before = {name: os.environ.get(name) for name in more}
    os.environ.update(more)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value

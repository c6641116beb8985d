"""Trials as tasks of a Ray cluster; one whose node dies is run again."""

from __future__ import annotations

import contextlib
import importlib.util
import math
import pickle
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from albench.api import (
    Busy,
    ClaimLost,
    Event,
    Executor,
    Failed,
    Job,
    Note,
    Outcome,
    PluginError,
    Run,
    UserError,
    option,
)
from albench_executors.ray_cluster import PATIENCE, connect, marker, on, this_node
from albench_executors.ray_node import Mailbox, carry_out_here, end_of, is_there
from albench_executors.ray_tasks import POLL
from albench_executors.workers import death, on_own_device, one_line, wants_gpu, worker_environment

UNHEARD = "died (out of memory?): what it printed is on its node, by default in /tmp/ray/session_latest/logs"
"""What is said of a worker process where nobody can tell what it printed."""


@dataclass(frozen=True)
class Ray(Executor):
    """One trial in each task of a Ray cluster; needs ``pip install 'albench[ray]'``.

    Without an address it joins the Ray that is running on this machine, or starts one for as long as this process
    lives. A trial whose node dies is run again elsewhere; a worker process that dies fails its trial alone. Where a
    node does not see the results folder, a trial's files go to it and come home through Ray's object store.
    """

    address: str = option("", "host:port of the cluster, or auto; by default one on this machine")
    cpus_per_trial: float = option(1.0, "CPUs that a trial takes", gt=0)
    gpus_per_trial: float = option(0.0, "GPUs that a trial takes; 0.25 puts four on one", ge=0)
    retries: int = option(3, "times that a trial is run again when its node dies", ge=0)
    shared_folder: bool | None = option(None, "whether all nodes see the results folder; none to find out")

    def __post_init__(self) -> None:
        if importlib.util.find_spec("ray") is None:
            raise PluginError("executor ray needs Ray: pip install 'albench[ray]'")

    def concurrency(self) -> int:
        return max(1, self._room(connect(self.address)))

    def _room(self, ray: Any) -> int:
        """Trials that the nodes there are now have room for."""
        fits = 0
        for node in ray.nodes():
            if node["Alive"]:
                has = node["Resources"]
                needs = {"CPU": self.cpus_per_trial, "GPU": self.gpus_per_trial}
                fits += min(math.floor(has.get(name, 0) / need) for name, need in needs.items() if need)
        return fits

    def map(self, run: Run, jobs: Sequence[Job], emit: Callable[[Event], None]) -> Iterator[Outcome]:
        if not jobs:
            return
        if not self.gpus_per_trial and any(map(wants_gpu, jobs)):
            raise UserError("executor ray gives trials no GPU: write ray[gpus_per_trial=1], or --device cpu.")
        ray = connect(self.address)
        if not self._room(ray):
            needs = f"{self.cpus_per_trial:g} CPUs" + f" and {self.gpus_per_trial:g} GPUs" * bool(self.gpus_per_trial)
            asks = "ray[cpus_per_trial=...]" if not self.gpus_per_trial else "ray[gpus_per_trial=...]"
            waits = f"no node of the Ray cluster has {needs}: trials wait until one joins; ask for less with {asks}."
            emit(Note("", waits))
        with contextlib.ExitStack() as held:
            yield from _Drive(self, ray, run, emit, held).all(run, jobs)


@dataclass
class _Task:
    """One job on its way through the cluster.

    Attributes
    ----------
    away
        Whether its files go along, so that its trials are held here until ``claims`` ends.
    """

    job: Job
    tries: int = 0
    away: bool = False
    claims: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)


class _Drive:
    """The driver's side of one ``map``.

    Parameters
    ----------
    held
        Where what has to be given back at the end is entered.
    """

    def __init__(
        self, settings: Ray, ray: Any, run: Run, emit: Callable[[Event], None], held: contextlib.ExitStack
    ) -> None:
        self.settings = settings
        self.ray = ray
        self.sent = ray.put(ray.cloudpickle.dumps(run))
        self.emit = emit
        self.held = held
        self.running: dict[Any, _Task] = {}
        self.mailbox = ray.remote(Mailbox).options(num_cpus=0, scheduling_strategy=on(this_node(ray))).remote()
        held.callback(ray.kill, self.mailbox)
        self.remote = ray.remote(carry_out_here).options(
            num_cpus=settings.cpus_per_trial,
            num_gpus=settings.gpus_per_trial,
            max_retries=0,  # Ray would also repeat a trial that kills its worker
            runtime_env={"env_vars": worker_environment()},
        )
        self.marker = ""

    def all(self, run: Run, jobs: Sequence[Job]) -> Iterator[Outcome]:
        """Carry the jobs out."""
        away = not self._shared(jobs[0].folder)  # the suite's, that of all its jobs
        waiting = deque(_Task(job) for job in jobs)
        for task in waiting:  # however the run ends, wherever the task is by then
            self.held.callback(task.claims.close)
        self.held.callback(self._cancel)  # first of all: what runs writes no more when its trials are let go
        while waiting or self.running:
            room = self.settings.concurrency() - len(self.running)
            for _ in range(min(room, len(waiting))):
                task = waiting.popleft()
                if away and not task.away:
                    self._hold(task)
                if task.job.trials:
                    self._start(task)
                else:
                    yield run(task.job, self.emit)  # others hold all of them, which it says at once
            done, _ = self.ray.wait(list(self.running), timeout=POLL) if self.running else ([], [])
            for events in self.ray.get(self.mailbox.take.remote()):
                for event in pickle.loads(events):
                    self.emit(event)
            for reference in done:
                task = self.running.pop(reference)
                outcome = self._end(task, reference)
                if outcome is None:
                    waiting.appendleft(task)
                else:
                    task.claims.close()
                    yield outcome

    def _shared(self, folder: str) -> bool:
        """Whether every node sees the suite's folder, found out by a marker file where it is not said."""
        if self.settings.shared_folder is False:
            return False
        self.marker = self.held.enter_context(marker(folder))
        if self.settings.shared_folder:
            return True
        look = self.ray.remote(is_there)
        nodes = [node["NodeID"] for node in self.ray.nodes() if node["Alive"]]
        asked = [look.options(num_cpus=0, scheduling_strategy=on(node)).remote(self.marker) for node in nodes]
        answers, silent = self.ray.wait(asked, num_returns=len(asked), timeout=PATIENCE)
        for reference in silent:  # a node that just died; a task looks again for itself
            self.ray.cancel(reference, force=True)
        return all(self._answer(reference) for reference in answers)

    def _answer(self, reference: Any) -> bool:
        try:
            return bool(self.ray.get(reference))
        except self.ray.exceptions.RayError:
            return True

    def _hold(self, task: _Task) -> None:
        """Hold a task's trials, since its files go along."""
        task.job, task.away = task.claims.enter_context(task.job.claim()), True

    def _start(self, task: _Task) -> None:
        """Hand a task to the cluster."""
        files = task.job.pack() if task.away else None
        task.tries += 1
        luggage = self.ray.cloudpickle.dumps((on_own_device(task.job), files, self.marker))
        self.running[self.remote.remote(self.sent, task.job.key, luggage, self.mailbox)] = task

    def _end(self, task: _Task, reference: Any) -> Outcome | None:
        """The outcome of a task that ended; None where it is to be run again."""
        errors = self.ray.exceptions
        key = task.job.key
        try:
            outcome, ended, files = self.ray.get(reference)
        except (errors.NodeDiedError, errors.ObjectLostError):
            if task.tries <= self.settings.retries:
                self.emit(Note(key, f"its node died: it is run again ({task.tries} of {self.settings.retries})."))
                return None
            return Failed(key, f"its node died, {task.tries} times in all")
        except errors.OutOfMemoryError as error:
            return Failed(key, "its worker process was killed: its node was out of memory", str(error))
        except errors.WorkerCrashedError as error:
            said = self._said(key)
            end = UNHEARD if said is None else death(None, said)
            return Failed(key, f"its worker process {end}", said or str(error))
        except errors.RayTaskError as error:
            return Failed(key, one_line(error.cause), str(error))
        except errors.RayError as error:
            return Failed(key, f"Ray could not carry it out: {one_line(error)}", str(error))
        if task.away:
            try:
                notes = task.job.unpack(files)
            except ClaimLost as error:
                return Busy(key, error.owner)
            for note in notes:
                self.emit(Note(key, note))
        for event in ended:
            self.emit(event)
        return outcome

    def _said(self, key: str) -> str | None:
        """The end of what the process that carried a job out printed, read on its node; None where it is not found."""
        try:
            place = self.ray.get(self.mailbox.place.remote(key), timeout=PATIENCE)
            if place is None or not place[1]:
                return None
            node, files = place
            look = self.ray.remote(end_of).options(num_cpus=0, scheduling_strategy=on(node))
            said: str | None = self.ray.get(look.remote(files), timeout=PATIENCE)
        except self.ray.exceptions.RayError:
            return None
        return said

    def _cancel(self) -> None:
        """End what runs."""
        for reference in self.running:
            self.ray.cancel(reference, force=True)
        if self.running:
            self.ray.wait(list(self.running), num_returns=len(self.running), timeout=PATIENCE)

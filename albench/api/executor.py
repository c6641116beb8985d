"""The contract of an executor: carries trials out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self


@dataclass(frozen=True)
class Progress:
    """How far one trial is.

    Attributes
    ----------
    key
        The trial.
    round, rounds
        The round it is in, of how many.
    step, steps
        The training step in that round, of how many.
    metric
        Name and latest test value, once there is one.
    """

    key: str
    round: int
    rounds: int
    step: int
    steps: int
    metric: tuple[str, float] | None = None


@dataclass(frozen=True)
class Note:
    """One line that the user should read about a trial."""

    key: str
    text: str


@dataclass(frozen=True)
class Done:
    """A trial that is complete on disk."""

    key: str
    seconds: float


@dataclass(frozen=True)
class Failed:
    """A trial that could not be carried out: data, not a crash.

    Attributes
    ----------
    reason
        One line.
    detail
        The traceback, where there is one.
    ends_run
        Whether the fault is the results folder's, which cannot be written any more, or the device's, which answers no
        more: the run ends, and the trial does not count as failed.
    device_lost
        Of both, whether it is the device's.
    """

    key: str
    reason: str
    detail: str = ""
    ends_run: bool = False
    device_lost: bool = False


@dataclass(frozen=True)
class Busy:
    """A trial that another process is carrying out right now."""

    key: str
    owner: str


@dataclass(frozen=True)
class Stopped:
    """A trial that has rounds left, since the run came to its time limit; the next run goes on with it."""

    key: str


Outcome = Done | Failed | Busy | Stopped


@dataclass(frozen=True)
class Ended:
    """What became of one trial of a job that carries several."""

    outcome: Outcome

    @property
    def key(self) -> str:
        return self.outcome.key


Event = Progress | Note | Ended


class OneTrial(Protocol):
    """A trial of a job."""

    @property
    def key(self) -> str:
        """Names the trial in its suite."""


class Job(Protocol):
    """One trial, or several that train together: all that an executor may know of it. It can be pickled.

    An executor whose workers see the suite's folder hands it on as it is. One whose workers do not holds the trials,
    sends their files along, and brings home what came of them::

        with job.claim() as held:                # here: no other process begins them meanwhile
            files = held.pack()
            ...                                  # there: in an empty folder
            away = held.at(folder)
            away.unpack(files)
            outcome = run(away, emit)
            files = away.pack()
            ...                                  # here again
            notes = held.unpack(files)
    """

    @property
    def key(self) -> str:
        """Names the job, and its outcome."""

    @property
    def folder(self) -> str:
        """The suite's folder."""

    @property
    def trials(self) -> Sequence[OneTrial]:
        """The trials that it carries out; none where others hold all of them, which ``run`` then tells at once."""

    @property
    def device(self) -> str:
        """Where it trains: ``cpu``, ``cuda`` or ``cuda:N``, as the driver counts them."""

    def on_device(self, name: str) -> Self:
        """The same job on a device of another name, for a worker that sees no GPU but its own."""

    def claim(self) -> contextlib.AbstractContextManager[Self]:
        """Hold the trials until the context ends, and give the job without those that other processes hold.

        Its outcome tells of the others as well.

        Raises
        ------
        FolderError
            The suite's folder cannot be written: leave it to end the run.
        """

    def at(self, folder: str | Path) -> Self:
        """The same job in another folder, which is empty and its own."""

    def pack(self) -> bytes:
        """What is on disk of the trials; of a job in a folder of its own, all that is there."""

    def unpack(self, files: bytes) -> list[str]:
        """Put packed files in the job's folder, in place of what it holds of the trials.

        Returns
        -------
        One line for each file that could not be added, as there is another of its name.

        Raises
        ------
        ClaimLost
            Another process took over a trial that was held; nothing was written. The outcome is ``Busy``.
        FolderError
            The folder cannot be written: leave it to end the run.
        """


Run = Callable[[Any, Callable[[Event], None]], Outcome]


class Executor:
    """Base of an executor. Subclass as a frozen dataclass whose fields are the options."""

    def map(self, run: Run, jobs: Sequence[Job], emit: Callable[[Event], None]) -> Iterator[Outcome]:
        """Carry out every job once, in any order.

        Parameters
        ----------
        run
            A module-level function ``run(job, emit) -> Outcome``; it and the jobs can be pickled. It returns
            ``Failed`` for what goes wrong inside a trial; a worker that dies is the executor's to report. Its module's
            ``IMPORTS``, where it has any, are the names of modules that it imports once it is called.
        jobs
            What to carry out. Of one that carries several trials ``run`` reports each one's end as an ``Ended`` event;
            ``Failed`` or ``Busy`` of the job counts for those that had not ended.
        emit
            To be called, in the calling process, with each event that a trial reports.
        """
        raise NotImplementedError

    def concurrency(self) -> int:
        """How many trials are carried out at once, for estimates."""
        return 1

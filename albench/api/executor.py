"""The contract of an executor: carries trials out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


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
        Whether the fault is the results folder's, which cannot be written any more: the run ends, and the trial does
        not count as failed.
    """

    key: str
    reason: str
    detail: str = ""
    ends_run: bool = False


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


class Job(Protocol):
    """One trial, or several that train together, as an executor sees it: a key and nothing that cannot be pickled."""

    @property
    def key(self) -> str: ...


Run = Callable[[Any, Callable[[Event], None]], Outcome]


class Executor:
    """Base of an executor. Subclass as a frozen dataclass whose fields are the options."""

    def map(self, run: Run, jobs: Sequence[Job], emit: Callable[[Event], None]) -> Iterator[Outcome]:
        """Carry out every job once, in any order.

        Parameters
        ----------
        run
            A module-level function ``run(job, emit) -> Outcome``; it and the jobs can be pickled. It returns
            ``Failed`` for what goes wrong inside a trial; a worker that dies is the executor's to report.
        jobs
            The trials.
        emit
            To be called, in the calling process, with each event that a trial reports.
        """
        raise NotImplementedError

    def concurrency(self) -> int:
        """How many trials are carried out at once, for estimates."""
        return 1

"""An executor under test: given jobs, its outcomes and events are kept."""

from __future__ import annotations

import functools
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from albench.api.executor import Event, Executor, Outcome
from albench.suite.limits import TooLong, at_most
from albench.testing.executor_jobs import Act, Probe, probe, run
from albench.testing.report import Fault, Subject

PATIENCE = 60.0
"""Seconds after which jobs that take no time should have been carried out."""


@dataclass
class Carried:
    """What came of some jobs, in the order in which it came.

    Attributes
    ----------
    error
        What left ``map``.
    elsewhere
        How often ``emit`` was called in another process.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    error: BaseException | None = None
    elsewhere: int = 0

    def by_key(self) -> dict[str, Outcome]:
        """Outcome of each job."""
        return {outcome.key: outcome for outcome in self.outcomes}


Listen = Callable[[Event], None]


def _silent(_: Event) -> None:
    """Nothing."""


class ExecutorSubject(Subject):
    """An executor under test."""

    def __init__(self, build: Callable[[], Any]) -> None:
        super().__init__(build)
        executor = build()
        for name in ("map", "concurrency"):
            if not callable(getattr(executor, name, None)):
                raise Fault(f"{type(executor).__name__} has no {name}(): subclass albench.api.Executor")

    @functools.cached_property
    def folder(self) -> Path:
        """The folder of the suite that jobs are of."""
        made = tempfile.TemporaryDirectory(prefix="albench-", ignore_cleanup_errors=True)
        return Path(self.held.enter_context(made)).resolve()

    def job(self, key: str, act: Act = "done", place: str = "") -> Probe:
        """A job of one trial."""
        return probe(self.folder, key, act, place)

    def attempt(self, jobs: Sequence[Probe], executor: Executor | None = None, listen: Listen = _silent) -> Carried:
        """Carry jobs out, by default with a fresh executor; what leaves ``map`` is kept.

        Parameters
        ----------
        listen
            Called with each event as it comes.
        """
        self.case = described(jobs)
        carried, here = Carried(), os.getpid()

        def emit(event: Event) -> None:
            carried.elsewhere += os.getpid() != here
            carried.events.append(event)
            listen(event)

        try:
            with at_most(PATIENCE):
                for outcome in (executor or self.build()).map(run, jobs, emit):
                    carried.outcomes.append(outcome)
        except TooLong:
            missing = sorted({job.key for job in jobs} - {outcome.key for outcome in carried.outcomes})
            raise Fault(f"map had not ended after {PATIENCE:g} s; without an outcome: {', '.join(missing)}") from None
        except (Exception, SystemExit) as error:
            carried.error = error
        return carried

    def carry_out(self, jobs: Sequence[Probe], executor: Executor | None = None, listen: Listen = _silent) -> Carried:
        """Carry jobs out; each has to have one outcome.

        Raises
        ------
        Fault
            An error left ``map``, or an outcome is missing or too many.
        """
        carried = self.attempt(jobs, executor, listen)
        if isinstance(carried.error, SystemExit):
            raise Fault(f"map called sys.exit({carried.error.code!r})")
        if carried.error is not None:
            raise carried.error
        one_each(jobs, carried)
        return carried

    def process(self) -> int:
        """The id of the process that carries a job out."""
        outcome = self.carry_out([self.job("where", "where")]).outcomes[0]
        reason = getattr(outcome, "reason", "")
        if not reason.isdigit():
            raise Fault(f"a job's Failed came back as {outcome}")
        return int(reason)


def one_each(jobs: Sequence[Probe], carried: Carried) -> None:
    """Check that each job has one outcome.

    Raises
    ------
    Fault
        One has none, or several, or there is an outcome of no job.
    """
    strange = [outcome for outcome in carried.outcomes if not isinstance(outcome, Outcome)]
    if strange:
        raise Fault(f"map gave a {type(strange[0]).__name__}, not a Done, Failed or Busy")
    counts = Counter(outcome.key for outcome in carried.outcomes)
    for job in jobs:
        if counts[job.key] != 1:
            raise Fault(f"job '{job.key}' has {counts[job.key]} outcomes, not one")
    unknown = sorted(counts.keys() - {job.key for job in jobs})
    if unknown:
        raise Fault(f"there is an outcome of '{unknown[0]}', which is no job's key")


def described(jobs: Sequence[Probe]) -> str:
    """The jobs as text."""
    return f"{len(jobs)} jobs: " + ", ".join(f"{job.key} ({job.act})" for job in jobs) if jobs else "no jobs"

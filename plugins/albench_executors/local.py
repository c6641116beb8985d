"""Trials one after the other, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from albench.api import Event, Executor, Job, Outcome, Run


@dataclass(frozen=True)
class Local(Executor):
    """Trials one after the other, in this process."""

    def map(self, run: Run, jobs: Sequence[Job], emit: Callable[[Event], None]) -> Iterator[Outcome]:
        for job in jobs:
            yield run(job, emit)

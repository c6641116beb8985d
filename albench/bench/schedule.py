"""When jobs end that some workers carry out in order."""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """What a job costs, in seconds.

    Attributes
    ----------
    before
        Until its first training.
    first
        First rounds by their identity: one that another job has made is taken, one that another job is making is
        waited for.
    after
        All that follows.
    """

    before: float
    first: Mapping[Hashable, float]
    after: float


@dataclass(frozen=True)
class Schedule:
    """When all jobs have ended, and the seconds of those first rounds that were made."""

    seconds: float
    first: float


def schedule(loads: Iterable[Load], workers: int, ready: float = 0.0) -> Schedule:
    """Give each job in turn to the worker that is free first.

    Parameters
    ----------
    ready
        When the workers can begin.
    """
    free = [ready] * workers
    made: dict[Hashable, float] = {}
    paid = 0.0
    end = 0.0
    for load in loads:
        now = heapq.heappop(free) + load.before
        now = max([now, *(made[key] for key in load.first if key in made)])
        missing = [key for key in load.first if key not in made]
        train = sum(load.first[key] for key in missing)
        now, paid = now + train, paid + train
        made.update(dict.fromkeys(missing, now))
        now += load.after
        end = max(end, now)
        heapq.heappush(free, now)
    return Schedule(end, paid)

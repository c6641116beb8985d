"""What a training step takes, or the fit that an estimator's round is: once warm, where there is time for that."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from torch import Tensor

from albench.api.method import Batch
from albench.bench.rates import seconds
from albench.trial.run import TrialRun

STEP_LIMIT = 10.0
"""Seconds after which timing steps is given up."""
STEPS = 24
"""Training steps that are timed at most, ..."""
ENOUGH = 0.4
"""... or about as many as fit into so many seconds."""


def training_seconds(run: TrialRun) -> float:
    """Seconds of a step, or of the fit that an estimator's round is."""
    if run.parts.whole:
        return steady(lambda: run.fit(0))
    return repeated(run.network.step, zip(run.batches(0)))


def repeated(step: Callable[[int, Sequence[Batch]], dict[str, Tensor]], batches: Iterable[Sequence[Batch]]) -> float:
    """Seconds of a step, its batches included; the first one does not count where there is time for others."""
    stream = iter(batches)

    def some(count: int) -> int:
        logs: dict[str, Tensor] = {}
        done = 0
        for done, each in enumerate(islice(stream, count), start=1):
            logs = step(done - 1, each)
        for value in logs.values():
            value.sum().item()  # the device has done all of it
        return done

    first = seconds(lambda: some(1))
    if first > STEP_LIMIT / 4:
        return first
    count = max(4, min(STEPS, int(ENOUGH / first)))
    started = time.perf_counter()
    done = some(count)
    return (time.perf_counter() - started) / done if done else first


def steady(work: Callable[[], object]) -> float:
    """Of the second call, or of the first where that was long."""
    first = seconds(work)
    return first if first > ENOUGH else min(first, seconds(work))

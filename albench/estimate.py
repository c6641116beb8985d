"""How long a plan will take: a few real steps are timed, nothing is stored."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from albench.plan import Trial

if TYPE_CHECKING:
    from albench.loop import Run
    from albench.prepare import Plan

STEPS = 5
"""Steps that are timed for each combination of data set, method and backbone."""


def estimate(plan: Plan) -> str:
    """A sentence such as ``about 2 min (5 timed steps of each combination, 2 trials at once)``.

    Queries are not timed: their cost depends on the trained model.
    """
    import torch

    from albench.loop import Parts, Run, numerics
    from albench.plugins import registry

    found = registry(plan.plugin_files)
    measured: dict[tuple[str, str, str], float] = {}
    total = 0.0
    for trial in plan.todo:
        combination = (trial.dataset, trial.method, trial.backbone)
        if combination not in measured:
            data = plan.data[trial.dataset]
            parts = Parts(
                data.dataset,
                data.splits,
                found.build("method", trial.method),
                found.build("strategy", trial.strategy),
                found.build("backbone", trial.backbone),
                plan.amounts[trial.dataset],
                torch.device(plan.device),
            )
            with numerics(trial.protocol.threads):
                measured[combination] = _round_seconds(Run(trial, parts, lambda _: None), trial)
        total += measured[combination] * trial.protocol.rounds
    at_once = _at_once(plan)
    return f"about {duration(total / at_once)} ({STEPS} steps of each combination timed, {at_once} trials at once)"


def _round_seconds(run: Run, trial: Trial) -> float:
    """Seconds of one round, from a few timed steps and one timed evaluation."""
    model, seconds = run.time_steps(STEPS)
    started = time.perf_counter()
    run.validate(model)
    evaluation = time.perf_counter() - started
    return seconds / STEPS * trial.protocol.steps + (trial.protocol.evaluations + 3) * evaluation


def _at_once(plan: Plan) -> int:
    """Trials that the executor carries out side by side."""
    from albench.plugins import registry

    executor = registry(plan.plugin_files).build("executor", plan.executor)
    return max(1, min(len(plan.todo), executor.concurrency()))


def duration(seconds: float) -> str:
    """``45 s``, ``3 min`` or ``2.5 h``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"

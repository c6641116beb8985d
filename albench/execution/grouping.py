"""Which trials make a job: each alone, or the seeds that share their steps; and which share their first round."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from albench.api.task import Task
from albench.devices import is_accelerator
from albench.execution.job import Job, Terms
from albench.execution.plan import Plan
from albench.suite.trials import Trial

MOST_ON_CPU, MOST_ELSEWHERE = 8, 32
"""Seeds in one step where ``lanes`` is auto."""


CPU_BYTES = 640 * 1024
"""Largest batch of one lane with which lanes pay on a CPU: with more, those of eight fall out of the cache between two
operations, where each by itself stays in it. Measured by benchmarks/perf/lanes.py."""


def _alone_because(plan: Plan, trial: Trial) -> str:
    """Why a trial cannot share its steps with other seeds; empty where it can, or nobody asked."""
    if trial.protocol.lanes == "off":
        return ""
    if trial.protocol.tune:
        return "settings are tuned for each seed by itself"
    built = plan.registry.parts(trial)
    method, _, backbone = built
    if built.whole:
        return f"{trial.backbone} is fitted whole by {trial.method}"
    for name, part in ((f"method {trial.method}", method), (f"backbone {trial.backbone}", backbone)):
        if not part.vmap_safe:
            return f"{name} does not say that it is vmap_safe"
    rows = trial.protocol.batch_size * (1 + len(method.views) * method.unlabeled_ratio)
    if not is_accelerator(trial.protocol.device) and not pays_on_cpu(plan.data[trial.dataset].splits.task, rows):
        return f"on {trial.dataset} together would be slower than one by one on a CPU"
    return ""


def pays_on_cpu(task: Task, rows: int) -> bool:
    """Whether lanes of so many rows a step are no slower than solo runs."""
    return task.modality == "features" and rows * 4 * math.prod(task.shape) <= CPU_BYTES


def notes(plan: Plan) -> list[str]:
    """One line for each reason why some of the trials train alone."""
    reasons = dict.fromkeys(_alone_because(plan, trial) for trial in plan.todo)
    return [f"lanes: {reason}, so its seeds train one by one." for reason in reasons if reason]


def jobs_of(plan: Plan, trials: Sequence[Trial], concurrency: int) -> Iterator[Job]:
    """The jobs of some trials, in the order in which their first ones come.

    Parameters
    ----------
    concurrency
        Jobs that the executor carries out at once: lanes do not leave a worker idle.
    """
    first_rounds = Counter(_first_round(trial) for trial in trials)
    groups: dict[Any, list[Trial]] = {}
    for trial in trials:
        alone = trial.protocol.lanes == "off" or _alone_because(plan, trial)
        same = trial.key if alone else (trial.resolved, trial.protocol)
        groups.setdefault(same, []).append(trial)
    wide = sum(len(group) for same, group in groups.items() if not isinstance(same, str))
    for same, group in groups.items():
        for members in _even(group, _most(group[0], wide, concurrency)):
            first = members[0]
            yield Job(
                key=first.key,
                folder=str(plan.folder),
                trials=tuple(members),
                settings=plan.settings,
                terms=Terms(plan.run, plan.data[first.dataset].hash, plan.made[first.key], plan.only_with),
                together=not isinstance(same, str),
                share=plan.settings.share
                and not plan.registry.parts(first).whole  # what is fitted is no tensor that could lie on disk
                and any(first_rounds[_first_round(trial)] > 1 for trial in members),
            )


def _first_round(trial: Trial) -> tuple[Any, ...]:
    """What decides a trial's first round."""
    dataset, method, _, backbone = trial.resolved
    return dataset, method, backbone, trial.seed, trial.protocol


def _most(trial: Trial, wide: int, concurrency: int) -> int:
    lanes = trial.protocol.lanes
    if lanes == "off":
        return 1
    if lanes != "auto":
        return int(lanes)
    most = MOST_ELSEWHERE if is_accelerator(trial.protocol.device) else MOST_ON_CPU
    return max(1, min(most, -(-wide // max(1, concurrency))))


def _even(group: list[Trial], most: int) -> Iterator[list[Trial]]:
    """Parts of nearly one size."""
    count = -(-len(group) // most)
    for at in range(count):
        yield group[at * len(group) // count : (at + 1) * len(group) // count]

"""How long a plan will take: its parts are tried, its jobs are laid out over the workers; nothing is stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from albench.components.side_effects import printed_aside
from albench.wording import counted

if TYPE_CHECKING:
    from albench.bench.costs import Meter
    from albench.bench.schedule import Load
    from albench.execution.job import Job
    from albench.execution.plan import Plan
    from albench.suite.trials import Trial

BUDGET = 12.0
"""Seconds in which the parts of trials are timed."""
START_LIMIT = 15.0
"""Seconds after which a worker that is started to be timed is given up."""
TUNE = "tuning"
"""Begins what names a tuning among what several jobs share."""


@dataclass(frozen=True)
class TimeEstimate:
    """How long a plan will take.

    Attributes
    ----------
    seconds
        From the start of the first job to the end of the last.
    workers
        Jobs at once.
    shares
        Part of the work -> its share.
    notes
        What was assumed, a line each.
    """

    seconds: float
    workers: int
    shares: dict[str, float]
    notes: list[str]

    @property
    def lines(self) -> list[str]:
        """``about 2 min, 2 trials at once: training 80 %, queries 20 %`` and the notes."""
        parts = ", ".join(f"{part} {share:.0%}" for part, share in self.shares.items() if share >= 0.005)
        return [f"about {duration(self.seconds)}, {self.workers} at once: {parts}", *self.notes]


@printed_aside()
def estimate(plan: Plan) -> TimeEstimate:
    """Time the parts of a plan's trials on freshly drawn weights, and lay its jobs out over the executor's workers."""
    from albench.bench.costs import Meter
    from albench.bench.schedule import schedule
    from albench.execution.grouping import jobs_of

    concurrency = plan.registry.build("executor", plan.executor).concurrency()
    jobs = list(jobs_of(plan, plan.todo, concurrency))
    workers = max(1, min(len(jobs), concurrency))
    meter = Meter(plan, BUDGET)
    for trial in plan.todo:
        meter.costs(trial)
    for job in jobs:
        if job.together:
            meter.lanes(job.trials)
    totals: dict[str, float] = defaultdict(float)
    loads = [_load(plan, job, meter, totals) for job in jobs]
    ready = meter.first_use + (_start(plan) if workers > 1 else 0.0)
    slower, why = _slower(plan, workers)
    found = schedule(loads, workers, ready / slower)
    shared = {key: seconds for load in loads for key, seconds in load.first.items()}
    tuning = sum(seconds for key, seconds in shared.items() if isinstance(key, tuple) and key[0] == TUNE)
    totals["training"] += found.first - tuning
    if tuning:
        totals["tuning"] += tuning
    totals["starting"] = ready / slower * workers
    whole = sum(totals.values())
    return TimeEstimate(
        seconds=found.seconds * slower,
        workers=workers,
        shares={part: value / whole for part, value in sorted(totals.items(), key=lambda item: -item[1])},
        notes=[*_assumed(meter), *why, *dict.fromkeys(meter.notes)],
    )


def _load(plan: Plan, job: Job, meter: Meter, totals: dict[str, float]) -> Load:
    """A job's seconds, added up by part; those of first rounds are told apart, for the schedule to count."""
    from albench.bench.schedule import Load
    from albench.execution.jobs import SHARED
    from albench.results.records import read_trial
    from albench.suite.tune import n_tries
    from albench.training.schedule import check_steps
    from albench.trial.first_round import SharedRounds

    first: dict[Hashable, float] = {}
    before = after = 0.0
    for trial in job.trials:
        costs, protocol = meter.costs(trial), trial.protocol
        done = 0 if plan.settings.fresh else len(read_trial(plan.folder / "trials" / trial.key).records)
        step = meter.lanes(job.trials) / len(job.trials) if job.together else costs.step
        training = [
            steps * step + len(check_steps(protocol, steps)) * costs.validation for steps in plan.steps_of(trial)[done:]
        ]
        left = protocol.rounds - done
        if done == 0:
            shared = SharedRounds(plan.folder / SHARED, job.terms.data_hash, lambda _: job.terms.made).path(trial)
            first["round", shared if job.share else trial.key] = training[0]
        again = 0.0
        if protocol.tune:
            tries = n_tries(protocol.tune, protocol.tries)
            if done == 0:
                first[_tuning(trial)] = tries * training[0]
            if protocol.tune_when == "every":
                again = tries * sum(training[1:] if done == 0 else training)
            totals["tuning"] += again
        later = sum(training[1:] if done == 0 else training)
        queries = (left - 1) * meter.query(trial) if left > 1 else 0.0
        before += costs.setup
        after += again + later + queries + left * costs.closing
        totals["setting up"] += costs.setup
        totals["training"] += later
        totals["queries"] += queries
        totals["evaluation"] += left * costs.closing
    return Load(before, first, after)


def _tuning(trial: Trial) -> tuple[Any, ...]:
    """What trials that share a tuning have in common."""
    own = trial.protocol.tune_seed == "own"
    row = (trial.dataset, trial.method, trial.backbone, trial.protocol)
    return (TUNE, *row, trial.seed if own else trial.protocol.tune_seed)


def _start(plan: Plan) -> float:
    """Seconds until a worker is ready: a new Python that imports and loads what a worker does."""
    from albench.bench.machine import start_seconds

    settings = plan.settings
    lines = [
        "import albench.execution.jobs, albench.trial.rounds",
        "from albench.components.registry import registry",
        "from albench.data.loading import load_data",
        f"plugins = registry({settings.plugin_files!r})",
        *(f"load_data({name!r}, {settings.data_dir!r}, plugins)" for name in plan.data),
    ]
    return start_seconds("\n".join(lines), START_LIMIT)


def _slower(plan: Plan, workers: int) -> tuple[float, list[str]]:
    """How many times slower a trial goes beside others than alone, and why that is assumed."""
    from albench.bench.machine import cores, load

    if plan.device != "cpu":
        if workers == 1:
            return 1.0, []
        return float(workers), ["workers that share a GPU are taken to be no faster together than one by one"]
    threads = workers * plan.suite.protocol.threads
    measured = load()
    if threads == 1:
        return 1.0, []
    if measured is None:
        why = "trials side by side are counted as no slower than one alone: 'albench bench', run once, measures that"
        return max(1.0, threads / cores()), [why]
    rates = measured["rates"]
    together = min(threads, max(1.0, rates["all"]["product"] / rates["one"]["product"]))
    return threads / together, [
        f"trials side by side are counted as {together / threads:.0%} as fast as one alone (albench bench)"
    ]


def _assumed(meter: Meter) -> list[str]:
    """What an estimate rests on."""
    found = ["timed here and now with fresh weights: other work on the machine, now or then, changes it"]
    if meter.untimed:
        found.append(
            f"for lack of time {counted(meter.untimed, 'part')} not timed: taken to cost the mean of the others"
        )
    return found


def duration(seconds: float) -> str:
    """``45 s``, ``3 min`` or ``2.5 h``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"

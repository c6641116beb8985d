"""What the parts of a plan's trials cost on this machine: each is tried once, on fresh weights, while time is left."""

from __future__ import annotations

import copy
import dataclasses
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from albench.bench.rates import seconds
from albench.bench.training_seconds import STEP_LIMIT, repeated, steady, training_seconds
from albench.errors import TrialError
from albench.execution.plan import Plan
from albench.suite.limits import TooLong, at_most
from albench.suite.settings import RunSettings
from albench.suite.trials import Trial, first_labels
from albench.training.evaluate import predict
from albench.training.lanes import Stack
from albench.training.loop import Trained
from albench.training.schedule import check_steps
from albench.trial.numerics import numerics
from albench.trial.parts import Parts
from albench.trial.queries import Queries
from albench.trial.run import TrialRun

LIMIT = 3.0
"""Seconds after which one thing that is being timed is given up."""
PART = 10
"""A query that takes too long is tried on one in so many items."""
UNTIL = {"costs": 0.5, "lanes": 0.65, "query": 1.0}
"""Share of the budget after which no other thing of a kind is begun."""


@dataclass(frozen=True)
class Costs:
    """Seconds of what every trial of a data set, a method and a backbone does.

    Attributes
    ----------
    setup
        Making a trial ready.
    step, validation
        A training step; a validation in mid-round.
    closing
        A round's end: metrics on all splits, predictions of the pool.
    """

    setup: float
    step: float
    validation: float
    closing: float


class Meter:
    """Times parts of trials, each once.

    Parameters
    ----------
    plan
        Whose trials.
    budget
        Seconds for all, about. What is not reached is taken to cost as much as the mean of its kind.

    Attributes
    ----------
    notes
        What could not be timed as it is, a line each.
    untimed
        Number of things that were not reached.
    first_use
        Seconds that strategies took when they were first called: mostly imports, which each worker makes too.
    """

    def __init__(self, plan: Plan, budget: float) -> None:
        self.notes: list[str] = []
        self.untimed = 0
        self.first_use = 0.0
        self._plan = plan
        self._device = torch.device(plan.device)
        self._start, self._budget = time.perf_counter(), budget
        self._runs: dict[tuple[str, str, str], TrialRun] = {}
        self._models: dict[tuple[str, str, str], nn.Module] = {}
        self._predicted: dict[tuple[str, str, str], tuple[Tensor, Tensor]] = {}
        self._ahead: Counter[str] = Counter()
        self._known: dict[str, dict[Any, Any]] = {kind: {} for kind in UNTIL}

    def costs(self, trial: Trial) -> Costs:
        """Of a trial, its queries aside."""
        key = _combination(trial)
        return self._once("costs", key, f"training {trial.method}", lambda: self._costs(trial)) or Costs(0, 0, 0, 0)

    def lanes(self, trials: Sequence[Trial]) -> float:
        """A training step of all trials together."""
        key = (*_combination(trials[0]), len(trials))
        what = f"training {trials[0].method} with {len(trials)} lanes"
        return self._once("lanes", key, what, lambda: self._lanes(trials, what)) or 0.0

    def query(self, trial: Trial) -> float:
        """One query, with the rounds that an oracle trains ahead for it."""
        key = (
            trial.dataset,
            trial.backbone,
            trial.strategy,
            self._plan.amounts[trial.dataset, trial.protocol].query_size,
        )
        what = f"a query of {trial.strategy} on {trial.dataset}"
        found = self._once("query", key, what, lambda: self._query(trial, what)) or 0.0
        ahead, costs = self._ahead[trial.strategy], self.costs(trial)
        steps = round(statistics.fmean(self._plan.steps_of(trial)))
        training = steps * costs.step + len(check_steps(trial.protocol, steps)) * costs.validation
        return float(found + ahead * training)

    def _once(self, kind: str, key: Any, what: str, measure: Callable[[], Any]) -> Any:
        """What was measured; None where it failed, and the mean of its kind where there was no time."""
        known = self._known[kind]
        if key not in known:
            values = [value for value in known.values() if value is not None]
            if values and time.perf_counter() > self._start + UNTIL[kind] * self._budget:
                self.untimed += 1
                known[key] = _mean(values)
            else:
                known[key] = self._tried(what, measure)
        return known[key]

    def _tried(self, what: str, measure: Callable[[], Any]) -> Any:
        try:
            with numerics(self._plan.suite.protocol.threads):
                return measure()
        except (Exception, SystemExit) as error:
            self.notes.append(f"{what} failed when it was tried: {' '.join(str(error).split())[:200]}")
            return None

    def _within(self, limit: float, what: str, work: Callable[[], float]) -> float:
        """What was timed, or the limit where it was not through by then."""
        try:
            with at_most(limit):
                return work()
        except TooLong:
            self.notes.append(f"{what} takes more than {limit:g} s: it is counted as {limit:g} s, which is too little")
            return limit

    def _run(self, trial: Trial) -> TrialRun:
        """A run of a combination's first trial."""
        key = _combination(trial)
        if key not in self._runs:
            data = self._plan.data[trial.dataset]
            parts = Parts(
                data.dataset,
                data.splits,
                **self._plan.registry.parts(trial)._asdict(),
                amounts=self._plan.amounts[trial.dataset, trial.protocol],
                device=self._device,
            )
            self._runs[key] = TrialRun(trial, parts, _ignore)
        return self._runs[key]

    def _costs(self, trial: Trial) -> Costs:
        run, what = self._run(trial), f"{trial.method} and {trial.backbone} on {trial.dataset}"
        last = trial.protocol.rounds - 1
        run.begin(0)
        model = self._model(run)
        return Costs(
            setup=self._within(
                LIMIT, f"setting up {what}", lambda: seconds(lambda: TrialRun(trial, run.parts, _ignore))
            )
            + self._initial(run, f"choosing the first labels of {trial.dataset}"),
            step=self._within(STEP_LIMIT, f"a step of {what}", lambda: training_seconds(run)),
            validation=0.0  # nothing is chosen of one fit
            if run.parts.whole
            else self._within(LIMIT, f"a validation of {what}", lambda: steady(lambda: run.validate(model))),
            closing=self._within(
                LIMIT, f"evaluating {what}", lambda: steady(lambda: run.finish(last, Trained({}, 0, model)))
            ),
        )

    def _model(self, run: TrialRun) -> nn.Module:
        """Fresh weights, or what an estimator is fitted to on the first labels."""
        key = _combination(run.trial)
        if key not in self._models:
            self._models[key] = run.fit(0).best if run.parts.whole else run.network.average
        return self._models[key]

    def _initial(self, run: TrialRun, what: str) -> float:
        """Of a strategy that chooses the first labels, where the protocol has one."""
        strategy = first_labels(self._plan.registry, run.trial.protocol)
        if strategy is None:
            return 0.0
        parts = dataclasses.replace(run.parts, initial=strategy, settings=RunSettings(query_time_limit=LIMIT))
        queries = Queries(run.trial, parts, run.train, run.bought)
        return self._within(LIMIT, what, lambda: _chosen(queries.first, self._device))

    def _lanes(self, trials: Sequence[Trial], what: str) -> float:
        parts = self._run(trials[0]).parts

        def timed() -> float:
            runs = [TrialRun(trial, parts, _ignore) for trial in trials]
            for run in runs:
                run.begin(0)
            stack = Stack([run.network for run in runs])
            return repeated(stack.step, zip(*(run.batches(0) for run in runs), strict=True))

        return self._within(STEP_LIMIT, what, timed)

    def _query(self, trial: Trial, what: str) -> float:
        run, key = self._run(trial), _combination(trial)
        model, pool = self._model(run), run.bought.annotated
        amounts = self._plan.amounts[trial.dataset, trial.protocol]
        if key not in self._predicted:
            self._predicted[key] = predict(model, run.train, pool.unlabeled)
        logits, embeddings = self._predicted[key]
        strategy = self._plan.registry.parts(trial).strategy

        def train(_: Tensor) -> tuple[float, ...]:
            self._ahead[trial.strategy] += 1
            return ()

        def timed(part: int, query_size: int) -> float:
            """A query on one in so many items, of a copy of what is bought."""
            self._ahead[trial.strategy] = 0
            parts = dataclasses.replace(
                run.parts,
                strategy=strategy,
                amounts=dataclasses.replace(amounts, query_size=query_size),
                settings=RunSettings(query_time_limit=LIMIT),
            )
            queries = Queries(run.trial, parts, run.train, copy.deepcopy(run.bought))
            some = dataclasses.replace(pool, unlabeled=pool.unlabeled[::part])
            outputs = run.outputs(0, model, (logits[::part], embeddings[::part]))
            return _chosen(lambda: queries.ask(some, outputs, train), self._device)

        few = min(amounts.query_size, 16)
        small = self._within(LIMIT, what, lambda: timed(max(1, len(pool.unlabeled) // (8 * few)), few))
        if small >= LIMIT:
            return small
        self.first_use += small
        try:
            return timed(1, amounts.query_size)
        except TooLong:
            part = PART if len(pool.unlabeled) // PART >= amounts.query_size else 1
        found = part * self._within(LIMIT, what, lambda: timed(part, amounts.query_size))
        self.notes.append(f"{what} takes more than {LIMIT:g} s: {found:.0f} s, from a {part}th of the pool")
        return found


def _chosen(work: Callable[[], object], device: torch.device) -> float:
    """Seconds of a choice; ``TooLong`` where its own time limit ended it."""
    started = time.perf_counter()
    try:
        return seconds(work, device)
    except TrialError:
        if time.perf_counter() - started >= LIMIT:
            raise TooLong from None
        raise


def _ignore(_: object) -> None:
    """Progress that nobody waits for."""


def _combination(trial: Trial) -> tuple[str, str, str]:
    return trial.dataset, trial.method, trial.backbone


def _mean(values: Sequence[Any]) -> Any:
    if isinstance(values[0], Costs):
        return Costs(*(statistics.fmean(part) for part in zip(*map(dataclasses.astuple, values), strict=True)))
    return statistics.fmean(values)

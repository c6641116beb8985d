"""A trial so small that its numbers can be made by hand: four features, two classes, a linear model."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from albench.api import Backbone, FeatureDataset, Method, Split, Splits, Strategy, Task
from albench.errors import TrialError
from albench.results.records import read_trial
from albench.results.store import TrialStore
from albench.suite.protocol import Amounts, Protocol
from albench.suite.trials import Trial
from albench.training.loop import Trained, train_round
from albench.trial.parts import Parts
from albench.trial.rounds import Lane, run_trials
from albench.trial.run import TrialRun


class Net(nn.Module):
    """Items are their own embeddings; the head's weights are 0, 0.1, .. 0.7."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(4, 2)
        with torch.no_grad():
            self.head.weight.copy_(torch.arange(8.0).view(2, 4) * 0.1)
            self.head.bias.zero_()

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.head(x), x


class NetBackbone(Backbone):
    def build(self, task: Task, generator: torch.Generator) -> nn.Module:
        return Net()


@dataclass(frozen=True)
class Plain(Method):
    """Cross entropy of the labelled items; logs the step's number."""

    def loss(self, forward: Any, batch: Any, state: Any, step: Any) -> Any:
        return functional.cross_entropy(forward(batch.x_lab), batch.y_lab), state, {"step": step.float()}


class Pick(Strategy):
    """The first positions."""

    def select(self, view: Any, budget: int) -> torch.Tensor:
        return torch.arange(budget)


class Tiny:
    """What tests make of the small trial."""

    task = Task("features", (4,), 2, ("a", "b"), pool_size=40)
    Net, Plain, Pick = Net, Plain, Pick

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def splits(self) -> Splits:
        """40, 20 and 20 items, two overlapping Gaussians."""
        rng = np.random.Generator(np.random.PCG64(0))
        parts = []
        for count in (40, 20, 20):
            y = np.arange(count) % 2
            parts.append(Split((rng.standard_normal((count, 4)) + 2 * y[:, None]).astype(np.float32), y))
        return Splits(*parts, self.task)

    def trial(self, seed: int = 0, **settings: Any) -> Trial:
        """Of two rounds of ten steps."""
        protocol = Protocol(
            **{"steps": 10, "batch_size": 4, "rounds": 2, "evaluations": 2, "validation": "all", **settings}
        )
        return Trial("d", "m", "s", "b", seed, protocol, ("d", "m", "s", "b"))

    def parts(self, method: Method | None = None, **changes: Any) -> Parts:
        """Starts from 6 labels and buys 4 a query, enough for four rounds."""
        given = FeatureDataset(), self.splits(), method or Plain(), Pick(), NetBackbone()
        parts = Parts(*given, Amounts(6, 4, 4), torch.device("cpu"))  # type: ignore[arg-type]
        return dataclasses.replace(parts, **changes)

    def run(self, method: Method | None = None, seed: int = 0, **settings: Any) -> TrialRun:
        return TrialRun(self.trial(seed, **settings), self.parts(method), lambda _: None)

    def train(self, run: TrialRun, number: int = 0) -> Trained | TrialError:
        """The training of a round that has begun."""
        (result,) = train_round(run.learner, [run.batches(number)], [run.validate], lambda _: None)
        return result

    def lane(self, trial: Trial, on_round: Callable[[dict[str, Any]], None] = lambda _: None) -> Lane:
        store = TrialStore(self.folder / str(trial.seed))
        store.folder.mkdir(exist_ok=True)
        return Lane(trial, store, {"data_hash": "x", "protocol": dataclasses.asdict(trial.protocol)}, on_round)

    def carry_out(
        self, trial: Trial, parts: Parts, emit: Callable[[Any], None] = lambda _: None
    ) -> list[dict[str, Any]]:
        """The records of a trial alone, or what ended it."""
        lane = self.lane(trial)
        run_trials([lane], parts, emit, together=False)
        if lane.error:
            raise lane.error
        return read_trial(lane.store.folder).records

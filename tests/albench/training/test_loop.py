"""One round's training: the best weights, and what ends it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tiny_trial import Tiny
from torch import nn

from albench.errors import TrialError
from albench.results.records import read_trial
from albench.suite.protocol import Protocol
from albench.training.loop import Trained, train_round


def test_the_weights_that_validate_best_are_kept(tiny: Tiny) -> None:
    run = tiny.run(steps=4, evaluations=4)
    run.begin(0)
    seen: list[torch.Tensor] = []
    scores = iter([(0.1, 0.5), (0.9, 0.6), (0.3, 0.7), (0.9, 0.6)])

    def validate(model: Any) -> tuple[float, ...]:
        seen.append(model.head.weight.clone())
        return next(scores)

    (trained,) = train_round(run.learner, [run.batches(0)], [validate], lambda _: None)
    assert isinstance(trained, Trained)
    assert trained.best_step == 4, "the last of two equals"
    assert torch.equal(trained.best.head.weight, seen[3])
    assert not torch.equal(seen[1], seen[3])


def test_a_loss_that_is_no_number_stops_the_trial(tiny: Tiny) -> None:
    class Exploding(tiny.Plain):
        def loss(self, forward: Any, batch: Any, state: Any, step: Any) -> Any:
            loss, state, logs = super().loss(forward, batch, state, step)
            return loss + torch.where(step >= 13, float("nan"), 0.0), state, logs

    message = r"the loss became nan in round 1, step 3; the steps before had [\d.]+, [\d.]+, [\d.]+: lower lr"
    with pytest.raises(TrialError, match=message):
        tiny.carry_out(tiny.trial(start="warm"), tiny.parts(Exploding()))
    assert len(read_trial(tiny.folder / "0").records) == 1


def test_a_memory_that_is_no_number_stops_the_trial(tiny: Tiny) -> None:
    class Forgetful(tiny.Plain):
        def init(self, task: Any, device: Any) -> Any:
            return {"scale": torch.ones(2), "far": torch.full((1,), float("inf"))}

        def loss(self, forward: Any, batch: Any, state: Any, step: Any) -> Any:
            loss, _, logs = super().loss(forward, batch, {}, step)
            return loss, {**state, "scale": torch.where(step >= 3, state["scale"] * float("nan"), state["scale"])}, logs

    with pytest.raises(TrialError, match=r"the method's state 'scale' became NaN in round 0, by step 4"):
        tiny.carry_out(tiny.trial(), tiny.parts(Forgetful()))


class Scripted:
    """Two lanes of which step after step has the given losses; a lane's average is its number of steps."""

    protocol = Protocol(evaluations=2, validation="all")
    round, steps = 0, 4

    def __init__(self, losses: list[list[float]]) -> None:
        self.state: dict[str, torch.Tensor] = {}
        self.losses = losses
        self.models = [nn.Linear(1, 1) for _ in losses[0]]
        self.taken: list[tuple[int, list[str]]] = []
        self.ended = False

    def step(self, number: int, batches: Any) -> dict[str, torch.Tensor]:
        self.taken.append((number, list(batches)))
        return {"loss": torch.tensor(self.losses[number])}

    def averaged(self, lane: int) -> nn.Module:
        with torch.no_grad():
            self.models[lane].weight.fill_(len(self.taken))
        return self.models[lane]

    def end_round(self) -> None:
        self.ended = True


NAN = float("nan")


def trained(trainee: Scripted) -> tuple[list[Any], list[int]]:
    """What each lane has, and the steps that were told; the second lane validates best in mid-round."""
    told: list[int] = []

    def steps(model: nn.Module) -> tuple[float, ...]:
        return (model.weight.item(),)  # type: ignore[operator,union-attr]

    scores = steps, lambda model: (-steps(model)[0],)
    return train_round(trainee, ["abcd", "efgh"], scores, told.append), told  # type: ignore[arg-type]


def test_each_lane_keeps_its_own_best_weights_and_curves() -> None:
    trainee = Scripted([[1, 10], [2, 20], [3, 30], [4, 40]])
    (first, second), told = trained(trainee)
    assert trainee.taken == [(0, ["a", "e"]), (1, ["b", "f"]), (2, ["c", "g"]), (3, ["d", "h"])]
    assert trainee.ended
    assert (first.best_step, first.best.weight.item()) == (4, 4)
    assert (second.best_step, second.best.weight.item()) == (2, 2)
    assert (first.curves, second.curves) == ({"loss": [1, 2, 3, 4]}, {"loss": [10, 20, 30, 40]})
    assert told == [4]


def test_a_lane_that_fails_leaves_the_other_alone() -> None:
    (first, second), told = trained(Scripted([[1, NAN], [2, NAN], [3, 30], [4, 40]]))
    assert first.best_step == 4
    assert str(second).startswith("the loss became nan in round 0, step 0")
    assert told == [4]


def test_a_round_ends_with_the_last_lane_that_fails() -> None:
    trainee = Scripted([[1, NAN], [NAN, 2], [3, 3], [4, 4]])
    (first, second), told = trained(trainee)
    assert [str(error)[:44] for error in (first, second)] == [
        "the loss became nan in round 0, step 1; the ",
        "the loss became nan in round 0, step 0; the ",
    ]
    assert len(trainee.taken) == 2
    assert not trainee.ended
    assert told == []

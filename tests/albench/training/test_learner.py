"""A learner: one step by hand, its memory, its checkpoints."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from tiny_trial import Tiny
from torch import nn
from torch.nn import functional

from albench.api import Task
from albench.errors import ContractError
from albench.suite.protocol import Protocol
from albench.testing.pretended import pretended_cuda, unavailable
from albench.training.learner import Learner, placed


def test_a_step_is_sgd_with_nesterov_and_decay_on_matrices_alone(tiny: Tiny) -> None:
    """One step by hand: v = g + wd w; w -= lr (v + momentum v)."""
    run = tiny.run(steps=1, weight_decay=0.1)
    run.begin(0)
    (batch,) = run.batches(0)
    by_hand = tiny.Net()
    functional.cross_entropy(by_hand(batch.x_lab)[0], batch.y_lab).backward()
    weight, bias = by_hand.head.weight, by_hand.head.bias
    assert weight.grad is not None
    assert bias.grad is not None
    expected_weight = weight - 0.03 * 1.9 * (weight.grad + 0.1 * weight)
    expected_bias = bias - 0.03 * 1.9 * bias.grad
    run.learner.step(0, [batch])
    head: Any = run.learner.model.head
    assert torch.allclose(head.weight, expected_weight, atol=1e-7)
    assert torch.allclose(head.bias, expected_bias, atol=1e-7)
    average: Any = run.learner.average.head
    assert torch.allclose(average.weight, 0.1 * tiny.Net().head.weight + 0.9 * expected_weight, atol=1e-7)


def test_gradients_are_clipped_as_torch_clips_them_step_by_step(tiny: Tiny) -> None:
    """Beside torch's optimizer and torch's clipping, with a limit that some steps exceed and some do not."""
    run = tiny.run(steps=30, clip=0.4, schedule="constant", optimizer="adamw", lr=0.05, weight_decay=0.1)
    run.begin(0)
    peer = tiny.Net()
    groups = [
        {"params": [peer.head.weight], "weight_decay": 0.1},
        {"params": [peer.head.bias], "weight_decay": 0.0},
    ]
    theirs = torch.optim.AdamW(groups, lr=0.05, betas=(0.9, 0.999), fused=True)
    norms = []
    for step, batch in enumerate(run.batches(0)):
        theirs.zero_grad()
        functional.cross_entropy(peer(batch.x_lab)[0], batch.y_lab).backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(peer.parameters(), 0.4)))
        theirs.step()
        run.learner.step(step, [batch])
        head: Any = run.learner.model.head
        assert torch.allclose(head.weight, peer.head.weight, atol=1e-6)
        assert torch.allclose(head.bias, peer.head.bias, atol=1e-6)
    assert min(norms) < 0.4 < max(norms)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"memory": torch.zeros(3)}, "'memory' changed its shape"),
        ({"memory": torch.zeros(2, dtype=torch.float64)}, "'memory' changed its shape or type"),
        ({}, "'memory'.* went missing"),
        ({"memory": torch.zeros(2), "more": torch.zeros(1)}, r"gained \['more'\]"),
    ],
)
def test_a_state_that_changes_its_shape_is_named(tiny: Tiny, change: dict, message: str) -> None:
    class Forgetful(tiny.Plain):
        def init(self, task: Task, device: torch.device) -> dict[str, torch.Tensor]:
            return {"memory": torch.zeros(2)}

        def loss(self, forward: Any, batch: Any, state: Any, step: Any) -> Any:
            return (*super().loss(forward, batch, state, step)[:1], change, {})

    with pytest.raises(ContractError, match=message):
        tiny.carry_out(tiny.trial(), tiny.parts(Forgetful()))


def test_a_checkpoint_restores_everything(tiny: Tiny) -> None:
    first, second = (tiny.run(steps=6, start="warm") for _ in range(2))
    first.begin(0)
    tiny.train(first)
    second.learner.restore(copy.deepcopy(first.learner.checkpoint()))
    for run in (first, second):
        run.begin(1)
        tiny.train(run, 1)
    assert all(
        torch.equal(a, b)
        for a, b in zip(
            first.learner.model.state_dict().values(), second.learner.model.state_dict().values(), strict=True
        )
    )
    assert first.learner.first_step == second.learner.first_step == 12


def test_a_learner_takes_any_device_that_it_is_given(tiny: Tiny) -> None:
    learner = Learner(tiny.Net(), tiny.Plain(), tiny.task, Protocol(), torch.device("cpu"))
    assert {p.device.type for p in learner.model.parameters()} == {"cpu"}
    assert not any(p.requires_grad for p in learner.average.parameters())


def test_a_round_begins_in_training_mode_whatever_was_evaluated_before(tiny: Tiny) -> None:
    run = tiny.run()
    run.learner.model.eval()
    run.begin(0)
    assert run.learner.model.training
    assert run.learner.averaged() is run.learner.average
    assert not run.learner.average.training


def test_a_model_is_sent_in_one_copy_a_type_and_shares_what_it_shared() -> None:
    if reason := unavailable():
        pytest.skip(reason)
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Linear(3, 3))
    model[2].weight = model[0].weight
    expected = {name: value.clone() for name, value in model.state_dict().items()}
    with pretended_cuda() as account:
        there = placed(model, torch.device("cuda", 0))
        assert there is model
        assert account.count("waits") == len({torch.float32, torch.int64})
        assert model[2].weight is model[0].weight
        for name, value in model.state_dict().items():
            assert value.is_cuda
            assert torch.equal(value.cpu(), expected[name])
        assert all(parameter.requires_grad for parameter in model.parameters())

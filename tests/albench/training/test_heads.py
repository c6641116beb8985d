"""A method's own heads: part of the model in every way, and never what predicts."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from tiny_trial import Tiny
from torch import nn
from torch.nn import functional

from albench.api import Method, Task
from albench.errors import ContractError, UserError
from albench.training.dropout import Dropout
from albench.training.forward import ModelForward
from albench.training.heads import build_model, sized, with_heads
from albench.training.lanes import Stack
from albench.training.loop import Trained
from albench.trial.run import TrialRun, weights_hash

TASK = Task("features", (4,), 2, ("a", "b"))


@dataclass(frozen=True)
class Two(Method):
    """The backbone's head learns the labels, a head of three outputs whether the first feature is small."""

    def heads(self, task: Task) -> Mapping[str, int]:
        return {"small": task.embedding_size - 1}

    def loss(self, forward: Any, batch: Any, state: Any, step: Any) -> Any:
        logits, z = forward.embed(batch.x_lab)
        small = (batch.x_lab[:, 0] < 1).long()
        own = functional.cross_entropy(forward.head(z, "small"), small)
        return functional.cross_entropy(logits, batch.y_lab) + own, state, {"own_loss": own.detach()}


def own(run: TrialRun, model: str = "model") -> nn.Linear:
    found: Any = getattr(run.learner, model)
    layer: nn.Linear = found.method_heads["small"]
    return layer


def test_a_method_without_heads_leaves_the_model_as_it_is(tiny: Tiny) -> None:
    model = tiny.Net()
    assert with_heads(model, tiny.Plain(), TASK, torch.Generator()) is model
    assert list(model.state_dict()) == ["head.weight", "head.bias"]


def test_heads_are_drawn_from_their_own_stream(tiny: Tiny) -> None:
    """The model's own weights are those of every other method; other streams give other heads."""
    backbone: Any = tiny.parts().backbone
    one, same, other = (build_model(backbone, Two(), TASK, "s", number) for number in (0, 0, 1))
    model, before = tiny.Net(), torch.random.get_rng_state()
    with_heads(model, Two(), TASK, torch.Generator())
    assert torch.equal(torch.random.get_rng_state(), before)
    plain, heads = tiny.Net().state_dict(), [dict(made.named_parameters()) for made in (one, same, other)]
    for name, value in plain.items():
        assert torch.equal(heads[0][name], value)
    name = "method_heads.small.weight"
    assert heads[0][name].shape == (3, 4)
    assert torch.equal(heads[0][name], heads[1][name])
    assert not torch.equal(heads[0][name], heads[2][name])
    assert not heads[0]["method_heads.small.bias"].any()


def test_a_step_is_that_of_any_other_weight(tiny: Tiny) -> None:
    """One step of SGD with Nesterov momentum by hand, and the average after it."""
    run = tiny.run(Two(), steps=1, weight_decay=0.1)
    before = copy.deepcopy(own(run))
    run.begin(0)
    (batch,) = run.batches(0)
    functional.cross_entropy(before(batch.x_lab), (batch.x_lab[:, 0] < 1).long()).backward()
    assert before.weight.grad is not None
    assert before.bias.grad is not None
    weight = before.weight - 0.03 * 1.9 * (before.weight.grad + 0.1 * before.weight)
    run.learner.step(0, [batch])
    torch.testing.assert_close(own(run).weight, weight)
    torch.testing.assert_close(own(run).bias, before.bias - 0.03 * 1.9 * before.bias.grad)
    torch.testing.assert_close(own(run, "average").weight, 0.1 * before.weight + 0.9 * weight)


def test_what_predicts_is_the_backbones_head(tiny: Tiny) -> None:
    """A second head beside it changes no prediction, but the weights' hash."""
    best: list[Any] = []
    for each in (tiny.run(Two()), tiny.run()):
        each.begin(0)
        trained = tiny.train(each)
        assert isinstance(trained, Trained)
        best.append(trained.best)
    x = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
    ours, theirs = best
    assert torch.equal(ours(x)[0], theirs(x)[0])
    assert weights_hash(ours) != weights_hash(theirs)
    hashed = weights_hash(ours)
    with torch.no_grad():
        ours.method_heads["small"].bias.add_(1)
    assert weights_hash(ours) != hashed


def test_a_checkpoint_has_them(tiny: Tiny) -> None:
    first, second = (tiny.run(Two(), steps=6, start="warm") for _ in range(2))
    first.begin(0)
    tiny.train(first)
    kept = copy.deepcopy(first.learner.checkpoint())
    assert "method_heads.small.weight" in kept["model"]
    second.learner.restore(kept)
    for run in (first, second):
        run.begin(1)
        tiny.train(run, 1)
    for model in ("model", "average"):
        assert torch.equal(own(first, model).weight, own(second, model).weight)
    assert not torch.equal(own(first).weight, kept["model"]["method_heads.small.weight"])


def test_a_cold_start_draws_them_anew(tiny: Tiny) -> None:
    run = tiny.run(Two(), start="cold")
    first = own(run).weight.clone()
    run.begin(0)
    run.begin(1)
    assert not torch.equal(own(run).weight, first)


def test_lanes_train_each_its_own(tiny: Tiny) -> None:
    runs, solo = [tiny.run(Two(), seed, steps=5) for seed in (0, 1)], tiny.run(Two(), 1, steps=5)
    for run in (*runs, solo):
        run.begin(0)
    stack = Stack([run.learner for run in runs])
    for step, (*pair, single) in enumerate(zip(*[run.batches(0) for run in (*runs, solo)], strict=True)):
        lanes, alone = stack.step(step, pair), solo.learner.step(step, [single])
        torch.testing.assert_close(lanes["own_loss"][1], alone["own_loss"])
    stack.end_round()
    assert not torch.equal(own(runs[0]).weight, own(runs[1]).weight)
    for model in ("model", "average"):
        torch.testing.assert_close(own(runs[1], model).weight, own(solo, model).weight)


def test_heads_inside_a_loss(tiny: Tiny) -> None:
    model, average = (with_heads(tiny.Net(), Two(), TASK, torch.Generator().manual_seed(n)) for n in (0, 1))
    forward, layer = ModelForward(model, average), model.method_heads["small"]  # type: ignore[index]
    z = torch.randn(3, 4, generator=torch.Generator().manual_seed(2), requires_grad=True)
    assert torch.equal(forward.head(z), model(z)[0])
    assert torch.equal(forward.head(z, "small"), layer(z))
    assert forward.head(z, "small").requires_grad
    assert not forward.frozen_head(z, "small").requires_grad
    assert torch.equal(forward.frozen_head(z), model(z)[0])
    assert torch.equal(forward.ema_embed(z)[1], average(z)[1])
    assert torch.equal(forward.ema_embed(z)[0], forward.ema(z))
    with pytest.raises(ContractError, match="asks for the head 'large', which its heads do not name"):
        forward.head(z, "large")


def test_only_the_differentiable_head_drops(tiny: Tiny) -> None:
    model = with_heads(tiny.Net(), Two(), TASK, torch.Generator().manual_seed(0))
    forward = ModelForward(model, model, Dropout(0.5, torch.tensor(3)))
    z = torch.ones(8, 4)
    masks = Dropout(0.5, torch.tensor(3))
    torch.testing.assert_close(forward.head(z, "small"), model.method_heads["small"](masks(z)))  # type: ignore[index]
    assert torch.equal(forward.frozen_head(z, "small"), model.method_heads["small"](z))  # type: ignore[index]


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"a b": 2}, "head 'a b' with 2 outputs: give a name and a number from 1 on"),
        ({"own": 0}, "head 'own' with 0 outputs"),
        ({"own": 1.5}, "head 'own' with 1.5 outputs"),
        ({"half": 2}, "head 'half' has a name that every module of torch has"),
    ],
)
def test_heads_that_cannot_be_are_told(tiny: Tiny, named: dict[str, int], message: str) -> None:
    class Odd(Two):
        def heads(self, task: Task) -> Mapping[str, int]:
            return named

    with pytest.raises(ContractError, match=message):
        with_heads(tiny.Net(), Odd(), TASK, torch.Generator())


def test_a_backbone_in_the_way_is_told(tiny: Tiny) -> None:
    taken: Any = tiny.Net()
    taken.method_heads = 1
    with pytest.raises(ContractError, match="has an attribute 'method_heads'"):
        with_heads(taken, Two(), TASK, torch.Generator())
    headless = nn.Identity()
    assert sized(TASK, headless).embedding_size == 0

    class Fixed(Two):
        def heads(self, task: Task) -> Mapping[str, int]:
            return {"small": 3}

    with pytest.raises(UserError, match="'head' with 'in_features'"):
        with_heads(headless, Fixed(), TASK, torch.Generator())

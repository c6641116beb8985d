"""The model inside a loss: what it gives, and what methods and backbones return, told in words."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tiny_trial import Tiny
from torch import nn

from albench.api import Backbone, Method, Task
from albench.errors import ContractError
from albench.training.dropout import Dropout
from albench.training.forward import ModelForward
from albench.training.lanes import Stack
from albench.trial.run import TrialRun


def one_step(run: TrialRun, batch: Any, lanes: bool) -> None:
    if lanes:
        Stack([run.learner]).step(0, [batch])
    else:
        run.learner.step(0, [batch])


LOSS = torch.zeros((), requires_grad=True)


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (None, r"the method's loss must return \(loss, state, logs\), not None: does it end in a return\?"),
        (LOSS, r"must return \(loss, state, logs\), not a tensor of shape \(\)"),
        ((LOSS, {}), r"must return \(loss, state, logs\), not tuple of Tensor, dict"),
        ((torch.zeros(4), {}, {}), r"the method's 'loss' must be a tensor of shape \(\), not a tensor of shape \(4,\)"),
        ((0.5, {}, {}), r"the method's 'loss' must be a tensor of shape \(\), not float"),
        ((LOSS, {}, {"share": 0.5}), r"the method's 'share' must be a tensor of shape \(\), not float"),
    ],
)
@pytest.mark.parametrize("lanes", [False, True])
def test_what_a_loss_returns_is_told_in_words(tiny: Tiny, lanes: bool, returned: Any, message: str) -> None:
    class Odd(Method):
        def loss(self, forward: Any, batch: Any, state: Any, step: Any) -> Any:
            return returned

    run = tiny.run(Odd())
    run.begin(0)
    batch = next(iter(run.batches(0)))
    with pytest.raises(ContractError, match=message):
        one_step(run, batch, lanes)


@pytest.mark.parametrize("lanes", [False, True])
def test_a_model_that_gives_logits_alone_is_told_and_not_taken_apart(tiny: Tiny, lanes: bool) -> None:
    class Alone(tiny.Net):
        def forward(self, x: torch.Tensor) -> Any:
            return self.head(x)

    class Built(Backbone):
        def build(self, task: Task, generator: torch.Generator) -> nn.Module:
            return Alone()

    run = TrialRun(tiny.trial(), tiny.parts(backbone=Built()), lambda _: None)
    run.begin(0)
    batch = next(iter(run.batches(0)))
    with pytest.raises(ContractError, match=r"must return \(logits, embedding\), not a tensor of shape \(4, 2\)"):
        one_step(run, batch, lanes)


def test_only_passes_that_training_goes_through_drop(tiny: Tiny) -> None:
    model, average = tiny.Net().train(), tiny.Net().eval()
    forward = ModelForward(model, average, Dropout(0.5, torch.tensor(3)))
    x = torch.randn(8, 4, generator=torch.Generator().manual_seed(0))
    logits, embeddings = model(x)
    first, second = Dropout(0.5, torch.tensor(3)), forward.embed(x)
    torch.testing.assert_close(second[0], model.head(first(embeddings)))
    assert torch.equal(second[1], embeddings)
    torch.testing.assert_close(forward(x), model.head(first(embeddings)))  # the step's next masks
    assert torch.equal(forward.frozen(x), logits)
    assert torch.equal(forward.probe(x), logits)
    assert torch.equal(forward.ema(x), average(x)[0])


def test_pseudo_label_passes_leave_batch_statistics_alone(tiny: Tiny) -> None:
    class Normalized(tiny.Net):
        def __init__(self) -> None:
            super().__init__()
            self.norm = nn.BatchNorm1d(4)

        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            x = self.norm(x)
            return self.head(x), x

    model = Normalized().train()
    forward = ModelForward(model, Normalized().eval())
    x = torch.randn(8, 4, generator=torch.Generator().manual_seed(0)) + 3
    frozen = forward.frozen(x)
    assert torch.equal(model.norm.running_mean, torch.zeros(4))
    assert torch.allclose(frozen, forward(x)), "the batch's own statistics are used"
    assert not torch.equal(model.norm.running_mean, torch.zeros(4))
    assert not frozen.requires_grad

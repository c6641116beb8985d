"""Mixed precision trains what float32 trains: every parameter of every method, backbone and lane moves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from stepwise import stepwise
from torch import nn

from albench.api import FeatureDataset, ImageDataset, Split, Splits, Task
from albench.components.registry import registry
from albench.errors import DeviceError
from albench.execution.device import resolve_device
from albench.suite.protocol import Amounts, Protocol
from albench.suite.trials import Trial
from albench.training.lanes import Stack
from albench.trial.numerics import numerics
from albench.trial.parts import Parts
from albench.trial.run import TrialRun

METHODS = stepwise()
BACKBONES = ["mlp[hidden=16]", "cnn[width=8]", "wrn[depth=10,widen=1]", "resnet[depth=18]"]
STEPS = 2


def run_of(method: str, backbone: str, seed: int) -> TrialRun:
    images = not backbone.startswith("mlp")
    task = Task("image" if images else "features", (1, 16, 16) if images else (24,), 3, ("a", "b", "c"), pool_size=90)
    rng = np.random.Generator(np.random.PCG64(0))
    x = rng.integers(0, 255, (90, 1, 16, 16), dtype=np.uint8) if images else rng.random((90, 24), dtype=np.float32)
    split = Split(x, np.arange(90) % 3)
    found = registry()
    built = (found.build("method", method), found.build("strategy", "random"), found.build("backbone", backbone))
    protocol = Protocol(steps=STEPS, batch_size=4, precision="bf16")
    trial = Trial("d", method, "random", backbone, seed, protocol, ("",) * 4)
    dataset = ImageDataset() if images else FeatureDataset()
    parts = Parts(dataset, Splits(split, split, split, task), *built, Amounts(30, 10, 2), torch.device("cpu"))
    made = TrialRun(trial, parts, lambda _: None)
    made.begin(0)
    return made


def still(models: Sequence[nn.Module], before: Sequence[dict[str, torch.Tensor]]) -> list[str]:
    """Parameters that are what they were."""
    return [
        name
        for model, old in zip(models, before, strict=True)
        for name, value in model.named_parameters()
        if torch.equal(value, old[name])
    ]


def weights(run: TrialRun) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in run.learner.model.named_parameters()}


@pytest.mark.parametrize("backbone", BACKBONES)
@pytest.mark.parametrize("method", METHODS)
def test_every_parameter_moves_under_autocast(method: str, backbone: str) -> None:
    run = run_of(method, backbone, 0)
    before = weights(run)
    with numerics(1):
        for step, batch in enumerate(run.batches(0)):
            run.learner.step(step, [batch])
    assert not still([run.learner.model], [before])


@pytest.mark.parametrize("backbone", [b for b in BACKBONES if registry().build("backbone", b).vmap_safe])
@pytest.mark.parametrize("method", METHODS)
def test_every_parameter_of_every_lane_moves_under_autocast(method: str, backbone: str) -> None:
    runs = [run_of(method, backbone, seed) for seed in (0, 1)]
    before = [weights(run) for run in runs]
    with numerics(1):
        stack = Stack([run.learner for run in runs])
        for step, parts in enumerate(zip(*[run.batches(0) for run in runs], strict=True)):
            stack.step(step, parts)
        stack.end_round()
    assert not still([run.learner.model for run in runs], before)


def test_a_cache_of_weights_cast_without_gradient_is_what_would_be_noticed() -> None:
    """The old fault, made by hand: a pass that trains uses the cast weights of a pass that did not."""
    model = nn.Linear(4, 2)
    cast = model.weight.detach().bfloat16()  # as the cache kept it
    nn.functional.linear(torch.ones(3, 4).bfloat16(), cast, model.bias.bfloat16()).sum().backward()
    before = {name: value.detach().clone() for name, value in model.named_parameters()}
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    assert still([model], [before]) == ["weight"]


@pytest.mark.parametrize("name", ["auto", "cuda", "cuda:0"])
def test_cuda_is_refused_where_torch_would_train_almost_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert resolve_device(name) == "cuda:0"
    monkeypatch.setattr(torch, "__version__", "2.10.0+cu128")
    with pytest.raises(DeviceError, match=r"torch 2\.10\.0\+cu128 trains almost no weights.*--device cpu"):
        resolve_device(name)
    assert resolve_device("cpu") == "cpu"

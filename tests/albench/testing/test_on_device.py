"""What would crash on a GPU, or be another there on each run, is caught without one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from sound_strategy import Sound
from torch import nn
from torch.utils._python_dispatch import _get_current_dispatch_mode

from albench.api import Backbone, Encoder, FeatureDataset, Method, Split, Splits, Task
from albench.testing import BACKBONE_CHECKS, DATASET_CHECKS, ENCODER_CHECKS, METHOD_CHECKS, STRATEGY_CHECKS
from albench.testing.on_device import a_device
from albench.testing.pretended import unavailable
from albench.testing.report import NotApplicable


@pytest.fixture(autouse=True)
def can_be_pretended() -> None:
    if reason := unavailable():
        pytest.skip(reason)


class ReadsArrays(Sound):
    def scores(self, view):
        return torch.from_numpy(-view.probs.numpy().max(axis=1))


class MixesDevices(Sound):
    def scores(self, view):
        return super().scores(view) + 1e-9 * torch.arange(len(view))


class DrawsThere(Sound):
    def scores(self, view):
        return super().scores(view) + 1e-9 * torch.rand(len(view), device=view.device)


class DrawsByADeviceGenerator(Sound):
    def scores(self, view):
        return super().scores(view) + 1e-9 * torch.rand(len(view), generator=view.generator, device=view.device)


class AddsInNoOrder(Sound):
    def scores(self, view):
        return super().scores(view) + 1e-9 * view.probs.amax(dim=1).cumsum(0)


class AddsByClassInNoOrder(Sound):
    def scores(self, view):
        sure = view.probs.amax(dim=1)
        total = torch.zeros(view.n_classes, device=view.device).index_add_(0, view.probs.argmax(dim=1), sure)
        return super().scores(view) + 1e-9 * total[view.probs.argmax(dim=1)]


class FirstOfEquals(Sound):
    """Ranks classes, of which many items are of one."""

    def select(self, view, budget):
        return view.probs.argmax(dim=1).float().topk(budget).indices


class PlainMethod(Method):
    def loss(self, forward, batch, state, step):
        return nn.functional.cross_entropy(forward(batch.x_lab), batch.y_lab), state, {}


class ClassesOfTheHost(PlainMethod):
    def loss(self, forward, batch, state, step):
        loss, state, logs = super().loss(forward, batch, state, step)
        return loss + 0 * (torch.arange(len(batch.y_lab)) * batch.y_lab).sum(), state, logs


class RunningLoss(PlainMethod):
    def loss(self, forward, batch, state, step):
        loss, state, logs = super().loss(forward, batch, state, step)
        return loss + 1e-3 * forward(batch.x_lab).flatten().cumsum(0).mean(), state, logs


class Net(nn.Module):
    def __init__(self, task: Task) -> None:
        super().__init__()
        self.head = nn.Linear(int(np.prod(task.shape)), task.n_classes)

    def forward(self, x):
        return self.head(x.flatten(1)), x.flatten(1)


class ShiftedByTheHost(Net):
    def forward(self, x):
        return super().forward(x + torch.ones(x.shape[1:]))


class PlainBackbone(Backbone):
    net = Net

    def build(self, task, generator):
        return self.net(task)


class HostBackbone(PlainBackbone):
    net = ShiftedByTheHost


class WeightsStay(Encoder):
    modalities = frozenset({"features"})

    def fingerprint(self):
        return "mean"

    def dim(self, task):
        return 1

    def encode(self, x, device):
        rows = torch.from_numpy(x).flatten(1).to(device)
        return self.mean(rows).cpu().numpy()

    def mean(self, rows):
        return rows @ torch.full((rows.shape[1], 1), 1 / rows.shape[1])


class WeightsMove(WeightsStay):
    def mean(self, rows):
        return rows.mean(dim=1, keepdim=True)


class PlainDataset(FeatureDataset):
    def load(self, root):
        y = np.arange(60) % 2
        part = Split((np.random.default_rng(0).normal(size=(60, 5)) + y[:, None]).astype(np.float32), y)
        return Splits(part, part, part, Task("features", (5,), 2, ("a", "b"), pool_size=60))

    def weak(self, x, noise):
        return x + 0.01 * noise[:, :5]

    @property
    def noise_size(self):
        return 5


class MaskOfTheHost(PlainDataset):
    def weak(self, x, noise):
        return super().weak(x, noise) * torch.ones(5)


FLOAT64 = "float64"


class InFloat64(PlainMethod):
    def loss(self, forward, batch, state, step):
        loss, state, logs = super().loss(forward, batch, state, step)
        return loss + forward(batch.x_lab).double().var().float(), state, logs


class Float64Statistics(Net):
    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.register_buffer("mean", torch.zeros(1, dtype=torch.float64))

    def forward(self, x):
        return super().forward((x - self.mean).float())


class WideBackbone(PlainBackbone):
    net = Float64Statistics


class WideVectors(WeightsStay):
    def mean(self, rows):
        return rows.double().mean(dim=1, keepdim=True).float()


class WideViews(PlainDataset):
    def weak(self, x, noise):
        return super().weak(x.double(), noise).float()


FAULTS: dict[tuple[str, str], list[tuple[Callable[[], Any], str]]] = {
    ("strategy", "cuda"): [
        (ReadsArrays, "can't convert cuda:0 device type tensor to numpy"),
        (MixesDevices, "Expected all tensors to be on the same device"),
        (DrawsThere, r"DrawsThere\.scores draws on the device"),
        (DrawsByADeviceGenerator, "Expected a 'cuda' device type for generator but found 'cpu'"),
        (
            AddsInNoOrder,
            r"AddsInNoOrder\.scores adds floats in no fixed order on CUDA: use albench\.kernels\.running_sum",
        ),
        (AddsByClassInNoOrder, r"adds floats in no fixed order on CUDA.*\(index_add_\)"),
        (FirstOfEquals, "with cuda it chose others"),
    ],
    ("method", "cuda"): [(ClassesOfTheHost, "same device"), (RunningLoss, r"no fixed order on CUDA.*\(cumsum\)")],
    ("backbone", "cuda"): [(HostBackbone, "same device")],
    ("encoder", "cuda"): [(WeightsStay, "same device")],
    ("dataset", "cuda"): [(MaskOfTheHost, "same device")],
    ("method", "mps"): [(InFloat64, FLOAT64)],
    ("backbone", "mps"): [(WideBackbone, FLOAT64)],
    ("encoder", "mps"): [(WideVectors, FLOAT64), (WeightsStay, "same device")],
    ("dataset", "mps"): [(WideViews, FLOAT64)],
}
CHECKS: dict[tuple[str, str], Any] = {
    ("strategy", "cuda"): STRATEGY_CHECKS["cuda-agrees"],
    ("method", "cuda"): METHOD_CHECKS["cuda-agrees"],
    ("backbone", "cuda"): BACKBONE_CHECKS["cuda-agrees"],
    ("encoder", "cuda"): ENCODER_CHECKS["vectors-on-cuda"],
    ("dataset", "cuda"): DATASET_CHECKS["views-on-cuda"],
    ("method", "mps"): METHOD_CHECKS["mps-agrees"],
    ("backbone", "mps"): BACKBONE_CHECKS["mps-agrees"],
    ("encoder", "mps"): ENCODER_CHECKS["vectors-on-mps"],
    ("dataset", "mps"): DATASET_CHECKS["views-on-mps"],
}
"""Kind of a component, kind of a device -> the check; strategies choose on the CPU where there is no float64."""
SOUND = {
    "strategy": Sound,
    "method": PlainMethod,
    "backbone": PlainBackbone,
    "encoder": WeightsMove,
    "dataset": PlainDataset,
}


@pytest.mark.parametrize(
    ("where", "build", "reason"), [(where, *fault) for where, faults in FAULTS.items() for fault in faults]
)
def test_a_fault_is_caught_in_one_line(where: tuple[str, str], build: Callable[[], Any], reason: str) -> None:
    finding = CHECKS[where](build, name="planted")
    assert finding.failed, finding
    assert re.search(reason, finding.reason), finding.reason
    assert "\n" not in finding.reason
    assert "dispatch.py" not in finding.reason  # the place is the component's


@pytest.mark.parametrize("build", [InFloat64, WideBackbone, WideVectors, WideViews])
def test_what_an_apple_gpu_lacks_cuda_has(build: Callable[[], Any]) -> None:
    (kind,) = (kind for (kind, _), faults in FAULTS.items() if build in (each for each, _ in faults))
    finding = CHECKS[kind, "cuda"](build, name="planted")
    assert finding.status == "pass", finding


@pytest.mark.parametrize("where", CHECKS)
def test_a_sound_one_passes(where: tuple[str, str]) -> None:
    finding = CHECKS[where](SOUND[where[0]], name="sound")
    assert finding.status == "pass", finding


def test_where_none_can_be_pretended_it_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("albench.testing.on_device.unavailable", lambda: "torch 9.9 has other insides")
    with pytest.raises(NotApplicable, match=r"none can be pretended: torch 9\.9 has other insides"):
        a_device("mps").__enter__()
    assert CHECKS["strategy", "cuda"](MixesDevices, name="planted").status == "skip"


def test_a_real_one_is_used_where_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with a_device("cuda") as account:
        assert _get_current_dispatch_mode() is None
    assert account.count("kernels") == 0

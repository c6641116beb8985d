"""Planted faults of backbones: each has to be caught by the check that is there for it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from faulty_estimators import ESTIMATOR_FAULTS, SoundEstimator
from numpy.random import mtrand
from torch import Tensor, nn

from albench.api import (
    Backbone,
    PluginError,
    Task,
)
from albench.testing.backbones import BACKBONE_CHECKS, check_backbone


class Net(nn.Module):
    """One hidden layer, its weights drawn from one generator."""

    def __init__(self, task: Task, generator: torch.Generator) -> None:
        super().__init__()
        with torch.device("meta"):
            self.body = nn.Linear(int(np.prod(task.shape)), 8)
            self.head = nn.Linear(8, task.n_classes)
        self.to_empty(device="cpu")
        for layer in (self.body, self.head):
            nn.init.xavier_normal_(layer.weight, generator=generator)
            nn.init.zeros_(layer.bias)

    def embed(self, x: Tensor) -> Tensor:
        return torch.tanh(self.body(x.flatten(1)))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        embedding = self.embed(x)
        return self.head(embedding), embedding


class NoBackbone:
    pass


class SoundBackbone(Backbone):
    """Builds ``Net``; the faults below change one thing each."""

    vmap_safe = True

    def build(self, task: Task, generator: torch.Generator) -> nn.Module:
        return Net(task, generator)


def builds(net: type[Net], *, vmap_safe: bool = True) -> Callable[[], Any]:
    """A backbone that builds a faulty net."""
    members = {"build": lambda _self, task, generator: net(task, generator), "vmap_safe": vmap_safe}
    return type(f"Builds{net.__name__}", (SoundBackbone,), members)


class FlattensLanes(Net):
    """Says that it takes weights of lanes, which its layers do not."""

    takes_lanes = True


class MixesLanes(Net):
    """Says that it takes weights of lanes, and uses those of the first for all."""

    takes_lanes = True

    def forward(self, x):
        if self.head.weight.ndim == 2:
            return super().forward(x)
        embedding = torch.tanh(F.linear(x.flatten(2), self.body.weight[0], self.body.bias[0]))
        return F.linear(embedding, self.head.weight[0], self.head.bias[0]), embedding


class LogitsAlone(Net):
    def forward(self, x):
        return super().forward(x)[0]


class ThreeClasses(Net):
    def __init__(self, task, generator):
        super().__init__(replace(task, n_classes=3), generator)


class FlattensWell(Net):
    def forward(self, x):
        logits, embedding = super().forward(x)
        return logits, embedding.squeeze(0)


class NoHead(Net):
    def __init__(self, task, generator):
        super().__init__(task, generator)
        self.classifier = self.head
        del self.head

    def forward(self, x):
        embedding = self.embed(x)
        return self.classifier(embedding), embedding


class EmbeddingBefore(Net):
    def forward(self, x):
        embedding = self.body(x.flatten(1))
        return self.head(torch.tanh(embedding)), embedding


class Detached(Net):
    def embed(self, x):
        return super().embed(x).detach()


class Unused(Net):
    def __init__(self, task, generator):
        super().__init__(task, generator)
        self.scale = nn.Parameter(torch.ones(8))


class OwnWeights(Net):
    def __init__(self, task, generator):
        super().__init__(task, torch.Generator().manual_seed(0))


class GlobalWeights(Net):
    def __init__(self, task, generator):
        super().__init__(task, generator)
        self.body.weight.data.copy_(torch.randn(self.body.weight.shape))


class SeedsTorch(Net):
    def __init__(self, task, generator):
        torch.manual_seed(generator.initial_seed())
        super().__init__(task, generator)
        nn.init.xavier_normal_(self.body.weight)


class Dropout(Net):
    def embed(self, x):
        return F.dropout(super().embed(x), 0.2, self.training)


class DropsAlways(Net):
    def embed(self, x):
        return F.dropout(super().embed(x), 0.2)


class HalfPrecision(Net):
    def __init__(self, task, generator):
        super().__init__(task, generator)
        self.to(torch.float64)

    def forward(self, x):
        logits, embedding = super().forward(x.double())
        return logits.float(), embedding.float()


class CountsCalls(Net):
    calls = 0

    def embed(self, x):
        self.calls += 1
        return super().embed(x) + 0.01 * self.calls


class CentresBatch(Net):
    def embed(self, x):
        embedding = super().embed(x)
        return embedding - embedding.mean(dim=0)


class WritesItemsInside(Net):
    def embed(self, x):
        return super().embed(x.sub_(0.5))


class NormOfBatch(Net):
    """A spread over the batch, which one item does not have, in train mode."""

    def embed(self, x):
        embedding = super().embed(x)
        return embedding / embedding.std(dim=0, correction=0) if self.training else embedding


class TrainsAtRandom(Net):
    calls: ClassVar[list[int]] = []

    def embed(self, x):
        self.calls.append(1)
        return super().embed(x) + (0.01 * len(self.calls) if self.training else 0)


class UnitLength(Net):
    def embed(self, x):
        return super().embed(x / x.flatten(1).norm(dim=1).view(-1, *[1] * (x.ndim - 1)))


class RootOfSum(Net):
    def embed(self, x):
        embedding = super().embed(x)
        return embedding * embedding.square().sum(dim=1, keepdim=True).sqrt()


class PlainTensor(Net):
    def __init__(self, task, generator):
        super().__init__(task, generator)
        self.scale = torch.rand(8, generator=generator)

    def embed(self, x):
        return super().embed(x) * self.scale


class Closure(Net):
    def __init__(self, task, generator):
        super().__init__(task, generator)
        body = self.body
        self.first = lambda x: torch.tanh(body(x.flatten(1)))

    def embed(self, x):
        return self.first(x)


class RunningMean(Net):
    def __init__(self, task, generator):
        super().__init__(task, generator)
        self.register_buffer("mean", torch.zeros(8))

    def embed(self, x):
        embedding = super().embed(x)
        if self.training:
            self.mean.lerp_(embedding.detach().mean(dim=0), 0.1)
        return embedding - self.mean


class Branches(Net):
    def embed(self, x):
        embedding = super().embed(x)
        return embedding * 2 if embedding.sum() > 0 else embedding


class RowsFirst(Net):
    def embed(self, x):
        return torch.tanh(self.body(x.view(len(x), -1)))


class OneModule(SoundBackbone):
    made: ClassVar[dict[Task, nn.Module]] = {}

    def build(self, task, generator):
        return self.made.setdefault(task, Net(task, generator))


class SharesTheBody(SoundBackbone):
    def __init__(self) -> None:
        self.bodies: dict[Task, nn.Module] = {}

    def build(self, task, generator):
        net = Net(task, generator)
        net.body = self.bodies.setdefault(task, net.body)
        return net


class ImagesOnly(SoundBackbone):
    modalities = frozenset({"image"})

    def skip(self, task):
        return None


class Factory(SoundBackbone):
    def build(self, task, generator):
        return lambda x: (x, x)


BACKBONE_FAULTS: list[tuple[Callable[[], Any], str]] = [
    (builds(LogitsAlone), "output-shapes"),
    (builds(ThreeClasses), "output-shapes"),
    (builds(FlattensWell), "output-shapes"),
    (Factory, "output-shapes"),
    (NoBackbone, "output-shapes"),
    (builds(NoHead), "head-gives-the-logits"),
    (builds(EmbeddingBefore), "head-gives-the-logits"),
    (builds(Detached), "gradient-reaches-all-weights"),
    (builds(Unused), "gradient-reaches-all-weights"),
    (builds(OwnWeights), "weights-from-the-generator"),
    (builds(GlobalWeights), "weights-from-the-generator"),
    (OneModule, "builds-share-nothing"),
    (SharesTheBody, "builds-share-nothing"),
    (builds(GlobalWeights), "global-state-untouched"),
    (builds(SeedsTorch), "global-state-untouched"),
    (builds(Dropout), "global-state-untouched"),
    (builds(HalfPrecision), "on-the-cpu"),
    (builds(DropsAlways), "eval-mode-deterministic"),
    (builds(CountsCalls), "eval-mode-deterministic"),
    (builds(CentresBatch), "items-independent"),
    (builds(WritesItemsInside), "inputs-unchanged"),
    (builds(TrainsAtRandom), "train-batch-of-two"),
    (builds(NormOfBatch), "train-batch-of-one"),
    (builds(UnitLength), "finite-on-flat-items"),
    (builds(RootOfSum), "finite-on-flat-items"),
    (builds(PlainTensor), "state-dict-round-trip"),
    (builds(Closure), "deep-copy"),
    (ImagesOnly, "skips-the-other-modality"),
    (builds(RowsFirst), "channels-last"),
    (builds(RunningMean), "vmap-lanes"),
    (builds(Branches), "vmap-lanes"),
    (builds(Dropout), "vmap-lanes"),
    (builds(FlattensLanes), "vmap-lanes"),
    (builds(MixesLanes), "vmap-lanes"),
    *ESTIMATOR_FAULTS,
]


@pytest.mark.parametrize(("build", "check"), BACKBONE_FAULTS, ids=lambda value: getattr(value, "__name__", value))
def test_a_faulty_backbone_is_caught(build: Callable[[], Any], check: str) -> None:
    finding = BACKBONE_CHECKS[check](build, name="planted")
    assert finding.failed, finding
    assert finding.reason
    assert "\n" not in finding.reason


def test_a_sound_backbone_passes() -> None:
    findings = check_backbone(SoundBackbone, name="sound")
    assert [str(finding) for finding in findings if finding.failed] == []
    assert [finding.check for finding in findings] == list(BACKBONE_CHECKS)
    skipped = {finding.check for finding in findings if finding.status == "skip"}
    whole = {check for check in BACKBONE_CHECKS if check.startswith("fitted-")}
    assert skipped - whole <= {"skips-the-other-modality", "cuda-agrees", "mps-agrees"}
    assert whole <= skipped


def test_a_sound_estimator_passes() -> None:
    status = {
        finding.check: (finding.status, finding.reason) for finding in check_backbone(SoundEstimator, name="sound")
    }
    assert {check: found for check, found in status.items() if found[0] == "fail"} == {}
    passed = {check for check, found in status.items() if found[0] == "pass"}
    assert passed == {check for check in BACKBONE_CHECKS if check.startswith("fitted-")}


def test_every_backbone_check_has_a_fault_that_it_catches() -> None:
    assert set(BACKBONE_CHECKS) - {check for _, check in BACKBONE_FAULTS} == {"cuda-agrees", "mps-agrees"}


def test_batch_statistics_of_one_item_do_not_apply() -> None:
    class Normalized(Net):
        def __init__(self, task, generator):
            super().__init__(task, generator)
            self.norm = nn.BatchNorm1d(8)

        def embed(self, x):
            return self.norm(super().embed(x))

    findings = {finding.check: finding for finding in check_backbone(builds(Normalized, vmap_safe=False), name="bn")}
    assert [str(finding) for finding in findings.values() if finding.failed] == []
    assert findings["train-batch-of-one"].status == "skip"
    assert findings["train-batch-of-one"].reason.startswith("batch statistics of one item are not defined")
    assert "changes norm.running_mean" in BACKBONE_CHECKS["vmap-lanes"](builds(Normalized), name="bn").reason


def test_what_is_worth_knowing_is_a_note() -> None:
    class Pretrained(Net):
        def __init__(self, task, generator):
            super().__init__(task, generator)
            nn.init.eye_(self.body.weight).requires_grad_(False)
            self.body.bias.requires_grad_(False)
            self.head = nn.Sequential(self.head)

        def embed(self, x):
            return super().embed(x.detach())

    findings = {finding.check: finding for finding in check_backbone(builds(Pretrained), name="pretrained")}
    assert [str(finding) for finding in findings.values() if finding.failed] == []
    assert "simmatch" in findings["head-gives-the-logits"].reason
    assert "1 of 2 weights are the same for every generator" in findings["weights-from-the-generator"].reason
    assert findings["gradient-reaches-all-weights"].reason == (
        "2 parameters are frozen, e.g. body.weight; no gradient reaches the items: methods such as vat cannot run"
    )


def test_a_library_that_is_missing_or_a_task_that_does_not_fit_is_a_skip() -> None:
    class Missing(SoundBackbone):
        def build(self, task, generator):
            raise PluginError("torchfancy is not installed: pip install torchfancy")

    class Sounds(SoundBackbone):
        def skip(self, task):
            return "it wants sounds"

    assert {(f.status, f.reason) for f in check_backbone(Missing, name="missing") if f.check == "deep-copy"} == {
        ("skip", "torchfancy is not installed: pip install torchfancy")
    }
    networks = [f for f in check_backbone(Sounds, name="sounds") if not f.check.startswith("fitted-")]
    assert {(f.status, f.reason) for f in networks} == {("skip", "it does not run on the kit's tasks: it wants sounds")}


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    """The planted faults disturb the process: put it back."""
    states = random.getstate(), mtrand.get_state(legacy=False), torch.get_rng_state()
    for memory in (TrainsAtRandom.calls, OneModule.made):
        memory.clear()
    yield
    random.setstate(states[0])
    mtrand.set_state(states[1])
    torch.set_rng_state(states[2])

"""Planted faults in data sets and backbones: each has to be caught by the check that is there for it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.random import mtrand
from torch import Tensor, nn

from albench.api import (
    Backbone,
    DataError,
    FeatureDataset,
    ImageDataset,
    PluginError,
    Problem,
    Split,
    Splits,
    Task,
    option,
)
from albench.testing import report
from albench.testing.backbones import BACKBONE_CHECKS, check_backbone
from albench.testing.datasets import DATASET_CHECKS, check_dataset

# Data sets


@dataclass(frozen=True)
class Sound(FeatureDataset):
    """Two blobs of patients with two items each; the faults below change one thing each."""

    def load(self, root: Path | None) -> Splits:
        rng = np.random.default_rng(0)
        parts, groups, first = [], {}, 0
        for name, count in (("train", 60), ("val", 20), ("test", 20)):
            y = np.arange(count) // 2 % 2
            x = (rng.normal(size=(count, 5)) + 2 * y[:, None]).astype(np.float32)
            parts.append(self.part(name, x, y))
            groups[name] = first + np.arange(count) // 2
            first += count
        return self.changed(Splits(*parts, Task("features", (5,), 2, ("low", "high"), False, 60, 30), groups))

    def part(self, name: str, x: np.ndarray, y: np.ndarray) -> Split:
        return Split(x, y)

    def changed(self, splits: Splits) -> Splits:
        return splits


class NoSplits(Sound):
    def changed(self, splits):
        return splits.train, splits.val, splits.test


class FindsNothing(Sound):
    def find(self, root):
        return False


class FindsAPath(Sound):
    def find(self, root):
        return Path()


class NoFile(Sound):
    def find(self, root):
        return root is None

    def load(self, root):
        return super().load(None) if root is None else open(root / "items.csv")  # noqa: PTH123  # the fault


class Doubles(Sound):
    def part(self, name, x, y):
        return Split(x.astype(np.float64), y)


class Tensors(Sound):
    def part(self, name, x, y):
        return Split(torch.from_numpy(x), y)


class LongLabels(Sound):
    def part(self, name, x, y):
        return Split(x, y.astype(np.int32))


class NotANumber(Sound):
    def part(self, name, x, y):
        x[3, 2] = np.nan if name == "test" else 0.0
        return Split(x, y)


class FromOne(Sound):
    def part(self, name, x, y):
        return Split(x, y + 1)


class ClassOfTheTest(Sound):
    def changed(self, splits):
        splits.test.y[:] = 2
        return replace(splits, task=replace(splits.task, n_classes=3, class_names=("low", "middle", "high")))


class WholeInPool(Sound):
    def changed(self, splits):
        return replace(splits, task=replace(splits.task, pool_size=100))


class OneName(Sound):
    def changed(self, splits):
        return replace(splits, task=replace(splits.task, class_names=("low", "low")))


class WrongShape(Sound):
    def changed(self, splits):
        return replace(splits, task=replace(splits.task, shape=(4,)))


class GroupsOfPatients(Sound):
    def changed(self, splits):
        return replace(splits, groups={name: np.unique(each) for name, each in splits.groups.items()})


class SplitByItem(Sound):
    def changed(self, splits):
        return replace(splits, groups={name: each % 40 for name, each in splits.groups.items()})


class ValidatesOnTraining(Sound):
    def changed(self, splits):
        splits.val.x[5:8] = splits.train.x[9:12]
        return replace(splits, groups={}, task=replace(splits.task, n_groups=0))


class EvaluatesOnTraining(Sound):
    def changed(self, splits):
        splits.test.x[4] = splits.train.x[0]
        return splits


class LabelColumn(Sound):
    def part(self, name, x, y):
        x[:, 4] = 7 - 2 * y
        return Split(x, y)


class Shuffles(Sound):
    def part(self, name, x, y):
        order = np.random.default_rng().permutation(len(y))
        return Split(x[order], y[order])


class ShufflesGlobally(Sound):
    def part(self, name, x, y):
        order = mtrand.permutation(len(y))
        return Split(x[order], y[order])


class SeedsGlobally(Sound):
    def part(self, name, x, y):
        mtrand.seed(0)
        return Split(x, y)


class KeepsACache(Sound):
    def load(self, root):
        if root is not None:
            (root / "items.cache").write_text("items")
        return super().load(root)


class SaysText(Sound):
    def verify(self, root):
        return ["fine"]


class FatalYetLoads(Sound):
    def verify(self, root):
        return [Problem("train", "one item too few")]


class FatalInNoWords(Sound):
    def verify(self, root):
        return [Problem("train", "", fatal=False)]


class VerifiesNothing(Sound):
    def find(self, root):
        return root is None

    def load(self, root):
        if root is not None:
            raise DataError(f"{root}: no items.csv; name its folder with --data-dir DIR")
        return super().load(root)

    def verify(self, root):
        return []


class SimulatesElsewhere(Sound):
    def simulate(self, out, seed):
        return [out / "items.csv"]


class SimulatesAnything(Sound):
    def simulate(self, out, seed):
        out.mkdir()
        np.save(out / "items.npy", np.random.default_rng().normal(size=(20, 5)))
        return [out / "items.npy"]

    def load(self, root):
        splits = super().load(root)
        if root is not None and (root / "items.npy").is_file():
            splits.test.x[:] = np.load(root / "items.npy")
        return splits


class FlatView(Sound):
    def strong(self, x, noise):
        return (x + noise[:, :1]).flatten()


class DoubleView(Sound):
    def weak(self, x, noise):
        return x + noise[:, :1].double()


class NeedsTwo(Sound):
    def strong(self, x, noise):
        return (x - x.mean(dim=0)) / x.std(dim=0, correction=0) + noise[:, :1]


class RoundsUp(Sound):
    def strong(self, x, noise):
        return x.gather(1, (noise[:, :1] * x.shape[1]).round().long().expand_as(x))


class LogOfZero(Sound):
    def weak(self, x, noise):
        return x + noise[:, :1].log()


class DrawsGlobally(Sound):
    def weak(self, x, noise):
        return x + torch.randn_like(x)


class DrawsByItself(Sound):
    calls: ClassVar[list[int]] = []

    def strong(self, x, noise):
        self.calls.append(1)
        return x + 0.1 * len(self.calls) + noise[:, :1]


class IgnoresNoise(Sound):
    def strong(self, x, noise):
        return 0.9 * x


class IgnoresNoiseInBoth(IgnoresNoise):
    def weak(self, x, noise):
        return x.clone()


class WritesItems(Sound):
    def strong(self, x, noise):
        return x.add_(noise[:, :1]).clone()


class WritesNoise(Sound):
    def weak(self, x, noise):
        return x + noise.sub_(0.5)[:, :1]


class ItemsThemselves(Sound):
    def weak(self, x, noise):
        return x


@dataclass(frozen=True)
class SoundImages(ImageDataset):
    """Images of noise, dark or light."""

    shift: int = option(2, "largest shift")

    def load(self, root: Path | None) -> Splits:
        rng = np.random.default_rng(0)
        parts = []
        for count in (40, 12, 12):
            y = np.arange(count) % 2
            parts.append(Split(self.pixels(rng.integers(0, 128, (count, 1, 8, 8)) + 100 * y[:, None, None, None]), y))
        return Splits(*parts, Task("image", (1, 8, 8), 2, ("dark", "light"), pool_size=40))

    def pixels(self, levels: np.ndarray) -> np.ndarray:
        return levels.astype(np.uint8)


class Levels(SoundImages):
    def pixels(self, levels):
        return levels.astype(np.float32)


class WholeNumbers(SoundImages):
    def pixels(self, levels):
        return levels


class LevelsInView(SoundImages):
    def weak(self, x, noise):
        return x.float() + noise[:, :1, None, None]


class SmallNoise(SoundImages):
    noise_size = 4


class NoDataset:
    def load(self, root: Path | None) -> None:
        return None


DATASET_FAULTS: list[tuple[Callable[[], Any], str]] = [
    (NoSplits, "loads"),
    (FindsNothing, "loads"),
    (FindsAPath, "loads"),
    (NoDataset, "loads"),
    (NoFile, "missing-data"),
    (VerifiesNothing, "missing-data"),
    (SimulatesElsewhere, "simulated-files"),
    (SimulatesAnything, "simulated-files"),
    (Doubles, "item-types"),
    (Tensors, "item-types"),
    (LongLabels, "item-types"),
    (WholeNumbers, "item-types"),
    (NotANumber, "item-values"),
    (Levels, "item-values"),
    (FromOne, "label-range"),
    (ClassOfTheTest, "every-class-in-train"),
    (WholeInPool, "task-agrees"),
    (OneName, "task-agrees"),
    (WrongShape, "task-agrees"),
    (NotANumber, "accepted-by-a-run"),
    (GroupsOfPatients, "groups-fit"),
    (SplitByItem, "groups-apart"),
    (ValidatesOnTraining, "splits-apart"),
    (EvaluatesOnTraining, "splits-apart"),
    (LabelColumn, "labels-not-in-items"),
    (Shuffles, "same-bytes-twice"),
    (ShufflesGlobally, "same-bytes-twice"),
    (ShufflesGlobally, "global-state-untouched"),
    (SeedsGlobally, "global-state-untouched"),
    (DrawsGlobally, "global-state-untouched"),
    (KeepsACache, "files-untouched"),
    (SaysText, "verify-reports"),
    (FatalYetLoads, "verify-reports"),
    (FatalInNoWords, "verify-reports"),
    (FlatView, "view-types"),
    (DoubleView, "view-types"),
    (LevelsInView, "view-types"),
    (SmallNoise, "view-types"),
    (NeedsTwo, "views-of-one-item"),
    (RoundsUp, "views-at-the-ends-of-the-noise"),
    (LogOfZero, "views-at-the-ends-of-the-noise"),
    (DrawsGlobally, "same-noise-same-view"),
    (DrawsByItself, "same-noise-same-view"),
    (IgnoresNoise, "other-noise-other-view"),
    (IgnoresNoiseInBoth, "other-noise-other-view"),
    (WritesItems, "views-write-nothing"),
    (WritesNoise, "views-write-nothing"),
    (ItemsThemselves, "views-write-nothing"),
]


@pytest.mark.parametrize(("build", "check"), DATASET_FAULTS, ids=lambda value: getattr(value, "__name__", value))
def test_a_faulty_data_set_is_caught(build: Callable[[], Any], check: str) -> None:
    finding = DATASET_CHECKS[check](build, name="planted")
    assert finding.failed, finding
    assert finding.reason
    assert "\n" not in finding.reason


@pytest.mark.parametrize("build", [Sound, SoundImages])
def test_a_sound_data_set_passes(build: Callable[[], Any]) -> None:
    findings = check_dataset(build, name="sound")
    assert [str(finding) for finding in findings if finding.failed] == []
    assert [finding.check for finding in findings] == list(DATASET_CHECKS)


def test_every_data_set_check_has_a_fault_that_it_catches() -> None:
    assert set(DATASET_CHECKS) - {check for _, check in DATASET_FAULTS} == {"views-on-cuda"}


def test_a_data_set_that_does_not_load_is_told_once() -> None:
    findings = check_dataset(NoSplits, name="planted")
    assert [finding.check for finding in findings if finding.failed] == ["loads"]
    assert {f.reason for f in findings if f.check == "item-types"} == {"it cannot be loaded: see the check 'loads'"}


def test_loading_that_does_not_end_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(Sound):
        def load(self, root):
            while True:
                pass

    monkeypatch.setattr(report, "LIMIT", 0.2)
    loads, types = (DATASET_CHECKS[name](Endless, name="endless") for name in ("loads", "item-types"))
    assert loads.failed
    assert loads.reason.startswith("loading had not ended")
    assert types.status == "skip"


def test_the_messages_name_the_place() -> None:
    def reason(build: Callable[[], Any], check: str) -> str:
        return DATASET_CHECKS[check](build, name="planted").reason

    assert reason(NotANumber, "item-values") == "test.x, row 3: a value is nan; it has to be finite"
    assert reason(FromOne, "label-range") == "train.y, row 2: the label 2 is outside 0 .. 1"
    assert reason(ValidatesOnTraining, "splits-apart").startswith(
        "3 of train's items are also in val, e.g. row 9 is row 5 there"
    )
    assert reason(WholeNumbers, "item-types") == "train.x is int64: write x.astype(np.uint8)"
    assert reason(SplitByItem, "groups-apart").startswith("10 groups are in both train and val, e.g. 20")
    assert reason(LabelColumn, "labels-not-in-items").startswith("value 4 of each training item tells its label")
    assert reason(KeepsACache, "files-untouched").startswith("it wrote items.cache into the data folder")


def test_equal_items_that_are_allowed_are_a_note() -> None:
    @dataclass(frozen=True)
    class Blank(Sound):
        equal_items: str = option("allow", "blank items of several patients")

        def changed(self, splits):
            splits.val.x[0] = splits.train.x[:2] = splits.train.x[2] = 0
            return splits

    finding = DATASET_CHECKS["splits-apart"](Blank, name="blank")
    assert finding.status == "pass"
    assert finding.reason == (
        "3 of train's items are also in val; 2 of train's items repeat an earlier one; "
        "4 are equal to one of another class, e.g. train row 0"
    )


def test_a_weak_view_may_be_the_item_itself() -> None:
    class NoWeak(Sound):
        def weak(self, x, noise):
            return x.clone()

    findings = {finding.check: finding for finding in check_dataset(NoWeak, name="no weak")}
    assert [str(finding) for finding in findings.values() if finding.failed] == []
    assert findings["other-noise-other-view"].reason == "the weak view is the item itself"


def test_a_file_that_path_names_is_watched(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Rewrites(Sound):
        path: str = str(tmp_path / "items.csv")

        def load(self, root):
            with Path(self.path).open("a") as file:
                file.write("read once more\n")
            return super().load(root)

    finding = DATASET_CHECKS["files-untouched"](Rewrites, name="rewrites")
    assert finding.failed
    assert "items.csv" in finding.reason


# Backbones


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


class SoundBackbone(Backbone):
    """Builds ``Net``; the faults below change one thing each."""

    vmap_safe = True

    def build(self, task: Task, generator: torch.Generator) -> nn.Module:
        return Net(task, generator)


def builds(net: type[Net], *, vmap_safe: bool = True) -> Callable[[], Any]:
    """A backbone that builds a faulty net."""
    members = {"build": lambda _self, task, generator: net(task, generator), "vmap_safe": vmap_safe}
    return type(f"Builds{net.__name__}", (SoundBackbone,), members)


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
    (NoDataset, "output-shapes"),
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
    assert {finding.check for finding in findings if finding.status == "skip"} <= {
        "skips-the-other-modality",
        "cuda-agrees",
    }


def test_every_backbone_check_has_a_fault_that_it_catches() -> None:
    assert set(BACKBONE_CHECKS) - {check for _, check in BACKBONE_FAULTS} == {"cuda-agrees"}


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
    assert {(f.status, f.reason) for f in check_backbone(Sounds, name="sounds")} == {
        ("skip", "it does not run on the kit's tasks: it wants sounds")
    }


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    """The planted faults disturb the process: put it back."""
    states = random.getstate(), mtrand.get_state(legacy=False), torch.get_rng_state()
    for memory in (DrawsByItself.calls, TrainsAtRandom.calls, OneModule.made):
        memory.clear()
    yield
    random.setstate(states[0])
    mtrand.set_state(states[1])
    torch.set_rng_state(states[2])

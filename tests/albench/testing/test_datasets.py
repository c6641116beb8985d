"""Planted faults of data sets: each has to be caught by the check that is there for it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from numpy.random import mtrand

from albench.api import (
    DataError,
    Dataset,
    FeatureDataset,
    ImageDataset,
    Problem,
    Split,
    Splits,
    Task,
    option,
)
from albench.testing import report
from albench.testing.datasets import DATASET_CHECKS, check_dataset


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


class MoreItems(Sound):
    """Sound, with items beyond the pool; the faults below change one thing each."""

    def changed(self, splits):
        return replace(splits, unlabeled=self.more(splits, np.random.default_rng(1).normal(size=(9, 5)).astype("f4")))

    def more(self, splits, x):
        return x


class MorePairs(MoreItems):
    def more(self, splits, x):
        return Split(x, np.zeros(len(x), np.int64))


class MoreOfNothing(MoreItems):
    def more(self, splits, x):
        return x[:0]


class MoreDoubles(MoreItems):
    def more(self, splits, x):
        return x.astype(np.float64)


class MoreColumns(MoreItems):
    def more(self, splits, x):
        return np.repeat(x, 2, axis=1)


class MoreNotANumber(MoreItems):
    def more(self, splits, x):
        x[3, 1] = np.nan
        return x


class SplitsOwnItems(MoreItems):
    def more(self, splits, x):
        return splits.test.x[:5]


class CopiesOfTheTest(MoreItems):
    def more(self, splits, x):
        x[2] = splits.test.x[4]
        return x


@dataclass(frozen=True)
class MoreTexts(Dataset):
    """Texts as NumPy holds them: the width of a column is that of its longest one."""

    def load(self, root: Path | None) -> Splits:
        y = np.arange(6) % 2
        parts = [Split(np.array([f"{name} {row}" for row in range(6)]), y) for name in ("train", "val", "test")]
        task = Task("text", (), 2, ("low", "high"), False, 6)
        return Splits(*parts, task, unlabeled=np.array(["a text that is longer than any of the pool's"]))


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
    *((fault, "items-without-labels") for fault in (MorePairs, MoreOfNothing, MoreDoubles, MoreColumns)),
    (MoreNotANumber, "items-without-labels"),
    (SplitsOwnItems, "items-without-labels"),
    (MoreDoubles, "accepted-by-a-run"),
    (CopiesOfTheTest, "splits-apart"),
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


def test_texts_beyond_the_pool_may_be_longer_than_its_own() -> None:
    finding = DATASET_CHECKS["items-without-labels"](MoreTexts, name="sound")
    assert finding.status == "pass", finding


@pytest.mark.parametrize("build", [Sound, SoundImages, MoreItems])
def test_a_sound_data_set_passes(build: Callable[[], Any]) -> None:
    findings = check_dataset(build, name="sound")
    assert [str(finding) for finding in findings if finding.failed] == []
    assert [finding.check for finding in findings] == list(DATASET_CHECKS)


def test_every_data_set_check_has_a_fault_that_it_catches() -> None:
    assert set(DATASET_CHECKS) - {check for _, check in DATASET_FAULTS} == {"views-on-cuda", "views-on-mps"}


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


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    """The planted faults disturb the process: put it back."""
    states = random.getstate(), mtrand.get_state(legacy=False), torch.get_rng_state()
    DrawsByItself.calls.clear()
    yield
    random.setstate(states[0])
    mtrand.set_state(states[1])
    torch.set_rng_state(states[2])

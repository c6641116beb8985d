"""What views do to a data set's items is measured and shown before a run is paid for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from albench.api import FeatureDataset, ImageDataset, Split, Splits, Task
from albench.bench import view_effects
from albench.bench.view_effects import Effects, measure
from albench.components.registry import registry
from albench.render.views import advice, effect_lines


def sided(side: int = 8) -> Splits:
    """Images that are bright on the left or on the right: a mirrored one is of the other class."""
    rng = np.random.default_rng(0)
    parts = []
    for n in (120, 40, 20):
        y = np.arange(n, dtype=np.int64) % 2
        x = rng.integers(0, 90, (n, 1, side, side))
        for row, label in enumerate(y):
            x[row, :, :, label * (side // 2) : (label + 1) * (side // 2)] += 150
        parts.append(Split(x.astype(np.uint8), y))
    return Splits(*parts, Task("image", (1, side, side), 2, ("left", "right"), pool_size=120))


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """Enough to learn the sets of this module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(view_effects, "STEPS", 40)
        yield


@pytest.fixture(scope="module")
def mirrored() -> tuple[Effects, Splits]:
    splits = sided()
    return measure(ImageDataset(rotate=0.0, cutout=0.0), splits, registry()), splits


def test_a_flip_that_makes_another_class_is_found(mirrored: tuple[Effects, Splits]) -> None:
    effects, _ = mirrored
    assert effects.accuracy > 0.95
    assert 0.4 < effects.overall("flip") < 0.6, "half of the views are mirrored"
    assert effects.overall("shift") < 0.1
    assert effects.taught < 0.8
    said = " ".join(advice(effects))
    assert "write flip=false" in said
    assert "flip changes most" in said


def test_options_that_are_off_are_not_looked_at(mirrored: tuple[Effects, Splits]) -> None:
    assert list(mirrored[0].changed) == ["weak", "flip", "shift", "strong", "n_ops"]


def test_nothing_is_said_against_views_that_change_nothing() -> None:
    effects = measure(ImageDataset(flip=False), sided(), registry())
    assert advice(effects) == []


def test_the_table_has_every_class_and_every_view(mirrored: tuple[Effects, Splits]) -> None:
    effects, splits = mirrored
    lines = effect_lines(effects, splits)
    assert lines[2].split() == ["items", "weak", "flip", "shift", "strong", "n_ops"]
    assert [line.split()[:2] for line in lines[3:]] == [["all", "40"], ["left", "20"], ["right", "20"]]
    assert f"{effects.overall('flip'):.1%}" in lines[3]
    assert len({len(line) for line in lines[2:]}) == 1


def test_vectors_are_measured_too() -> None:
    """Noise as wide as the distance of the classes changes predictions, and little noise none."""
    rng = np.random.default_rng(1)
    parts = []
    for n in (200, 60, 20):
        y = np.arange(n, dtype=np.int64) % 2
        parts.append(Split((4 * y[:, None] + rng.normal(0, 0.3, (n, 2))).astype(np.float32), y))
    splits = Splits(*parts, Task("features", (2,), 2, ("a", "b"), pool_size=200))
    loud = measure(FeatureDataset(weak_noise=2.0), splits, registry())
    quiet = measure(FeatureDataset(weak_noise=0.01), splits, registry())
    assert loud.overall("weak_noise") == pytest.approx(loud.overall("weak"), abs=0.1)
    assert loud.overall("weak") > 0.1
    assert quiet.overall("weak") == 0
    assert measure(FeatureDataset(weak_noise=2.0), splits, registry()).right == loud.right, "the same again"
    assert {"strong_noise", "strong_dropout", "strong_mix"} <= set(quiet.changed)


def test_a_view_of_its_own_is_measured_as_a_whole() -> None:
    class Inverted(ImageDataset):
        """Its weak view is the other class."""

        def weak(self, x: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
            return x.flip(3).float() / 255

    effects = measure(Inverted(n_ops=0, cutout=0.0), sided(), registry())
    assert list(effects.changed) == ["weak", "strong"]
    assert effects.overall("weak") > 0.9


@pytest.fixture
def file(tmp_path: Path) -> str:
    splits = sided()
    arrays = {
        f"{name}_{what}": array
        for name in ("train", "val", "test")
        for what, array in (("images", getattr(splits, name).x[:, 0]), ("labels", getattr(splits, name).y))
    }
    np.savez(tmp_path / "sided.npz", **arrays)
    return "npz[path=sided.npz]"


def test_the_command_writes_a_sheet_and_says_what_views_change(
    file: str, tmp_path: Path, command_line: Callable[..., str]
) -> None:
    said = command_line(["data", "views", file], tmp_path)
    assert said.startswith("views: weak: flip left-right, shift up to 1 of 8 pixels, rotate up to 10 degrees")
    assert "Wrote npz-views.png." in said
    assert "note: flip alone changes" in said
    with Image.open(tmp_path / "npz-views.png") as image:
        first = np.asarray(image)[60:90, 20:90].mean(axis=(0, 2))
        assert image.width > image.height / 3
    assert first[:20].mean() > first[-20:].mean() + 50, "the first picture is the first class's item as it is"


def test_vectors_have_a_table_and_no_sheet(toy: str, tmp_path: Path, command_line: Callable[..., str]) -> None:
    said = command_line(["data", "views", "blobs", "--plugin", toy], tmp_path)
    assert "weak_noise" in said
    assert "Wrote" not in said
    assert not list(tmp_path.glob("*.png"))

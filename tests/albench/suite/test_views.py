"""Built-in views fit the size of the images; what a key names is what a trial trains with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from albench.api import Dataset, FeatureDataset, ImageDataset, Task
from albench.api.dataset import scaled_shift
from albench.augment import ImageViews
from albench.execution.plan import Plan
from albench.execution.prepare import prepare
from albench.execution.settle import settle
from albench.render.planned import plan_lines
from albench.results.records import read_manifest
from albench.session import suite_from
from albench.suite import views
from albench.suite.protocol import Protocol
from albench.suite.settings import run_settings
from albench.suite.trials import Trial


def image_task(side: int) -> Task:
    return Task("image", (1, side, side), 2, ("a", "b"), pool_size=10)


@pytest.mark.parametrize(("side", "shift"), [(1, 0), (8, 1), (16, 2), (28, 4), (32, 4), (64, 8), (224, 28)])
def test_the_shift_is_an_eighth_of_the_side(side: int, shift: int) -> None:
    """At 28 and 32 pixels it is what it has always been, so that keys and records stand."""
    assert scaled_shift((3, side, 2 * side)) == shift
    assert views.fitted(ImageDataset(), image_task(side)) == {"shift": shift}


@pytest.mark.parametrize("side", [8, 64])
def test_no_pixel_moves_farther_than_an_eighth_of_the_side(side: int) -> None:
    x = torch.zeros(256, 1, side, side)
    x[:, :, :, side // 2] = 1
    moved = ImageViews(ImageDataset(flip=False, rotate=0.0)).weak(x, torch.rand(256, 48, generator=torch.Generator()))
    columns = moved[:, 0, side // 2].argmax(dim=1) - side // 2
    assert (int(columns.min()), int(columns.max())) == (-side // 8, side // 8)


def test_a_shift_that_is_named_stays() -> None:
    assert views.fitted(ImageDataset(shift=3), image_task(64)) == {}


@dataclass(frozen=True)
class WithoutOptions(Dataset):
    """Images whose class knows nothing of the built-in views' options."""


def test_images_without_the_option_have_it_in_their_key_where_it_is_not_what_it_was() -> None:
    assert views.fitted(WithoutOptions(), image_task(32)) == {}
    assert views.fitted(WithoutOptions(), image_task(64)) == {"shift": 8}


@pytest.mark.parametrize(
    ("resolved", "shift"), [("x[shift=8]", 8), ("x", 4), ("x[shift=none]", 4), ("x[flip=true,shift=0]", 0)]
)
def test_a_trial_trains_with_what_its_key_names(resolved: str, shift: int) -> None:
    trial = Trial("x", "m", "s", "b", 0, Protocol(), (resolved, "m", "s", "b"))
    assert trial.shift == shift


def test_views_in_words() -> None:
    told = views.in_words(ImageDataset(flip=False), image_task(64), 8)
    assert told == (
        "views: weak: shift up to 8 of 64 pixels, rotate up to 10 degrees; strong: the same shift, 3 of RandAugment's "
        "operations, cut-out up to 50% of the side"
    )
    off = ImageDataset(flip=False, shift=0, rotate=0.0, n_ops=0, cutout=0.0)
    assert views.in_words(off, image_task(8), 0) == "views: weak: none; strong: none"
    vectors = Task("features", (4,), 2, ("a", "b"), pool_size=10)
    assert "weak: noise of 0.1 standard deviations; strong: noise of 0.5" in views.in_words(
        FeatureDataset(), vectors, 4
    )


def test_what_turns_each_part_off_is_told() -> None:
    task = image_task(64)
    assert views.switches(ImageDataset(), task, 8) == "flip=false, shift=0, rotate=0, n_ops=0, cutout=0"
    assert views.switches(ImageDataset(flip=False, n_ops=0), task, 0) == "rotate=0, cutout=0"
    off = "weak_noise=0, strong_noise=0, strong_dropout=0, strong_mix=0"
    vectors = Task("features", (4,), 2, ("a", "b"), pool_size=10)
    assert views.switches(FeatureDataset(), vectors, 4) == off
    assert views.switches(FeatureDataset(strong_shift=1.5), vectors, 4) == f"{off}, strong_shift=0"
    assert views.in_words(FeatureDataset(strong_shift=1.5), vectors, 4).endswith(
        "1.5 of the difference of two near items"
    )


def test_own_views_are_said_to_be_own() -> None:
    class Own(ImageDataset):
        def weak(self, x: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
            return x

    assert "weak: the data set's own; strong: flip" not in views.in_words(Own(), image_task(8), 1)
    assert "weak: the data set's own; strong: the same flip and shift" in views.in_words(Own(), image_task(8), 1)


@pytest.fixture
def pictures(tmp_path: Path) -> str:
    """A set of 64-pixel images, for which the shift is not what it was once."""
    rng = np.random.default_rng(0)
    arrays = {}
    for split, n in (("train", 30), ("val", 10), ("test", 10)):
        arrays[f"{split}_images"] = rng.integers(0, 256, (n, 64, 64), dtype=np.uint8)
        arrays[f"{split}_labels"] = np.arange(n) % 2
    np.savez(tmp_path / "pictures.npz", **arrays)
    return f"npz[path={tmp_path}/pictures.npz]"


def plan(dataset: str, folder: Path, strategy: str = "random", **settings: Any) -> Plan:
    declared = suite_from(
        None, dataset=dataset, method="supervised", strategy=strategy, seeds=1, name="s",
        rounds=1, steps=1, initial=4, batch_size=4, evaluations=1, **settings,
    )  # fmt: skip
    return prepare(settle(declared, run_settings(out=folder, executor=None, device="cpu")))


def test_the_header_names_the_views(pictures: str, tmp_path: Path) -> None:
    lines = [line.plain for line in plan_lines(plan(pictures, tmp_path))]
    assert any("flip left-right, shift up to 8 of 64 pixels" in line for line in lines)
    assert any("(off with flip=false, shift=0, rotate=0, n_ops=0, cutout=0; 'albench" in line for line in lines)


def test_the_header_says_how_many_labels_the_protocol_needs(pictures: str, tmp_path: Path) -> None:
    lines = [line.plain for line in plan_lines(plan(pictures, tmp_path, validation="all"))]
    assert "  labels 4 of 30; with 10 of val and 10 of test the protocol needs 24 of 50 labelled" in lines
    lines = [line.plain for line in plan_lines(plan(pictures, tmp_path, validation="1x"))]
    assert "  labels 4 of 30; with 4 of val and 10 of test the protocol needs 18 of 50 labelled" in lines
    lines = [line.plain for line in plan_lines(plan(pictures, tmp_path))]
    assert "  labels 4 of 30; with 10 of test the protocol needs 14 of 50 labelled" in lines


def test_a_folder_goes_on_with_the_views_that_it_began_with(
    pictures: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its stored trials are not run again, and what is added to them is trained as they were, which is told."""
    from albench.execution.runner import execute

    with monkeypatch.context() as then:
        then.setattr("albench.suite.views.scaled_shift", lambda _: 4)
        began = plan(pictures, tmp_path)
        execute(began, _Silent())
    again = plan(pictures, tmp_path)
    assert (len(again.done), len(again.todo)) == (1, 0)
    added = plan(pictures, tmp_path, "entropy")
    assert added.todo[0].shift == 4
    assert "8 would fit its images" in " ".join(added.notes)
    elsewhere = plan(pictures, tmp_path / "new")
    assert elsewhere.todo[0].shift == 8
    assert not elsewhere.notes
    assert read_manifest(began.folder)


class _Silent:
    """A listener that shows nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None

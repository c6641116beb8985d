"""A run says by itself where flipped items look like other classes, by the labels that it starts with and no others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits, load_sample_images

from albench.api import FeatureDataset, ImageDataset, Split, Splits, Task
from albench.execution.plan import Plan
from albench.execution.prepare import prepare
from albench.execution.settle import settle
from albench.render.planned import plan_lines
from albench.session import suite_from
from albench.suite.settings import run_settings
from albench.trial import mirrored
from albench.trial.mirrored import compare, mirrored_note


def split_into(x: np.ndarray, y: np.ndarray) -> Splits:
    names = tuple(map(str, range(int(y.max()) + 1)))
    parts = (Split(x[rows], y[rows].astype(np.int64)) for rows in np.split(np.arange(len(x)), [len(x) - 200, -100]))
    return Splits(*parts, Task("image", x.shape[1:], len(names), names, pool_size=len(x) - 200))


def digits() -> Splits:
    bunch = load_digits()
    return split_into((bunch.images * 15).astype(np.uint8)[:, None], bunch.target)


def photographs() -> Splits:
    """Pieces of two photographs: what each is of does not hang on its sides."""
    rng = np.random.default_rng(0)
    pictures = [picture.mean(axis=2) for picture in load_sample_images().images]
    x, y = [], []
    for number in range(600):
        picture = pictures[number % 2]
        row, column = (rng.integers(0, side - 32) for side in picture.shape)
        x.append(picture[row : row + 32, column : column + 32])
        y.append(number % 2)
    return split_into(np.stack(x).astype(np.uint8)[:, None], np.array(y))


@pytest.mark.parametrize("seed", range(5))
def test_digits_are_others_when_mirrored_and_the_option_is_named(seed: int) -> None:
    said = mirrored_note(ImageDataset(), digits(), 100, "stratified", seed)
    assert said.startswith(f"mirrored items look like other classes: of 100 initial labels (seed {seed}) the nearest ")
    assert said.endswith("Where left and right matter, write flip=false.")


def test_nothing_is_said_of_photographs() -> None:
    splits = photographs()
    assert [mirrored_note(ImageDataset(), splits, count, "stratified", 0) for count in (20, 100, 300)] == [""] * 3


def test_nothing_is_said_where_nothing_is_flipped() -> None:
    @dataclass(frozen=True)
    class Own(ImageDataset):
        def weak(self, x: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
            return x

    splits = digits()
    assert mirrored_note(ImageDataset(flip=False), splits, 100, "stratified", 0) == ""
    assert mirrored_note(Own(), splits, 100, "stratified", 0) == ""
    vectors = replace(splits, task=replace(splits.task, modality="features"))
    assert mirrored_note(FeatureDataset(), vectors, 100, "stratified", 0) == ""


def test_labels_that_were_not_bought_change_nothing() -> None:
    """Under a random draw, which itself looks at no label."""
    splits = digits()
    said = mirrored_note(ImageDataset(), splits, 100, "random", 3)
    bought = np.zeros(len(splits.train), bool)
    bought[mirrored.Oracle(splits.train.y, 10, 100).draw_initial(100, "random", 3).numpy()] = True
    wrong = np.where(bought, splits.train.y, (splits.train.y + 3) % 10)
    assert said
    assert mirrored_note(ImageDataset(), replace(splits, train=Split(splits.train.x, wrong)), 100, "random", 3) == said


def test_the_mean_of_a_class_leaves_out_the_items_own_group() -> None:
    """Left and right halves; but each patient is on its own, so that without him nothing is known of his class."""
    x = np.zeros((4, 1, 2, 2))
    x[:2, ..., 0] = 1
    x[2:, ..., 1] = 1
    y = np.array([0, 0, 1, 1])
    alone, grouped = compare(x, y), compare(x, y, np.array([7, 7, 9, 9]))
    assert (alone.as_they_are.tolist(), alone.mirrored.tolist()) == ([True] * 4, [False] * 4)
    assert not grouped.as_they_are.any()
    assert alone.chance == 0.5
    assert not alone.decisive, "four items are luck"


def test_many_labels_and_large_images_are_thinned_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirrored, "MOST", 60)
    assert "of 60 initial labels" in mirrored_note(ImageDataset(), digits(), 300, "stratified", 0)
    large = np.repeat(np.repeat(digits().train.x[:120], 12, axis=2), 12, axis=3)
    small = compare(digits().train.x[:120], digits().train.y[:120])
    found = compare(large, digits().train.y[:120])
    assert abs(found.mirrored.mean() - small.mirrored.mean()) < 0.05


def test_a_run_says_it_once_for_a_data_set(tmp_path: Path) -> None:
    splits = digits()
    arrays = {
        f"{name}_{part}": getattr(getattr(splits, name), key)
        for name in ("train", "val", "test")
        for part, key in (("images", "x"), ("labels", "y"))
    }
    np.savez(tmp_path / "d.npz", **{name: array[:, 0] if array.ndim == 4 else array for name, array in arrays.items()})

    def plan(flip: str) -> Plan:
        spec = f"npz[path={tmp_path / 'd.npz'},equal_items=allow,flip={flip}]"
        suite = suite_from(dataset=spec, method="supervised", strategy="random", seeds=2, rounds=1, initial=100)
        return prepare(settle(suite, run_settings(out=tmp_path)))

    flipped = plan("true")
    said = [note for note in flipped.notes if "mirrored items look like other classes" in note]
    assert len(said) == 1
    assert said[0] in "\n".join(line.plain for line in plan_lines(flipped, verbose=True))
    assert not [note for note in plan("false").notes if "mirrored" in note]

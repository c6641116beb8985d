"""MedMNIST's sets, on small files of the published layout."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from albench.api import DataError
from albench.components.registry import Registry
from albench_datasets import facts_medmnist
from albench_datasets.facts_medmnist import SETS, facts
from albench_datasets.medmnist import MedMnist


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, about in SETS.items():
        monkeypatch.setitem(facts_medmnist.SETS, name, replace(about, items=(40, 20, 20), per_class={}))


def write(path: Path, n_classes: int, *, channels: int = 0, size: int = 28, **changes: Any) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    held: dict[str, np.ndarray] = {}
    for split, n in (("train", 40), ("val", 20), ("test", 20)):
        held[f"{split}_images"] = rng.integers(0, 256, (n, size, size, *([channels] if channels else [])), np.uint8)
        held[f"{split}_labels"] = (np.arange(n) % n_classes).astype(np.uint8)[:, None]
    path.parent.mkdir(exist_ok=True)
    np.savez_compressed(path, **{**held, **changes})
    return held


def test_a_colour_set_with_its_own_splits(tmp_path: Path) -> None:
    held = write(tmp_path / "medmnist" / "bloodmnist.npz", 8, channels=3)
    data = MedMnist(name="blood")
    splits = data.load(tmp_path)
    np.testing.assert_array_equal(splits.val.x, held["val_images"].transpose(0, 3, 1, 2))
    assert [len(splits.train), len(splits.val), len(splits.test)] == [40, 20, 20]
    assert splits.task.class_names[1] == "eosinophil"
    assert not splits.task.ordinal
    (problem,) = data.verify(tmp_path)
    assert problem.what.startswith("not the published file byte for byte: md5:")


def test_grades_are_ordinal_at_each_size(tmp_path: Path) -> None:
    write(tmp_path / "retinamnist_64.npz", 5, channels=3, size=64)
    data = MedMnist(name="retina", size=64)
    splits = data.load(tmp_path)
    assert splits.task.ordinal
    assert splits.task.shape == (3, 64, 64)
    assert not MedMnist(name="retina").find(tmp_path)
    assert data.published().files[0].urls[0].endswith("/retinamnist_64.npz?download=1")


def test_images_of_another_size_are_told(tmp_path: Path) -> None:
    write(tmp_path / "breastmnist.npz", 2, size=32)
    with pytest.raises(DataError, match=r"train_images: images of 32 x 32, published are 28 x 28"):
        MedMnist(name="breast").load(tmp_path)


def test_other_items_than_published_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "breastmnist.npz", 2, val_images=np.zeros((3, 28, 28), np.uint8), val_labels=np.zeros(3, np.uint8))
    told = r"val_labels: 3 items, published are 20: this is not medmnist\[name=breast\] as published"
    with pytest.raises(DataError, match=told):
        MedMnist(name="breast").load(tmp_path)


def test_what_npz_refuses_is_refused_in_the_same_words(tmp_path: Path) -> None:
    build = Registry().build
    wrong: dict[str, Any] = {
        "pickled": {"train_labels": np.array([object()] * 40)},
        "soft": {f"{split}_labels": np.full((n, 2), 0.5) for split, n in (("train", 40), ("val", 20), ("test", 20))},
        "of floats": {"train_images": np.zeros((40, 28, 28))},
        "beyond": {"test_labels": np.full(20, 7)},
        "fewer": {"train_images": np.zeros((7, 28, 28), np.uint8)},
    }
    for name, changes in wrong.items():
        path = tmp_path / "pneumoniamnist.npz"
        write(path, 2, **changes)
        said = []
        for spec in ("medmnist[name=pneumonia]", f"npz[path={path},classes=normal;pneumonia]"):
            with pytest.raises(DataError) as error:
                build("dataset", spec).load(tmp_path)
            said.append(str(error.value))
        assert said[0] == said[1], name


def test_several_labels_an_item_are_refused_with_the_reason() -> None:
    with pytest.raises(DataError, match="ChestMNIST has 14 labels an item; only sets with one label an item can"):
        Registry().build("dataset", "medmnist[name=chest]")


def test_what_is_published_is_whole() -> None:
    assert len(SETS) == 11
    sums = [sum for about in SETS.values() for sum in about.md5]
    assert len({*sums}) == 44
    for name in SETS:
        for size in facts_medmnist.SIZES:
            (file,) = facts(name, size).files
            assert file.name == f"{name}mnist{'' if size == 28 else f'_{size}'}.npz"
            assert len(file.checksum) == len("md5:") + 32

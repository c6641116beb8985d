"""STL-10, on small archives of the published layout."""

from __future__ import annotations

import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tar_files import packed

import albench
from albench.api import DataError
from albench.components.fields import canonical
from albench.components.registry import registry
from albench.data.loading import load_data
from albench_datasets import stl10
from albench_datasets.stl10 import Stl10


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    """Split -> images (N, 3, 96, 96), each channel of which lies in the archive column by column."""
    counts = {"train": (5,) * 10, "test": (1,) * 10}
    monkeypatch.setattr(stl10, "STL10", replace(stl10.STL10, per_class=counts))
    more = replace(stl10.STL10_WITH_UNLABELED, per_class=counts, items={"train": 50, "test": 10, "unlabeled": 30})
    monkeypatch.setattr(stl10, "STL10_WITH_UNLABELED", more)
    images = {"unlabeled": np.random.default_rng(7).integers(0, 256, (30, 3, 96, 96), np.uint8)}
    held = {"stl10_binary/unlabeled_X.bin": images["unlabeled"].transpose(0, 1, 3, 2).tobytes()}
    for seed, (split, n) in enumerate((("train", 50), ("test", 10))):
        images[split] = np.random.default_rng(seed).integers(0, 256, (n, 3, 96, 96), np.uint8)
        held[f"stl10_binary/{split}_X.bin"] = images[split].transpose(0, 1, 3, 2).tobytes()
        held[f"stl10_binary/{split}_y.bin"] = (np.arange(n) % 10 + 1).astype(np.uint8).tobytes()
    packed(tmp_path / "stl10" / "stl10_binary.tar.gz", held)
    return images


def test_images_stand_upright_and_labels_count_from_zero(tmp_path: Path, images: dict[str, np.ndarray]) -> None:
    splits = Stl10().load(tmp_path)
    np.testing.assert_array_equal(splits.test.x, images["test"])
    assert splits.test.y.tolist() == list(range(10))
    assert [len(splits.train), len(splits.val)] == [40, 10]
    assert splits.task.class_names[7] == "monkey"
    assert len(Stl10().verify(tmp_path)) == 1


@pytest.mark.usefixtures("images")
def test_other_labels_are_told(tmp_path: Path) -> None:
    held = {f"stl10_binary/{split}_X.bin": bytes(3 * 96 * 96) for split in ("train", "test")}
    held |= {f"stl10_binary/{split}_y.bin": bytes(1) for split in ("train", "test")}
    packed(tmp_path / "stl10" / "stl10_binary.tar.gz", held)
    with pytest.raises(DataError, match=r"stl10_binary/train_y\.bin holds labels other than 1 \.\. 10; get the file"):
        Stl10().load(tmp_path)


@pytest.mark.parametrize("unpacked", [False, True])
def test_images_without_labels_are_read_where_they_are_wanted(
    tmp_path: Path, images: dict[str, np.ndarray], unpacked: bool
) -> None:
    assert Stl10().load(tmp_path).unlabeled is None
    if unpacked:
        with tarfile.open(tmp_path / "stl10" / "stl10_binary.tar.gz") as archive:
            archive.extractall(tmp_path / "stl10", filter="data")
        (tmp_path / "stl10" / "stl10_binary.tar.gz").unlink()
    splits = Stl10(unlabeled=True).load(tmp_path)
    assert splits.unlabeled is not None
    np.testing.assert_array_equal(splits.unlabeled, images["unlabeled"])
    assert [len(splits.train), len(splits.val), len(splits.test), splits.n_unlabeled] == [40, 10, 10, 30]
    assert isinstance(splits.unlabeled, np.memmap) is unpacked
    assert [problem.fatal for problem in Stl10(unlabeled=True).verify(tmp_path)] == [False] * (not unpacked)


def test_another_number_of_images_without_labels_is_told(
    tmp_path: Path, images: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    more = stl10.STL10_WITH_UNLABELED
    monkeypatch.setattr(stl10, "STL10_WITH_UNLABELED", replace(more, items={**more.items, "unlabeled": 100_000}))
    with pytest.raises(DataError, match=r"unlabeled_X\.bin: 30 items, published are 100,000: this is not stl10\[unlab"):
        Stl10(unlabeled=True).load(tmp_path)
    assert Stl10(unlabeled=True).verify(tmp_path)[0].fatal
    del images


@pytest.mark.usefixtures("images")
def test_unpacked_files_without_them_are_not_enough(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "stl10" / "stl10_binary.tar.gz") as archive:
        archive.extractall(tmp_path / "stl10", filter="data")
    (tmp_path / "stl10" / "stl10_binary.tar.gz").unlink()
    (tmp_path / "stl10" / "stl10_binary" / "unlabeled_X.bin").unlink()
    assert Stl10().find(tmp_path)
    assert not Stl10(unlabeled=True).find(tmp_path)


@pytest.mark.usefixtures("images")
def test_a_run_trains_on_them_and_the_option_is_in_the_key_where_it_is_used(tmp_path: Path) -> None:
    data = load_data("stl10[unlabeled=true]", str(tmp_path), registry(()))
    assert data.splits.n_unlabeled == 30
    assert data.hash != load_data("stl10", str(tmp_path), registry(())).hash
    assert canonical("stl10", Stl10()) == canonical("stl10", Stl10(unlabeled=False))
    assert "unlabeled" not in canonical("stl10", Stl10())
    assert "unlabeled=true" in canonical("stl10", Stl10(unlabeled=True))
    results = albench.run(
        dataset="stl10[unlabeled=true]",
        method="fixmatch",
        strategy="entropy",
        backbone="cnn",
        seeds=1,
        data_dir=tmp_path,
        out=tmp_path / "results",
        executor="local",
        **{"rounds": 2, "steps": 2, "initial": 10, "query_size": 2, "batch_size": 4, "evaluations": 1},
    )
    assert results.frame["n_labeled"].tolist() == [10, 12]

"""CIFAR-10 and CIFAR-100, on small archives of the published layout."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tar_files import packed

from albench.api import DataError
from albench_datasets import cifar
from albench_datasets.cifar import COARSE, FINE, Cifar10, Cifar100


def records(labels: np.ndarray, seed: int) -> tuple[bytes, np.ndarray]:
    """Records of labels (N, L) and 3,072 random bytes each; and their images, channels first, row by row."""
    pixels = np.random.default_rng(seed).integers(0, 256, (len(labels), 3072), np.uint8)
    return np.concatenate([labels.astype(np.uint8), pixels], axis=1).tobytes(), pixels.reshape(-1, 3, 32, 32)


@pytest.fixture
def ten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, np.ndarray]:
    """CIFAR-10 with five files of 20 images and 10 to test on; the test images."""
    counts = {"train": (10,) * 10, "test": (1,) * 10}
    monkeypatch.setattr(cifar, "CIFAR10", replace(cifar.CIFAR10, per_class=counts))
    held = {}
    for number in range(1, 6):
        held[f"cifar-10-batches-bin/data_batch_{number}.bin"] = records(np.arange(20)[:, None] % 10, number)[0]
    held["cifar-10-batches-bin/test_batch.bin"], test = records(np.arange(10)[::-1, None], 0)
    packed(tmp_path / "cifar-10-binary.tar.gz", held)
    return tmp_path, test


def test_ten_classes(ten: tuple[Path, np.ndarray]) -> None:
    root, test = ten
    splits = Cifar10().load(root)
    np.testing.assert_array_equal(splits.test.x, test)
    assert splits.test.y.tolist() == list(range(10))[::-1]
    assert [len(splits.train), len(splits.val)] == [90, 10]
    assert np.bincount(splits.val.y).tolist() == [1] * 10
    assert splits.task.class_names[:3] == ("airplane", "automobile", "bird")
    assert splits.task.shape == (3, 32, 32)
    problems = Cifar10().verify(root)
    assert ["not the published file" in problem.what for problem in problems] == [True]


def test_unpacked_it_is_found_too(ten: tuple[Path, np.ndarray], tmp_path: Path) -> None:
    import tarfile

    root, test = ten
    with tarfile.open(root / "cifar-10-binary.tar.gz") as archive:
        archive.extractall(tmp_path / "un", filter="data")
    (root / "cifar-10-binary.tar.gz").unlink()
    assert not Cifar10().find(root)
    assert Cifar10().find(root / "un")
    np.testing.assert_array_equal(Cifar10().load(root / "un").test.x, test)
    assert Cifar10().verify(root / "un") == []


def test_counts_that_are_not_the_published_ones_are_refused(
    ten: tuple[Path, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cifar, "CIFAR10", replace(cifar.CIFAR10, per_class={"train": (10,) * 10, "test": (2,) * 10}))
    told = r"test_batch\.bin: 1 items of class airplane, published are 2 \(and 9 more such\): this is not cifar10"
    with pytest.raises(DataError, match=told):
        Cifar10().load(ten[0])


@pytest.mark.parametrize("labels", ["fine", "coarse"])
def test_a_hundred_classes_and_their_superclasses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, labels: str) -> None:
    coarse = np.arange(400) % 20
    fine = np.arange(400) % 100
    for name, n in (("CIFAR100", 100), ("CIFAR100_COARSE", 20)):
        counts = {"train": (400 // n,) * n, "test": (400 // n,) * n}
        monkeypatch.setattr(cifar, name, replace(getattr(cifar, name), per_class=counts))
    held = {
        f"cifar-100-binary/{split}.bin": records(np.stack([coarse, fine], axis=1), seed)[0]
        for seed, split in enumerate(("train", "test"))
    }
    packed(tmp_path / "cifar100" / "cifar-100-binary.tar.gz", held)
    data = Cifar100(labels=labels)  # type: ignore[arg-type]
    splits = data.load(tmp_path)
    assert splits.test.y.tolist() == (fine if labels == "fine" else coarse).tolist()
    assert splits.task.class_names == (FINE if labels == "fine" else COARSE)
    assert len(splits.val) == (100 if labels == "fine" else 40)


def test_names_are_in_label_order() -> None:
    assert len(FINE) == len({*FINE}) == 100
    assert list(FINE) == sorted(FINE)
    assert len(COARSE) == len({*COARSE}) == 20
    assert list(COARSE) == sorted(COARSE)

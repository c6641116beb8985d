"""Small files in the layouts of the published image sets, and their facts to match."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from idx_files import write_part
from scipy.io import savemat
from tar_files import packed

from albench_datasets import cifar, facts_medmnist, mnist, stl10, svhn

TRAIN, TEST = (10,) * 10, (2,) * 10


def write_published(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Each set with 100 images to train on and 20 to test on, in its own folder, and facts that say as many."""
    _counted(patch)
    for name in ("mnist", "fashion-mnist"):
        write_part(folder / name, "train", TRAIN, marked=False)
        write_part(folder / name, "t10k", TEST, seed=1, marked=False)
    ten = {f"data_batch_{number}.bin": 20 for number in range(1, 6)} | {"test_batch.bin": 20}
    _cifar(folder / "cifar10" / "cifar-10-binary.tar.gz", "cifar-10-batches-bin", ten, (10,))
    hundred = {"train.bin": 200, "test.bin": 100}
    _cifar(folder / "cifar100" / "cifar-100-binary.tar.gz", "cifar-100-binary", hundred, (20, 100))
    (folder / "svhn").mkdir()
    held = {}
    for seed, (split, n) in enumerate((("train", 100), ("test", 20))):
        rng = np.random.default_rng(seed)
        digits = {"X": rng.integers(0, 256, (32, 32, 3, n), np.uint8), "y": np.arange(n)[:, None] % 10 + 1}
        savemat(folder / "svhn" / f"{split}_32x32.mat", digits)
        held[f"stl10_binary/{split}_X.bin"] = rng.integers(0, 256, (n, 3 * 96 * 96), np.uint8).tobytes()
        held[f"stl10_binary/{split}_y.bin"] = (np.arange(n) % 10 + 1).astype(np.uint8).tobytes()
    packed(folder / "stl10" / "stl10_binary.tar.gz", held)
    _medmnist(folder / "medmnist" / "retinamnist.npz")


def _counted(patch: pytest.MonkeyPatch) -> None:
    for module, name, n_classes in (
        (mnist, "MNIST", 10),
        (mnist, "FASHION_MNIST", 10),
        (cifar, "CIFAR10", 10),
        (svhn, "SVHN", 10),
        (stl10, "STL10", 10),
        (cifar, "CIFAR100", 100),
    ):
        counts: Mapping[str, tuple[int, ...]] = {"train": TRAIN, "test": TEST}
        if n_classes == 100:
            counts = {"train": (2,) * 100, "test": (1,) * 100}
        patch.setattr(module, name, replace(getattr(module, name), per_class=counts))
    about = facts_medmnist.SETS["retina"]
    patch.setitem(facts_medmnist.SETS, "retina", replace(about, items=(40, 20, 20), per_class={}))


def _cifar(path: Path, folder: str, files: Mapping[str, int], classes: tuple[int, ...]) -> None:
    held = {}
    for seed, (name, n) in enumerate(files.items()):
        pixels = np.random.default_rng(seed).integers(0, 256, (n, 3 * 32 * 32), np.uint8)
        labels = np.stack([np.arange(n) % count for count in classes], axis=1).astype(np.uint8)
        held[f"{folder}/{name}"] = np.concatenate([labels, pixels], axis=1).tobytes()
    packed(path, held)


def _medmnist(path: Path) -> None:
    rng = np.random.default_rng(0)
    held: dict[str, np.ndarray] = {}
    for split, n in (("train", 40), ("val", 20), ("test", 20)):
        held[f"{split}_images"] = rng.integers(0, 256, (n, 28, 28, 3), np.uint8)
        held[f"{split}_labels"] = (np.arange(n) % 5).astype(np.uint8)[:, None]
    path.parent.mkdir()
    np.savez(path, **held)  # type: ignore[arg-type]

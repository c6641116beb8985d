"""STL-10, on small archives of the published layout."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tar_files import packed

from albench.api import DataError
from albench_datasets import stl10
from albench_datasets.stl10 import Stl10


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    """Split -> images (N, 3, 96, 96), each channel of which lies in the archive column by column."""
    counts = {"train": (5,) * 10, "test": (1,) * 10}
    monkeypatch.setattr(stl10, "STL10", replace(stl10.STL10, per_class=counts))
    held, images = {"stl10_binary/unlabeled_X.bin": b"not read"}, {}
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

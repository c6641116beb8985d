"""Data sets of .npy files: mapped, checked, and the same as in memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import albench
from albench.api import DataError
from albench.data.hashes import data_hash
from albench_datasets.features import Features
from albench_datasets.npz import Npz

COUNTS = {"train": 120, "val": 30, "test": 30}


def write_features(folder: Path, width: int = 6, **changes: Any) -> Path:
    """Three blobs in the layout of ``albench data extract``."""
    rng = np.random.default_rng(0)
    folder.mkdir(exist_ok=True)
    for split, count in COUNTS.items():
        y = np.arange(count) % 3
        x = (3 * np.eye(3, width)[y] + rng.standard_normal((count, width))).astype(np.float32)
        for name, array in (("features", x), ("targets", y)):
            np.save(folder / f"{split}-{name}.npy", changes.get(f"{split}_{name}", array))
    return folder


def write_images(folder: Path, channels: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    found = {}
    for split, count in COUNTS.items():
        shape = (count, 8, 8, channels) if channels else (count, 8, 8)
        found[f"{split}_images"] = rng.integers(0, 256, shape, dtype=np.uint8)
        found[f"{split}_labels"] = (np.arange(count) % 3).astype(np.uint8)[:, None]
    folder.mkdir()
    for name, array in found.items():
        np.save(folder / f"{name}.npy", array)
    return found


def is_mapped(x: np.ndarray) -> bool:
    while isinstance(x, np.ndarray) and not isinstance(x, np.memmap):
        x = x.base  # type: ignore[assignment]
    return isinstance(x, np.memmap)


def test_features_are_mapped(tmp_path: Path) -> None:
    folder = write_features(tmp_path / "set")
    np.save(folder / "train-groups.npy", np.arange(120) // 4)
    splits = Features(path="set").load(tmp_path)
    assert all(is_mapped(part.x) for part in (splits.train, splits.val, splits.test))
    np.testing.assert_array_equal(splits.val.x, np.load(folder / "val-features.npy"))
    np.testing.assert_array_equal(splits.test.y, np.arange(30) % 3)
    assert splits.task.modality == "features"
    assert splits.task.class_names == ("0", "1", "2")
    assert splits.task.n_groups == 30
    assert splits.notices == ()
    assert splits.stand_in == ""
    assert Features(path="set").find(tmp_path)


def test_underscores_and_labels_are_as_good(tmp_path: Path) -> None:
    folder = write_features(tmp_path / "set")
    hashed = data_hash(Features(path=str(folder)).load(None))
    for split in COUNTS:
        (folder / f"{split}-features.npy").rename(folder / f"{split}_features.npy")
        (folder / f"{split}-targets.npy").rename(folder / f"{split}_labels.npy")
    assert data_hash(Features(path=str(folder)).load(None)) == hashed


def test_what_is_extracted_can_be_read(tmp_path: Path, command_line: Callable[..., str]) -> None:
    command = ["data", "extract", "-d", "digits", "--backbone", "cnn", "--out", "made"]
    command_line(command, tmp_path)
    splits = Features(path="made").load(tmp_path)
    assert splits.task.n_classes == 10
    assert is_mapped(splits.train.x)


def test_simulated_features_stay_named_so(tmp_path: Path) -> None:
    folder = write_features(tmp_path / "set")
    (folder / "STAND-IN.txt").write_text("SIMULATED DATA - a stand-in for MESCC: these are features.\n")
    assert Features(path=str(folder)).load(None).stand_in == "MESCC"


def test_other_types_are_converted_and_told(tmp_path: Path) -> None:
    wide = np.random.default_rng(1).standard_normal((30, 6))
    splits = Features(path=str(write_features(tmp_path / "set", val_features=wide))).load(None)
    assert splits.val.x.dtype == np.float32
    (notice,) = splits.notices
    assert notice.endswith("val-features.npy: float64 is converted in memory; float32 would stay on disk")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda folder: (folder / "val-targets.npy").unlink(), "set: no val-labels.npy; save each array"),
        (lambda folder: (folder / "test-features.npy").unlink(), "set: no test-features.npy; save each array"),
        (
            lambda folder: np.save(folder / "train_labels.npy", np.zeros(120)),
            "train-targets.npy and train_labels.npy: both are the train split's labels; move one away",
        ),
        (lambda folder: np.save(folder / "val-features.npy", np.zeros((30, 5), np.float32)), "items of shape"),
        (lambda folder: np.save(folder / "val-targets.npy", np.full(30, -1)), "row 0 has the label -1"),
        (lambda folder: (folder / "train-features.npy").write_bytes(b"none"), "not a readable .npy array"),
    ],
)
def test_wrong_folders_are_named(tmp_path: Path, spoil: Callable[[Path], Any], says: str) -> None:
    folder = write_features(tmp_path / "set")
    spoil(folder)
    with pytest.raises(DataError, match=says.replace(".", r"\.")) as caught:
        Features(path=str(folder)).load(None)
    assert "\n" not in str(caught.value)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"features\[path=absent\]: no such file or folder; give its full path"):
        Features(path="absent").load(tmp_path)
    assert not Features(path="absent").find(tmp_path)


@pytest.mark.parametrize("channels", [0, 3])
def test_a_folder_of_images_is_the_file_in_maps(tmp_path: Path, channels: int) -> None:
    arrays = write_images(tmp_path / "set", channels)
    np.savez_compressed(tmp_path / "set.npz", **arrays)
    folder, file = Npz(path="set").load(tmp_path), Npz(path="set.npz").load(tmp_path)
    assert is_mapped(folder.train.x)
    assert not is_mapped(file.train.x)
    assert folder.task == file.task
    assert data_hash(folder) == data_hash(file)
    np.testing.assert_array_equal(folder.test.x, file.test.x)
    (tmp_path / "set" / "val_labels.npy").unlink()
    with pytest.raises(DataError, match=r"set: no val_labels\.npy; save each array with numpy\.save"):
        Npz(path="set").load(tmp_path)


def test_mapped_data_give_the_records_of_data_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stable_records: Callable[[Path], dict[str, list[dict[str, Any]]]]
) -> None:
    folder = write_features(tmp_path / "set")
    pictures = tmp_path / "pictures"
    write_images(pictures, 3)
    small = {"initial": 12, "query_size": 8, "rounds": 2, "steps": 6, "batch_size": 8, "executor": "local", "seeds": 1}
    found = []
    for name, copied in (("copied", 1 << 30), ("mapped", 0)):
        monkeypatch.setattr("albench.data.items.COPIED_BYTES", copied)
        out = tmp_path / name
        for dataset, backbone in ((f"features[path={folder}]", "mlp"), (f"npz[path={pictures}]", "cnn")):
            results = albench.run(
                dataset=dataset,
                strategy=["coreset", "boostmis"],
                method="fixmatch",
                backbone=backbone,
                out=out,
                **small,
            )
            assert results.failed.empty
        found.append([stable_records(out / suite) for suite in ("features", "npz")])
    assert found[0] == found[1]

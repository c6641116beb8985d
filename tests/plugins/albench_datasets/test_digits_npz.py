"""The digits, and images from files in the MedMNIST layout."""

from __future__ import annotations

import importlib.util
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from albench.api import DataError
from albench_datasets.digits import Digits, stratified
from albench_datasets.npz import Npz
from albench_datasets.npzfiles import read_npz


def test_digits_are_scikit_learns() -> None:
    splits = Digits().load(None)
    pixels, y = load_digits(return_X_y=True)
    rows = stratified(y, 0)
    assert sorted(np.concatenate(list(rows.values())).tolist()) == list(range(1797))
    np.testing.assert_array_equal(splits.val.y, y[rows["val"]])
    assert splits.val.x.dtype == np.uint8
    assert splits.task.shape == (1, 8, 8)
    # 16 becomes 255 and the steps are even
    np.testing.assert_allclose(splits.val.x.reshape(-1, 64), pixels[rows["val"]] * 255 / 16, atol=0.5)
    assert splits.train.x.max() == 255
    assert splits.task.class_names == tuple("0123456789")


def test_digits_are_the_same_where_the_library_keeps_them_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    direct = Digits().load(None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    by_library = Digits().load(None)
    for name in ("train", "val", "test"):
        a, b = getattr(direct, name), getattr(by_library, name)
        assert (a.x.dtype, a.y.dtype) == (b.x.dtype, b.y.dtype)
        np.testing.assert_array_equal(a.x, b.x)
        np.testing.assert_array_equal(a.y, b.y)


def test_digits_split_is_stratified_and_seeded() -> None:
    splits = Digits().load(None)
    counts = {name: np.bincount(getattr(splits, name).y) for name in ("train", "val", "test")}
    total = sum(counts.values())
    for name, share in (("train", 0.6), ("val", 0.15), ("test", 0.25)):
        assert np.abs(counts[name] - share * total).max() <= 1
    np.testing.assert_array_equal(Digits().load(None).train.x, splits.train.x)
    assert not np.array_equal(Digits(split_seed=1).load(None).train.x, splits.train.x)
    assert not Digits().flip
    assert Digits().shift == 1


def arrays(channels: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    found: dict[str, np.ndarray] = {}
    for split, n in (("train", 9), ("val", 6), ("test", 3)):
        shape = (n, 5, 4, channels) if channels else (n, 5, 4)
        found[f"{split}_images"] = rng.integers(0, 256, shape, dtype=np.uint8)
        found[f"{split}_labels"] = (np.arange(n) % 3).astype(np.uint8)[:, None]
    return found


def saved(folder: Path, found: dict[str, Any]) -> Path:
    np.savez_compressed(folder / "set.npz", **found)
    return folder / "set.npz"


def test_grey_and_colour(tmp_path: Path) -> None:
    grey = arrays()
    splits = Npz(path=str(saved(tmp_path, grey))).load(None)
    np.testing.assert_array_equal(splits.train.x[:, 0], grey["train_images"])
    np.testing.assert_array_equal(splits.train.y, grey["train_labels"][:, 0])
    assert splits.task.shape == (1, 5, 4)
    assert splits.task.class_names == ("0", "1", "2")
    assert splits.task.modality == "image"

    colour = arrays(3)
    colour["val_labels"] = colour["val_labels"][:, 0]
    splits = Npz(path="set.npz").load(saved(tmp_path, colour).parent)
    np.testing.assert_array_equal(splits.val.x[:, 2], colour["val_images"][..., 2])
    assert splits.test.x.dtype == np.uint8
    assert Npz(path="x").flip


def test_path_is_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_data_dir", lambda _name: str(tmp_path / "user"))
    monkeypatch.delenv("ALBENCH_DATA", raising=False)
    saved(tmp_path, arrays())
    component = Npz(path="set.npz")
    assert component.find(tmp_path)
    assert component.verify(tmp_path) == []
    assert not component.find(None)
    monkeypatch.setenv("ALBENCH_DATA", str(tmp_path))
    assert component.find(None)
    with pytest.raises(DataError, match=r"npz\[path=absent\.npz\]: no such file or folder; give its full path"):
        Npz(path="absent.npz").load(tmp_path)


def changed(name: str, value: Any) -> dict[str, Any]:
    found: dict[str, Any] = arrays()
    found[name] = value
    return found


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("train_images", np.zeros((9, 5, 4), np.float32), "train_images: pixels of type float32; uint8"),
        ("train_images", np.zeros((9, 20), np.uint8), r"train_images: an array of shape \(9, 20\)"),
        ("train_images", np.zeros((9, 5, 4, 28), np.uint8), r"\(9, 5, 4, 28\); \(N, H, W\) or"),
        ("train_images", np.zeros((9, 5, 5), np.uint8), r"val_images: items of shape \(1, 5, 4\), but the training"),
        ("train_images", np.zeros((8, 5, 4), np.uint8), "train_images: 8 items, but .*train_labels has 9 labels"),
        ("test_labels", np.zeros((3, 14), np.uint8), "test_labels: 14 labels an item; only sets with one label"),
        ("test_labels", np.array([0, -1, 0]), "test_labels: row 1 has the label -1; labels start at 0"),
        ("test_labels", np.array([0, 1, 10**9]), "test_labels: row 2 has the label 1000000000, more than there are"),
        ("test_labels", np.array([0, 1, 3]), r"train_labels: no item of class 3 \(3\) in the training split"),
        ("test_labels", np.array([0, 1, 0.5]), r"test_labels: row 2 has the label 0\.5"),
        ("test_labels", np.array([{}, 1, 2], dtype=object), "test_labels: holds pickled Python objects"),
    ],
)
def test_wrong_arrays_are_named(tmp_path: Path, name: str, value: Any, says: str) -> None:
    component = Npz(path=str(saved(tmp_path, changed(name, value))))
    with pytest.raises(DataError, match=says) as caught:
        component.load(None)
    assert "\n" not in str(caught.value)
    assert component.verify(None)[0].fatal


def test_one_class_is_refused(tmp_path: Path) -> None:
    found = {name: np.zeros_like(array) if "labels" in name else array for name, array in arrays().items()}
    with pytest.raises(DataError, match="one class only"):
        Npz(path=str(saved(tmp_path, found))).load(None)


def test_empty_splits_are_refused(tmp_path: Path) -> None:
    found = {name: array[:0] if name.startswith("val") else array for name, array in arrays().items()}
    with pytest.raises(DataError, match="val_images: no items"):
        Npz(path=str(saved(tmp_path, found))).load(None)


def test_missing_arrays_are_listed_with_those_that_are_there(tmp_path: Path) -> None:
    found = arrays()
    del found["val_images"], found["val_labels"]
    with pytest.raises(DataError, match="no val_images, val_labels; it has train_images, train_labels, test_images"):
        Npz(path=str(saved(tmp_path, found))).load(None)


def test_not_an_npz(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    path.write_bytes(b"not a zip")
    with pytest.raises(DataError, match=r"set\.npz: not a readable \.npz file"):
        Npz(path=str(path)).load(None)


def test_damaged_member(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    np.savez(path, a=np.arange(500))
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match="Bad CRC-32"):
        read_npz(path, ("a",))


def test_a_header_that_claims_more_than_is_there_allocates_nothing(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    text = "{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000000, 2), }".ljust(117) + "\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + b"12")
    with pytest.raises(DataError, match=r"a: damaged: its header claims \(1000000000000, 2\) uint8"):
        read_npz(path, ("a",))


def test_a_size_that_no_packing_reaches_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    size = 10**9
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({size - 128},), }}".ljust(117) + "\n"
    data = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", data)
    content = path.read_bytes()
    # the central directory lies about the unpacked size, in agreement with the header
    start = content.rindex(b"PK\x01\x02")
    path.write_bytes(content[: start + 24] + size.to_bytes(4, "little") + content[start + 28 :])
    with pytest.raises(DataError, match=r"a: damaged: .*1,000,000,000 bytes, but the archive holds 1,000,000,000"):
        read_npz(path, ("a",))

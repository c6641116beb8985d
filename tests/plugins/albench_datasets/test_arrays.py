"""Folders and files of arrays as a new user has them: with and without splits, names, groups; what is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from albench.api import DataError, Splits
from albench.components.fields import canonical
from albench.components.registry import registry
from albench.data.loading import load_data
from albench_datasets.array_names import Names, find_names
from albench_datasets.features import Features
from albench_datasets.npz import Npz

RNG = np.random.default_rng(0)
Y = np.arange(120) % 3
X = (3 * np.eye(3, 6)[Y] + RNG.standard_normal((120, 6))).astype(np.float32)
PICTURES = RNG.integers(0, 256, (120, 6, 6), dtype=np.uint8)


def folder(root: Path, **arrays: Any) -> Path:
    root.mkdir()
    for name, array in arrays.items():
        np.save(root / f"{name}.npy", array)
    return root


def parts(splits: Splits) -> list[int]:
    return [len(splits.train), len(splits.val), len(splits.test)]


def test_items_in_no_splits_are_split_and_it_is_told(tmp_path: Path) -> None:
    path = folder(tmp_path / "pool", features=X, labels=Y, groups=np.arange(120) // 4)
    splits = Features(path=str(path)).load(None)
    assert sum(parts(splits)) == 120
    np.testing.assert_allclose(parts(splits), [78, 18, 24], atol=6)
    assert not set(splits.groups["train"]) & set(splits.groups["test"])
    (told,) = splits.how_read
    assert told == (
        "split here: val 15%, test 20% of all items, class by class, groups and equal items together (split_seed=0)"
    )
    again = Features(path=str(path), split_seed=1).load(None)
    assert not np.array_equal(again.test.x, splits.test.x)


def test_a_split_that_is_missing_is_dealt_out_of_train_where_the_share_is_written(tmp_path: Path) -> None:
    path = folder(tmp_path / "pool", train_features=X, train_labels=Y, test_features=X[:30] + 1, test_labels=Y[:30])
    with pytest.raises(DataError) as caught:
        Features(path=str(path)).load(None)
    assert "no val-features.npy, val-labels.npy; save each array" in str(caught.value)
    assert "or write val_share=0.15 to take a share of the training items" in str(caught.value)
    splits = Features(path=str(path), val_share=0.2).load(None)
    assert parts(splits) == [96, 24, 30]
    np.testing.assert_array_equal(splits.test.x, X[:30] + 1)
    with pytest.raises(DataError, match=r"test_share=0\.2, but there is a test split; leave the option out"):
        Features(path=str(path), val_share=0.2, test_share=0.2).load(None)


def test_all_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError) as caught:
        Features(path="empty").load(tmp_path)
    for split in ("train", "val", "test"):
        assert f"{split}-features.npy, {split}-labels.npy" in str(caught.value)
    assert "items in no splits are features.npy and labels.npy" in str(caught.value)
    path = folder(tmp_path / "half", train_features=X, val_labels=Y)
    with pytest.raises(
        DataError, match=r"no train-labels\.npy, val-features\.npy, test-features\.npy, test-labels\.npy"
    ):
        Features(path=str(path)).load(None)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("table.csv", r"table\.csv: it is a table: write table\[path=table\.csv,target=COLUMN\]"),
        ("x.npy", r"x\.npy: one array, without labels; save its items"),
        ("pool.bin", r"pool\.bin: a file, not a folder of \.npy files; save"),
        ("pool.npz", r"pool\.npz: not a readable \.npz file"),
    ],
)
def test_a_file_is_not_called_a_missing_folder(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / name).write_text("1,2,3")
    with pytest.raises(DataError, match=says):
        Features(path=name).load(tmp_path)


def test_a_folder_of_something_else_says_what_it_has(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "a.csv").write_text("1")
    with pytest.raises(DataError, match=r"tables: no \.npy file, but a\.csv; save its items and labels"):
        Features(path="tables").load(tmp_path)


def test_vectors_of_an_archive_are_those_of_a_folder(tmp_path: Path) -> None:
    path = folder(tmp_path / "pool", features=X, labels=Y)
    np.savez(tmp_path / "pool.npz", X=X, y=Y)
    one, other = Features(path=str(path)), Features(path=str(tmp_path / "pool.npz"))
    assert other.find(None)
    np.testing.assert_array_equal(one.load(None).train.x, other.load(None).train.x)


def test_the_layout_of_keras_is_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "mnist.npz", x_train=PICTURES, y_train=Y, x_test=255 - PICTURES[:30], y_test=Y[:30])
    with pytest.raises(DataError, match=r"no val_images, val_labels; it has .*; or write val_share=0\.15"):
        Npz(path="mnist.npz").load(tmp_path)
    splits = Npz(path="mnist.npz", val_share=0.1).load(tmp_path)
    assert parts(splits) == [108, 12, 30]
    assert splits.train.x.shape[1:] == (1, 6, 6)


@pytest.mark.parametrize("stored", ["text file", "array", "option"])
def test_classes_have_names(tmp_path: Path, stored: str) -> None:
    arrays = {"features": X, "labels": Y}
    path = folder(tmp_path / "pool", **arrays, **({"class_names": ["low", "mid", "high"]} if stored == "array" else {}))
    if stored == "text file":
        (path / "classes.txt").write_text("low\nmid\nhigh\n", encoding="utf-8")
    made = Features(path=str(path), classes="low;mid;high" if stored == "option" else "")
    assert made.load(None).task.class_names == ("low", "mid", "high")
    np.savez(tmp_path / "set.npz", images=PICTURES, labels=Y[:, None], label_names=["low", "mid", "high"])
    assert Npz(path=str(tmp_path / "set.npz")).load(None).task.class_names == ("low", "mid", "high")
    with pytest.raises(DataError, match="classes a;b;a: each class needs a name of its own"):
        Features(path=str(path), classes="a;b;a").load(None)


def test_grades_are_ordinal_where_the_user_says_so(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", images=PICTURES, labels=Y + 1)
    assert Npz(path=str(tmp_path / "set.npz"), ordinal=True).load(None).task.ordinal
    assert not Npz(path=str(tmp_path / "set.npz")).load(None).task.ordinal
    loaded = load_data(f"npz[path={tmp_path}/set.npz,ordinal=true]", None, registry())
    assert loaded.splits.task.class_names == ("1", "2", "3")


def test_text_labels_are_read_by_both_readers(tmp_path: Path) -> None:
    names = np.array(["ill", "mild", "well"])[Y]
    path = folder(tmp_path / "pool", features=X, labels=names)
    np.savez(tmp_path / "set.npz", images=PICTURES, labels=names)
    for made in (Features(path=str(path)), Npz(path=str(tmp_path / "set.npz"))):
        splits = made.load(None)
        assert splits.task.class_names == ("ill", "mild", "well")
        assert "classes from text labels, in this order: ill, mild, well" in splits.how_read


def test_arrays_with_and_without_a_split_are_refused(tmp_path: Path) -> None:
    splits = {
        f"{split}_{what}": array
        for split in ("train", "val", "test")
        for what, array in (("features", X), ("labels", Y))
    }
    path = folder(tmp_path / "pool", features=X, labels=Y, **splits)
    with pytest.raises(DataError, match="arrays with and without a split; move either away"):
        Features(path=str(path)).load(None)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["train-features", "train_labels"], {"train": Names("train-features", "train_labels")}),
        (["X_train", "y_train", "notes"], {"train": Names("X_train", "y_train")}),
        (["train_x", "train_y", "validation_x", "validation_y"],
         {"train": Names("train_x", "train_y"), "val": Names("validation_x", "validation_y")}),
        (["features", "labels", "patients"], {"": Names("features", "labels", "patients")}),
        (["train-features", "train-six-targets", "x"], {"train": Names("train-features", "train-six-targets")}),
        (["train-features", "train-labels", "labels"], {"train": Names("train-features", "train-labels")}),
        (["nothing", "trained_features"], {}),
    ],
)  # fmt: skip
def test_usual_names_are_known(names: list[str], found: dict[str, Names]) -> None:
    assert find_names(names, "features", "pool") == found


@pytest.mark.parametrize("component", [Features, Npz])
def test_options_that_came_later_change_no_key(component: Callable[..., Any]) -> None:
    text = canonical("set", component(path="p"))
    for name in ("classes", "ordinal", "val_share", "test_share", "split_seed", "equal_items"):
        assert name not in text
    assert "val_share=0.2" in canonical("set", component(path="p", val_share=0.2))

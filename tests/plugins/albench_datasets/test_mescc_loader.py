"""The real loader on small files: finding, shapes, codes, groups and every kind of damage."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from albench.api import DataError
from albench_datasets import roots
from albench_datasets.mescc import Mescc

SIZES = {"train": 12, "val": 6, "test": 7}


def six(split: str) -> np.ndarray:
    return np.arange(SIZES[split]) % 6


def features(split: str) -> np.ndarray:
    return (np.arange(SIZES[split] * 4, dtype=np.float32) + len(split)).reshape(-1, 4)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for split in SIZES:
        np.save(tmp_path / f"{split}-features.npy", features(split))
        np.save(tmp_path / f"{split}-six-targets.npy", six(split))
        np.save(tmp_path / f"{split}-two-targets.npy", (six(split) > 2).astype(np.uint8)[:, None])
    return tmp_path


def test_features_are_mapped_and_shared_between_gradings(folder: Path) -> None:
    splits = Mescc().load(folder)
    assert isinstance(splits.train.x, np.memmap)
    for split in SIZES:
        np.testing.assert_array_equal(getattr(splits, split).x, features(split))
        np.testing.assert_array_equal(getattr(splits, split).y, six(split))
    assert splits.train.y.dtype == np.int64
    assert splits.notices == ()
    assert splits.stand_in == ""
    assert splits.task.class_names == ("b0", "b1a", "b1b", "b1c", "b2", "b3")
    assert splits.task.ordinal
    assert (splits.task.modality, splits.task.shape, splits.task.pool_size) == ("features", (4,), 12)

    two = Mescc(grading="two").load(folder)
    assert two.task.class_names == ("low", "high")
    assert not two.task.ordinal
    np.testing.assert_array_equal(two.test.y, [0, 0, 0, 1, 1, 1, 0])


def test_graded_features_come_before_shared_ones(folder: Path) -> None:
    np.save(folder / "train_6_features.npy", features("train") + 1)
    np.testing.assert_array_equal(Mescc().load(folder).train.x, features("train") + 1)
    np.testing.assert_array_equal(Mescc(grading="two").load(folder).train.x, features("train"))


@pytest.mark.parametrize("inside", ["mescc", "a/b", "six-grading"])
def test_subfolders_are_searched(folder: Path, inside: str) -> None:
    below = folder / inside
    below.mkdir(parents=True)
    for path in folder.glob("*.npy"):
        path.rename(below / path.name)
    assert Mescc().find(folder)
    assert len(Mescc().load(folder).train) == 12


def test_split_folders(tmp_path: Path) -> None:
    for split in SIZES:
        (tmp_path / "Two-Grading" / split).mkdir(parents=True)
        np.save(tmp_path / "Two-Grading" / split / "resnet50-features.npy", features(split))
        np.save(tmp_path / "Two-Grading" / split / "resnet50-targets.npy", six(split) % 2)
    assert Mescc(grading="two").find(tmp_path)
    assert not Mescc(grading="six").find(tmp_path)
    assert len(Mescc(grading="two").load(tmp_path).val) == 6


def test_mescc_subfolder_comes_first(folder: Path) -> None:
    below = folder / "mescc"
    below.mkdir()
    for split in SIZES:
        np.save(below / f"{split}-features.npy", features(split) + 5)
        np.save(below / f"{split}-six-targets.npy", six(split))
    np.testing.assert_array_equal(Mescc().load(folder).val.x, features("val") + 5)
    np.testing.assert_array_equal(Mescc(grading="two").load(folder).val.x, features("val"))


def test_two_equally_good_files_are_refused(folder: Path) -> None:
    np.save(folder / "features_train.npy", features("train"))
    with pytest.raises(
        DataError, match=r"features_train\.npy and .*train-features\.npy: both look like train-features"
    ):
        Mescc().load(folder)
    chosen = Mescc(files="train-features=train-features.npy").load(folder)
    np.testing.assert_array_equal(chosen.train.x, features("train"))


def test_explicit_files(tmp_path: Path) -> None:
    entries = []
    for split in SIZES:
        np.save(tmp_path / f"{split[0]}{split[1]}X.npy", features(split))
        np.save(tmp_path / f"{split[0]}{split[1]}Y.npy", six(split))
        entries += [f"{split}-features={split[0]}{split[1]}X.npy", f"{split}-targets={split[0]}{split[1]}Y.npy"]
    assert not Mescc().find(tmp_path)
    named = Mescc(files=";".join(entries))
    assert named.find(tmp_path)
    np.testing.assert_array_equal(named.load(tmp_path).test.x, features("test"))

    # full paths need no data folder
    full = ";".join(entry.replace("=", f"={tmp_path}{os.sep}") for entry in entries)
    assert Mescc(files=full).load(None).task.pool_size == 12

    lost = Mescc(files="train-features=nowhere.npy")
    assert not lost.find(tmp_path)
    with pytest.raises(DataError, match=r"no file nowhere\.npy in .*; give its full path"):
        lost.load(tmp_path)


def test_roots(folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    user = tmp_path_factory.mktemp("user")
    monkeypatch.setattr("platformdirs.user_data_dir", lambda _name: str(user))
    monkeypatch.setenv("ALBENCH_DATA", str(folder))
    (user / "mescc").mkdir()
    assert roots.candidate_roots(None) == [folder, user / "mescc", user]
    assert roots.candidate_roots(user) == [user / "mescc", user]
    assert roots.candidate_roots(user / "absent") == []
    assert Mescc().find(None)
    assert len(Mescc().load(None).train) == 12

    monkeypatch.delenv("ALBENCH_DATA")
    assert not Mescc().find(None)
    for path in folder.glob("*.npy"):
        path.rename(user / "mescc" / path.name)
    assert Mescc().find(None)


def test_missing_says_how_to_get_the_data(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"README of the BoostMIS paper.*albench data simulate mescc --out DIR"
    ) as caught:
        Mescc().load(tmp_path / "absent")
    assert "absent does not exist" in str(caught.value)
    assert "\n" not in str(caught.value)
    (folder / "val-six-targets.npy").unlink()
    with pytest.raises(DataError, match=r"has no file for val-six-targets: unpack the archive"):
        Mescc().load(folder)
    assert not Mescc().find(folder)
    assert Mescc(grading="two").find(folder)


def test_missing_names_the_default_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_data_dir", lambda _name: str(tmp_path / "user"))
    monkeypatch.setenv("ALBENCH_DATA", str(tmp_path / "mine"))
    with pytest.raises(DataError, match=r"no MESCC files in .*mine or .*user: "):
        Mescc().load(None)
    assert Mescc().verify(None)[0].fatal


def test_codes_from_one_are_shifted_with_a_notice(folder: Path) -> None:
    for split in SIZES:
        np.save(folder / f"{split}-six-targets.npy", six(split) + 1.0)
    splits = Mescc().load(folder)
    np.testing.assert_array_equal(splits.val.y, six("val"))
    assert splits.notices == ("class codes 1..6 were shifted to 0..5",)


def test_a_split_that_lacks_grades_is_shifted_with_the_others(folder: Path) -> None:
    np.save(folder / "train-six-targets.npy", six("train") + 1)
    np.save(folder / "val-six-targets.npy", np.array([2, 3, 2, 3, 2, 3]))
    np.save(folder / "test-six-targets.npy", six("test") + 1)
    np.testing.assert_array_equal(Mescc().load(folder).val.y, [1, 2, 1, 2, 1, 2])


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (6, r"row 4 has the label 6; labels run from 0 to 5"),
        (-1, r"row 4 has the label -1; labels run from 0 to 5"),
        (2.5, r"row 4 has the label 2\.5; labels have to be whole numbers"),
        (np.nan, r"row 4 has the label nan; labels have to be whole numbers"),
        (1e300, r"row 4 has the label 1e\+300; labels have to be whole numbers"),
    ],
)
def test_wrong_codes_are_named(folder: Path, value: float, says: str) -> None:
    y = six("val").astype(float)
    y[4] = value
    np.save(folder / "val-six-targets.npy", y)
    with pytest.raises(DataError, match=r"val-six-targets\.npy: " + says) as caught:
        Mescc().load(folder)
    assert "\n" not in str(caught.value)


def test_spatial_features_are_pooled_with_a_notice(folder: Path) -> None:
    rng = np.random.default_rng(0)
    maps = rng.random((12, 4, 3, 2), dtype=np.float32)
    np.save(folder / "train-features.npy", maps)
    splits = Mescc().load(folder)
    np.testing.assert_allclose(splits.train.x, maps.reshape(12, 4, 6).mean(axis=2), rtol=1e-6)
    assert splits.notices == (
        "train-features.npy: spatial features (12, 4, 3, 2) were averaged over their 3 x 2 positions",
    )


def test_channels_last_is_refused(folder: Path) -> None:
    np.save(folder / "train-features.npy", np.zeros((12, 2, 2, 4), np.float32))
    with pytest.raises(DataError, match=r"train-features\.npy: shape \(12, 2, 2, 4\) looks like channels last"):
        Mescc().load(folder)


@pytest.mark.parametrize("dtype", ["float16", "float64", ">f4", "int32"])
def test_other_number_types_become_float32(folder: Path, dtype: str) -> None:
    np.save(folder / "train-features.npy", features("train").astype(dtype))
    x = Mescc().load(folder).train.x
    assert x.dtype == np.float32
    np.testing.assert_array_equal(x, features("train"))


def test_patients_become_groups(folder: Path) -> None:
    np.save(folder / "train-patients.npy", np.repeat(["p3", "p1", "p2"], 4))
    np.save(folder / "val-patients.npy", np.repeat(["p5", "p1"], 3))
    splits = Mescc().load(folder)
    # p1 p2 p3 p5 in order
    np.testing.assert_array_equal(splits.groups["train"], np.repeat([2, 0, 1], 4))
    np.testing.assert_array_equal(splits.groups["val"], np.repeat([3, 0], 3))
    assert "test" not in splits.groups
    assert splits.task.n_groups == 3
    assert splits.notices == (
        "1 groups (patients) are in both train and val: figures come out too good; split by them",
    )


def test_groups_of_another_length(folder: Path) -> None:
    np.save(folder / "train-groups.npy", np.arange(11))
    with pytest.raises(DataError, match=r"train-groups\.npy: groups of shape \(11,\), but .*has 12 labels"):
        Mescc().load(folder)


def damaged(folder: Path, kind: str) -> str:
    """Damage one file; what the error has to say."""
    path = folder / "train-features.npy"
    x = features("train")
    if kind == "nan":
        x[7, 2] = np.nan
        np.save(path, x)
        return r"train-features\.npy: row 7 has the value nan at position 2"
    if kind == "infinite":
        x[11, 0] = -np.inf
        np.save(path, x)
        return r"train-features\.npy: row 11 has the value -inf at position 0"
    if kind == "length":
        np.save(path, x[:-1])
        return r"train-features\.npy: 11 items, but .*train-six-targets\.npy has 12 labels"
    if kind == "truncated":
        path.write_bytes(path.read_bytes()[:-9])
        return r"train-features\.npy: truncated: its header claims \(12, 4\) float32, 320 bytes, but the file has 311"
    if kind == "empty file":
        path.write_bytes(b"")
        return r"train-features\.npy: not a readable \.npy array"
    if kind == "pickled":
        np.save(path, np.array([{}] * 12, dtype=object), allow_pickle=True)
        return r"train-features\.npy: holds pickled Python objects"
    if kind == "a pickle":
        path.write_bytes(pickle.dumps(x))
        return r"train-features\.npy: not a readable \.npy array"
    if kind == "a zip":
        with path.open("wb") as file:
            np.savez(file, x)
        return r"train-features\.npy: not a readable \.npy array"
    if kind == "no item":
        np.save(folder / "val-features.npy", np.zeros((0, 4), np.float32))
        np.save(folder / "val-six-targets.npy", np.zeros(0, np.int64))
        return r"val-features\.npy: no items \(shape \(0, 4\)\)"
    if kind == "dimension":
        np.save(folder / "val-features.npy", np.zeros((6, 5), np.float32))
        return r"val-features\.npy: items of shape \(5,\), but the training items .* have \(4,\)"
    if kind == "class":
        np.save(folder / "train-six-targets.npy", np.where(six("train") == 4, 3, six("train")))
        return r"train-six-targets\.npy: no item of class 4 \(b2\) in the training split"
    if kind == "one axis":
        np.save(path, x[:, 0])
        return r"train-features\.npy: an array of shape \(12,\); \(N, D\) is needed"
    if kind == "complex":
        np.save(path, x.astype(np.complex64))
        return r"train-features\.npy: values of type complex64"
    if kind == "text labels":
        np.save(folder / "train-six-targets.npy", six("train").astype(str))
        return r"train-six-targets\.npy: labels of type <U\d+; class codes have to be whole numbers"
    if kind == "wide labels":
        np.save(folder / "train-six-targets.npy", np.zeros((12, 2), int))
        return r"train-six-targets\.npy: labels of shape \(12, 2\)"
    raise AssertionError(kind)


@pytest.mark.parametrize(
    "kind",
    [
        "nan",
        "infinite",
        "length",
        "truncated",
        "empty file",
        "pickled",
        "a pickle",
        "a zip",
        "no item",
        "dimension",
        "class",
        "one axis",
        "complex",
        "text labels",
        "wide labels",
    ],
)
def test_damage_is_one_line_that_names_the_file(folder: Path, kind: str) -> None:
    says = damaged(folder, kind)
    with pytest.raises(DataError, match=says) as caught:
        Mescc().load(folder)
    assert "\n" not in str(caught.value)
    # verify goes through the same files without stopping at the first finding
    assert any(problem.fatal for problem in Mescc().verify(folder))


def test_a_marked_folder_is_called_a_stand_in(folder: Path) -> None:
    (folder / "STAND-IN.txt").write_text("simulated")
    splits = Mescc().load(folder)
    assert splits.stand_in == "MESCC"
    assert "stand-in for MESCC" in splits.notices[0]


def test_a_mark_beside_the_real_files_does_not_count(folder: Path) -> None:
    (folder / "simulated").mkdir()
    (folder / "simulated" / "STAND-IN.txt").write_text("simulated")
    assert Mescc().load(folder).stand_in == ""

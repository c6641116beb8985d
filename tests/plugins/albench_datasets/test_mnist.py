"""MNIST and Fashion-MNIST, on small files of the published layout."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from idx_files import write_part

from albench.api import DataError, Splits
from albench_datasets import mnist
from albench_datasets.mnist import FashionMnist, Mnist

TRAIN, TEST = (20,) * 10, (20, 40, *(20,) * 8)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is published is as many items as the small files hold."""
    counts = {"train": TRAIN, "test": TEST, "": TEST}
    for name in ("MNIST", "MNIST_TEST_PART"):
        monkeypatch.setattr(mnist, name, replace(getattr(mnist, name), per_class=counts))


@pytest.fixture(autouse=True)
def nowhere_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ALBENCH_DATA", raising=False)
    for folder in ("data", "cache"):
        monkeypatch.setattr(f"platformdirs.user_{folder}_dir", lambda _name: str(tmp_path / "nowhere"))


def per_class(splits: Splits, split: str) -> list[int]:
    return [int(count) for count in np.bincount(getattr(splits, split).y)]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("subfolder", "packed"), [("", True), ("mnist", False), ("MNIST/raw", True)])
def test_all_images_with_validation_out_of_train(tmp_path: Path, subfolder: str, packed: bool) -> None:
    write_part(tmp_path / subfolder, "train", TRAIN, packed=packed)
    test = write_part(tmp_path / subfolder, "t10k", TEST, packed=packed, seed=1)
    data = Mnist()
    assert data.find(tmp_path)
    splits = data.load(tmp_path)
    assert per_class(splits, "train") == [18] * 10
    assert per_class(splits, "val") == [2] * 10
    np.testing.assert_array_equal(splits.test.x[:, 0], test)
    for split in (splits.train, splits.val, splits.test):
        assert split.x.dtype == np.uint8
        np.testing.assert_array_equal(split.x[:, 0, 0, 0], split.y)  # images and labels stay together
    assert splits.task.class_names == tuple("0123456789")
    assert "val 10% of the training items" in splits.how_read[-1]
    problems = data.verify(tmp_path)  # small files have other checksums
    assert not [problem for problem in problems if problem.fatal]
    assert len(problems) == (4 if packed else 0)


@pytest.mark.usefixtures("small")
def test_the_test_images_alone_are_dealt_out_by_class(tmp_path: Path) -> None:
    write_part(tmp_path, "t10k", TEST)
    splits = Mnist(part="t10k").load(tmp_path)
    assert per_class(splits, "train") == [13, 26, *[13] * 8]
    assert per_class(splits, "val") == [2, 4, *[2] * 8]
    assert per_class(splits, "test") == [5, 10, *[5] * 8]
    again, other = (Mnist(part="t10k", split_seed=seed).load(tmp_path) for seed in (0, 1))
    np.testing.assert_array_equal(again.train.x, splits.train.x)
    assert not np.array_equal(other.train.x, splits.train.x)
    assert "none of MNIST's own" in splits.how_read[0]
    with pytest.raises(
        DataError,
        match=r"no train-images-idx3-ubyte\.gz, .* and 2 others of mnist in .*--data-dir.*mnist\[part=t10k\] reads",
    ):
        Mnist().load(tmp_path)


@pytest.mark.usefixtures("small")
def test_files_of_a_folder_that_has_all_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not those of several; the folder that the user named is the first, and the data folder is looked at as well."""
    write_part(tmp_path / "home", "train", TRAIN)
    write_part(tmp_path / "home", "t10k", TEST)
    write_part(tmp_path / "mine", "t10k", TEST)
    monkeypatch.setenv("ALBENCH_DATA", str(tmp_path / "home"))
    assert Mnist().find(tmp_path / "mine")
    shutil.rmtree(tmp_path / "home")
    assert not Mnist().find(tmp_path / "mine")
    assert Mnist(part="t10k").find(tmp_path / "mine")


def test_other_images_under_its_name_are_refused(tmp_path: Path) -> None:
    """MNIST's files and Fashion-MNIST's have the same names."""
    write_part(tmp_path, "train", (60,) * 10)
    write_part(tmp_path, "t10k", (10,) * 10)
    told = r"train-labels-idx1-ubyte\.gz: 60 items of class 0, published are 5,923 \(and 19 more such\): .*npz\["
    with pytest.raises(DataError, match=told):
        Mnist().load(tmp_path)
    problems = [problem for problem in FashionMnist().verify(tmp_path) if problem.fatal]
    assert len(problems) == 20
    assert problems[0].what == "60 items of class T-shirt/top, published are 6,000"


@pytest.mark.usefixtures("small")
def test_a_class_that_there_is_not_is_told(tmp_path: Path) -> None:
    write_part(tmp_path, "t10k", (*TEST, 3))
    with pytest.raises(DataError, match=r"3 items of class 10: this is not mnist\[part=t10k\] as published"):
        Mnist(part="t10k").load(tmp_path)


def test_clothes_may_be_mirrored_and_digits_not() -> None:
    assert FashionMnist().flip
    assert not Mnist().flip

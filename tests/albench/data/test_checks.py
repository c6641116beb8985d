"""Data that no run can use are refused; what their splits cannot show is told."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from feature_splits import splits

from albench.api import Split, Splits
from albench.data.checks import absent_classes, check_splits, small_splits
from albench.errors import DataError


@pytest.mark.parametrize(
    ("part", "changes", "message"),
    [
        ("train", {"y": np.arange(29) % 3}, "train split: 30 items but 29 labels"),
        ("val", {"x": np.zeros((0, 4), np.float32), "y": np.zeros(0, int)}, "val split: it is empty"),
        ("test", {"x": np.zeros((9, 5), np.float32)}, r"items have shape \(5,\), the task says \(4,\)"),
        ("test", {"y": np.arange(9) % 3 + 0.0}, "labels are float64"),
        ("val", {"y": np.array([0, 1, 2, 3] + [0] * 5)}, "val split, row 3: label 3 is outside 0 .. 2"),
        ("val", {"y": np.array([0, 1, -1] + [0] * 6)}, "row 2: label -1"),
        ("train", {"y": np.arange(30) % 2}, "no item of class c"),
        ("train", {"x": np.full((30, 4), np.nan, np.float32)}, "train split, row 0: a feature is nan"),
        ("test", {"x": np.where(np.arange(36).reshape(9, 4) == 17, np.inf, 0).astype(np.float32)}, "row 4: .* inf"),
    ],
)
def test_data_that_no_run_can_use_is_refused(part: str, changes: dict, message: str) -> None:
    good = splits()
    bad = dataclasses.replace(good, **{part: dataclasses.replace(getattr(good, part), **changes)})
    with pytest.raises(DataError, match=message):
        check_splits(bad, "d")
    check_splits(good, "d")


def test_large_finite_features_are_not_taken_for_infinite_ones() -> None:
    good = splits()
    check_splits(
        dataclasses.replace(good, train=dataclasses.replace(good.train, x=np.full((30, 4), 3e38, np.float32))), "d"
    )


def test_a_class_that_a_split_lacks_is_told() -> None:
    good = splits()
    assert absent_classes(good) == ()
    lacking = dataclasses.replace(good, test=dataclasses.replace(good.test, y=np.array([0] * 9)))
    (line,) = absent_classes(lacking)
    assert line.startswith("the test split has no item of class b, c: ")


def test_what_a_split_is_too_small_to_show_is_told() -> None:
    def of(*counts: int) -> Splits:
        y = np.repeat(np.arange(3), counts)
        return dataclasses.replace(splits(), test=Split(np.zeros((len(y), 4), np.float32), y), val=large)

    large = Split(np.zeros((300, 4), np.float32), np.arange(300) % 3)
    assert small_splits(of(20, 30, 10)) == ()
    assert small_splits(of(300, 30, 2)) == (
        "the test split is small: class c has so few items that one of them moves its recall by 50 points; more seeds "
        "change nothing about that",
    )
    assert small_splits(of(11, 0, 1)) == (
        "the test split is small: an accuracy of 0.9 is known to ± 17 points at best; class c has so few items that "
        "one of them moves its recall by 100 points; more seeds change nothing about that",
    )
    assert small_splits(of(300, 4, 2)) == (
        "the test split is small: classes b, c have so few items that one of them moves their recall by up to 50 "
        "points; more seeds change nothing about that",
    )
    lines = small_splits(
        dataclasses.replace(of(20, 30, 10), val=Split(np.zeros((40, 4), np.float32), np.arange(40) % 3))
    )
    assert lines == (
        "the val split is small: an accuracy of 0.9 is known to ± 9 points at best; more seeds change nothing "
        "about that",
    )


def test_texts_have_to_be_text() -> None:
    good = splits()
    task = dataclasses.replace(good.task, modality="text", shape=())
    parts = {
        name: Split(np.array([str(row) for row in range(len(split))], object), split.y)
        for name, split in (("train", good.train), ("val", good.val), ("test", good.test))
    }
    made = dataclasses.replace(good, **parts, task=task)
    check_splits(made, "d")
    made.val.x[4] = 3.5
    with pytest.raises(DataError, match="val split, row 4: an item is of type float; texts have to be str"):
        check_splits(made, "d")


@pytest.mark.parametrize(
    ("unlabeled", "message"),
    [
        ([[0.0] * 4], "d, unlabeled items: a list; an array of the form"),
        (np.zeros((0, 4), np.float32), "unlabeled items: there are none; leave them out"),
        (np.zeros((2, 5), np.float32), r"float32 of shape \(5,\), the pool's items are float32 of \(4,\)"),
        (np.zeros((2, 4)), r"float64 of shape \(4,\), the pool's items are float32"),
        (np.array([[0, 0, 0, 0], [0, 0, np.nan, 0]], np.float32), "unlabeled items, row 1: a feature is nan"),
    ],
)
def test_items_without_labels_are_of_the_pools_form(unlabeled: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        check_splits(dataclasses.replace(splits(), unlabeled=unlabeled), "d")
    check_splits(dataclasses.replace(splits(), unlabeled=np.zeros((2, 4), np.float32)), "d")

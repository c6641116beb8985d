"""Labels as people store them: what is plain is read and said, the rest refused by what it looks like."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from albench.api import DataError
from albench_datasets.labels import Labelled, class_codes

CODES = np.array([0, 1, 2, 2, 1, 0])


def read(train: Any, named: tuple[str, ...] = (), **others: Any) -> Labelled:
    parts = {"train": train, **others}
    return class_codes({split: (np.asarray(y), f"{split}.npy") for split, y in parts.items()}, named)


@pytest.mark.parametrize(
    "stored",
    [CODES, CODES[:, None], CODES.astype(np.uint8), CODES.astype(float), CODES.astype(np.uint64), CODES > 0],
    ids=["int64", "column", "uint8", "float", "uint64", "bool"],
)
def test_codes_from_zero_are_taken_as_they_are(stored: np.ndarray) -> None:
    found = read(stored, val=stored[:2])
    np.testing.assert_array_equal(found.codes["train"], np.asarray(stored).reshape(-1).astype(np.int64))
    assert found.codes["val"].dtype == np.int64
    assert (found.names, found.how_read) == ((), ())


def test_consecutive_codes_are_classes_of_these_names() -> None:
    found = read(CODES + 3, test=np.array([4, 4]))
    np.testing.assert_array_equal(found.codes["train"], CODES)
    np.testing.assert_array_equal(found.codes["test"], [1, 1])
    assert found.names == ("3", "4", "5")
    assert found.how_read == ("labels 3 .. 5 are 3 classes of these names",)


def test_minus_one_and_one_are_two_classes() -> None:
    found = read([-1, 1, 1, -1], val=[1.0, -1.0])
    assert found.codes["train"].tolist() == [0, 1, 1, 0]
    assert found.codes["val"].tolist() == [1, 0]
    assert found.names == ("-1", "1")


def test_one_hot_rows_are_codes_where_all_splits_have_them() -> None:
    found = read(np.eye(3)[CODES], test=np.eye(3, dtype=np.uint8)[:2])
    np.testing.assert_array_equal(found.codes["train"], CODES)
    assert found.codes["test"].tolist() == [0, 1]
    assert found.how_read == ("labels were one-hot rows of 3 classes",)
    with pytest.raises(DataError, match=r"train\.npy: 3 labels an item"):
        read(np.eye(3)[CODES], test=[0, 1])


def test_text_becomes_classes_in_an_order_that_is_said() -> None:
    found = read(np.array(["ill ", "well", "ill"]), test=np.array([b"well"]))
    assert found.codes["train"].tolist() == [0, 1, 0]
    assert found.codes["test"].tolist() == [1]
    assert found.how_read == ("classes from text labels, in this order: ill, well",)
    assert read(np.array(["10", "9", "10", "n"])).names == ("9", "10", "n")
    assert "differ by case alone" in read(np.array(["a", "A", "a"])).how_read[1]


def test_two_unicode_forms_of_a_name_are_one_class() -> None:
    found = read(np.array(["caf\u00e9", "cafe\u0301", "tea"]))
    assert found.names == ("caf\u00e9", "tea")
    assert found.codes["train"].tolist() == [0, 0, 1]


def test_names_that_are_given_decide_the_order() -> None:
    assert read(np.array(["b", "a", "b"]), ("b", "a")).codes["train"].tolist() == [0, 1, 0]
    assert read(CODES, ("low", "mid", "high")).names == ("low", "mid", "high")
    assert read(CODES + 1, ("low", "mid", "high")).codes["train"].tolist() == CODES.tolist()
    kept = read(CODES * 10, ("0", "20", "10"))
    assert kept.codes["train"].tolist() == [0, 2, 1, 1, 2, 0]
    assert read(CODES - 1, ("-1", "0", "1")).codes["train"].tolist() == CODES.tolist()


@pytest.mark.parametrize(
    ("train", "says"),
    [
        (
            np.array([0, 1, 2**64 - 1], np.uint64),
            "row 2 has the label 18446744073709551615, which looks like -1 saved as",
        ),
        (
            np.array([0, -1, 1]),
            "row 1 has the label -1; labels start at 0 (1 such rows), which looks like a mark of items",
        ),
        (np.array([0, -7, 1]), "row 1 has the label -7; labels start at 0: leave these out"),
        (np.array([0, 1, np.nan]), "row 2 has the label nan (1 such rows), which looks like an item without a label"),
        (
            np.array([0, 1, 0.25]),
            "row 2 has the label 0.25; labels have to be whole numbers, and this looks like a prob",
        ),
        (np.array([0, 1, 3.7]), "row 2 has the label 3.7; labels have to be whole numbers, and this looks like a meas"),
        (np.array([0, 1, np.inf]), "row 2 has the label inf; labels have to be whole numbers"),
        (CODES * 2, "the labels 0, 2, 4 leave numbers out; write classes=0;2;4 where these are all classes"),
        (np.array([10, 20] * 2), "the labels 10, 20 leave numbers out"),
        (np.array([[0, 1, 2, 0]]), "one row of 4 labels; save y.ravel()"),
        (np.array([[1, 0], [1, 1]]), "2 labels an item; only sets with one label an item can be used: row 1 marks 2"),
        (np.array([[0.9, 0.1], [0.2, 0.8]]), "these look like probabilities or soft labels; save y.argmax(axis=1)"),
        (np.array([[3, 8], [1, 5]]), "save the column that is to be learnt, y[:, [COLUMN]]"),
        (np.zeros((3, 4, 4), int), "labels of shape (3, 4, 4); one an item is needed: (N,) or (N, 1); a map"),
        (np.array(["a", "", "b", "a"]), "row 1 has the label '', which looks like an item without one"),
        (np.array(["a", "nan", "b", "a"]), "row 1 has the label 'nan', which looks like an item without one"),
        (np.array(["a", "b\x1b", "b", "a"]), "row 1 has the label 'b\\x1b', which cannot be shown"),
        (np.array([b"\xff", b"a"]), "text labels that are not UTF-8"),
        (np.array(["p1", "p2", "p3"]), "3 different labels of as many items: identifiers, not classes"),
        (np.array(["2020-01-01"] * 3, "M8[D]"), "labels of type datetime64[D]"),
    ],
)
def test_what_cannot_be_taken_is_told_by_what_it_looks_like(train: np.ndarray, says: str) -> None:
    with pytest.raises(DataError) as caught:
        read(train)
    assert str(caught.value).startswith(f"train.npy: {says}") or says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("train", "test", "named", "says"),
    [
        (CODES + 1, [4, 1], (), r"test\.npy: row 0 has the label 4; those of the training split are 1, 2, 3"),
        (
            np.array(["a", "b", "a"]),
            np.array(["a", "c"]),
            (),
            r"test\.npy: row 1 has the label 'c', which no item of train",
        ),
        (np.array(["a", "b", "a"]), [0, 1], (), r"train\.npy: labels are text, those of test\.npy numbers"),
        (CODES, [0, 1], ("a", "b"), r"train\.npy: labels 0 \.\. 2, but classes=a;b names 2"),
        (CODES + 1, [1, 2], ("a", "b"), "classes=a;b names 2, the labels are 1, 2, 3"),
        (
            np.array(["a", "b", "a"]),
            np.array(["a"]),
            ("a", "c"),
            "row 1 has the label 'b', which classes=a;c does not name",
        ),
    ],
)
def test_splits_that_do_not_fit_each_other_or_the_names(train: Any, test: Any, named: Any, says: str) -> None:
    with pytest.raises(DataError, match=says):
        read(train, named, test=test)


@given(st.lists(st.integers(-3, 9), min_size=1, max_size=30))
def test_codes_are_from_zero_or_refused(values: list[int]) -> None:
    try:
        found = read(values)
    except DataError:
        return
    codes = found.codes["train"]
    assert codes.min() >= 0
    distinct = len(set(values))
    assert len(np.unique(codes)) == distinct
    if found.names:
        assert [found.names[code] for code in codes] == [str(value) for value in values]
    else:
        assert codes.tolist() == values

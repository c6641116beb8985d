"""What a file name tells: split, grading and kind in any order."""

from __future__ import annotations

import itertools
from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albench.api import UserError
from albench_datasets.mescc_names import Role, explicit, role_of


@pytest.mark.parametrize("split", ["train", "val", "test"])
@pytest.mark.parametrize(("word", "grading"), [("two", "two"), ("2", "two"), ("six", "six"), ("6", "six")])
@pytest.mark.parametrize("separator", ["-", "_", ".", " ", "__"])
def test_every_order_and_separator(split: str, word: str, grading: str, separator: str) -> None:
    for order in itertools.permutations([split, word, "features"]):
        assert role_of(PurePath(separator.join(order) + ".npy")) == Role(split, "features", grading)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("train-six-grading-features.npy", Role("train", "features", "six")),
        ("TRAIN_Six_Features.NPY", Role("train", "features", "six")),
        ("trainSixGrading-features.npy", Role("train", "features", "six")),
        ("sixgrading_val-targets.npy", Role("val", "targets", "six")),
        ("twograding/test-targets.npy", Role("test", "targets", "two")),
        ("2-grading/validation/x-targets.npy", Role("val", "targets", "two")),
        ("mescc_resnet50_6_test-features.npy", Role("test", "features", "six")),
        ("train6-features.npy", Role("train", "features", "six")),
        ("train-features.npy", Role("train", "features")),
        ("val-patients.npy", Role("val", "groups")),
        ("val-six-groups.npy", Role("val", "groups", "six")),
        # the file's own name comes before its folder's
        ("test-data/train-features.npy", Role("train", "features")),
        # a word inside another is not meant
        ("latest-train-features.npy", Role("train", "features")),
        ("network-train-features.npy", Role("train", "features")),
        ("train-2048-features.npy", Role("train", "features")),
    ],
)
def test_names(name: str, role: Role) -> None:
    assert role_of(PurePath(name)) == role


@pytest.mark.parametrize(
    "name", ["features.npy", "train-test-features.npy", "train-six.npy", "train-two-six-targets.npy", "latest.npy"]
)
def test_names_that_tell_too_little_or_too_much(name: str) -> None:
    assert role_of(PurePath(name)) is None


@given(st.text(max_size=40))
def test_any_name_is_read(name: str) -> None:
    role_of(PurePath(name))


def test_explicit_mapping() -> None:
    mapping = explicit("train-features=a b.npy; six_train_targets = /x/y=z.npy;")
    assert mapping == {Role("train", "features"): "a b.npy", Role("train", "targets", "six"): "/x/y=z.npy"}
    assert explicit("") == {}


@pytest.mark.parametrize("files", ["train-features", "train-features=", "train=a.npy", "=a", "a=b"])
def test_malformed_mapping(files: str) -> None:
    with pytest.raises(UserError, match=r"mescc\[files=\.\.\.\]: .* is not ROLE=PATH; write e\.g\."):
        explicit(files)


def test_role_given_twice() -> None:
    with pytest.raises(UserError, match="'train-features' is given twice"):
        explicit("train-features=a;features_train=b")

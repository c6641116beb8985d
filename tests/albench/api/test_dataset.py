"""What the base of a data set does, and what its items are called."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from albench.api import DataError, Dataset, FeatureDataset, ImageDataset, Problem, Split, Splits, Task
from albench.api.dataset import scaled_shift

SPLIT = Split(np.zeros((2, 3), np.float32), np.array([0, 1]))
TASK = Task("features", (3,), 2, ("a", "b"), pool_size=2)


@dataclass(frozen=True)
class Broken(Dataset):
    path: str = "there"

    def load(self, root: Path | None) -> Splits:
        raise DataError("row 3 is empty")


def test_items_are_called_by_their_names_or_their_rows() -> None:
    splits = Splits(SPLIT, SPLIT, SPLIT, TASK, names={"train": np.array(["one.png", "two.png"])})
    assert [splits.called(split, 1) for split in ("train", "val")] == ["two.png", "val row 1"]


def test_groups_are_called_as_the_user_knows_them() -> None:
    groups = {"train": np.array([1, 0])}
    plain = Splits(SPLIT, SPLIT, SPLIT, TASK, groups=groups)
    named = Splits(SPLIT, SPLIT, SPLIT, TASK, groups=groups, group_names=("ann", "bob"))
    for splits, expected in ((plain, [1, 0]), (named, ["bob", "ann"])):
        found = splits.groups_called("train")
        assert found is not None
        assert found.tolist() == expected
    assert named.groups_called("val") is None


def test_without_a_check_of_its_own_a_data_set_is_checked_by_loading_it() -> None:
    assert Broken().verify(None) == [Problem("there", "row 3 is empty")]


def test_what_is_not_simulated_and_what_is_not_looked_for() -> None:
    with pytest.raises(DataError, match="there is no simulation of Broken"):
        Broken().simulate(Path("x"), 0)
    assert Broken().find(None)
    assert not Broken.reads(Path("x"))


def test_a_modality_says_how_many_random_numbers_its_views_take() -> None:
    assert (Dataset.noise_size, ImageDataset.noise_size, FeatureDataset.noise_size) == (48, 48, 4)
    x = np.zeros((1, 3), np.float32)
    assert Broken().weak(x, x) is Broken().strong(x, x) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(("shape", "shift"), [((1, 28, 28), 4), ((3, 32, 32), 4), ((64, 96), 8), ((224, 224), 28)])
def test_the_shift_is_an_eighth_of_the_shorter_side(shape: tuple[int, ...], shift: int) -> None:
    assert scaled_shift(shape) == shift

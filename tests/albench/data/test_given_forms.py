"""Data sets of scikit-learn, torch and Hugging Face give the same items as the arrays in them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from torch.utils.data import Dataset, IterableDataset, Subset, TensorDataset

from albench.api import DataError
from albench.data.in_memory import arrays

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(60, 4)).astype(np.float32), RNG.integers(0, 2, 60)
PICTURES = RNG.integers(0, 256, (60, 8, 8), dtype=np.uint8)


class Pairs(Dataset[Any]):
    """Pictures as torchvision's data sets give them: one item and its label at a time."""

    classes = ("cat", "dog")

    def __init__(self, change: Any = None) -> None:
        self.change = change or (lambda item: item)

    def __len__(self) -> int:
        return len(Y)

    def __getitem__(self, row: int) -> Any:
        return self.change(torch.from_numpy(PICTURES[row])[None] / 255), int(Y[row])


class Stream(IterableDataset[Any]):
    """Items without an end."""

    def __iter__(self) -> Iterator[Any]:
        return itertools.repeat((X[0], 0))


def test_a_bunch_has_labels_and_names_of_its_own() -> None:
    bunch = load_wine()
    given = arrays(bunch)
    assert given.hash == arrays(bunch.data, bunch.target).hash
    assert given.options["classes"] == "class_0;class_1;class_2"
    assert "classes" in arrays(load_breast_cancer(as_frame=True)).options
    assert arrays(load_digits()).options["classes"] == "0;1;2;3;4;5;6;7;8;9"
    with pytest.raises(DataError, match=r"y is given, and x holds labels of its own"):
        arrays(bunch, bunch.target)


def test_torch_data_sets_give_their_items() -> None:
    assert arrays(TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))).hash == arrays(X, Y).hash
    assert arrays(Pairs()).hash == arrays(PICTURES[..., None], Y).hash
    assert arrays(Pairs()).options["classes"] == "cat;dog"
    assert arrays(Subset(Pairs(), range(40))).hash == arrays(PICTURES[:40, ..., None], Y[:40]).hash
    assert arrays(Pairs(), test=Pairs()).hash == arrays((PICTURES[..., None], Y), test=(PICTURES[..., None], Y)).hash


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (Pairs(lambda item: item + torch.rand(1)), r"item 0 is not the same when asked for twice, as with random"),
        (TensorDataset(torch.zeros(3, 2)), r"a TensorDataset of 1 tensors; two, items and labels, are read"),
        (Subset([(X[0], 0), (X[0][:2], 1)], [0, 1]), r"items of shapes \(2,\) and \(4,\); all items need one shape"),
        (Subset([X[0]], [0]), r"item 0 is a ndarray; a pair, an item and its label, is read"),
        (Subset([], []), r"no items; every split needs at least one"),
        (Stream(), r"a data set without a length"),
    ],
)  # fmt: skip
def test_torch_data_sets_that_give_something_else_are_told(data: Any, says: str) -> None:
    with pytest.raises(DataError, match=rf"arrays: x: {says}"):
        arrays(data)


def test_hugging_face_data_sets_say_what_their_columns_are() -> None:
    datasets = pytest.importorskip("datasets")
    kinds = datasets.Features({"label": datasets.ClassLabel(names=["no", "yes"]), "text": datasets.Value("string")})
    texts = [f"text {row}" for row in range(60)]
    made = datasets.Dataset.from_dict({"label": Y.tolist(), "text": texts}, features=kinds)
    assert arrays(made).hash == arrays(texts, Y, names=["no", "yes"]).hash
    assert arrays(made).options["classes"] == "no;yes"
    both = datasets.DatasetDict({"train": made, "test": made})
    assert arrays(both).hash == arrays((texts, Y), test=(texts, Y), names=["no", "yes"]).hash
    wide = datasets.Dataset.from_dict({"x": X.tolist(), "y": Y.tolist(), "size": list(range(60))})
    vectors = arrays(wide, "y", columns=["x"])
    assert np.allclose(vectors.files["features.npy"], X)
    with pytest.raises(DataError, match=r"x holds several values an item: columns=\['x'\] takes one of them"):
        arrays(wide, "y")
    with pytest.raises(DataError, match=r"y is missing: give the name of x's column of labels, of x, y, size"):
        arrays(wide)
    with pytest.raises(DataError, match=r"columns='z': no such column in x; it has x, y, size"):
        arrays(wide, "y", columns=["z"])
    table = wide.remove_columns("x").add_column("colour", ["red", "blue"] * 30)
    assert arrays(table, "y").hash == arrays(table.to_pandas(), "y").hash

"""``albench.arrays``: what is in memory becomes a data set that is named by what it holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import albench
from albench.api import Splits
from albench.components.registry import registry
from albench.data.checks import SPLITS
from albench.data.in_memory import InMemory, arrays
from albench.data.kept_arrays import kept
from albench.data.loading import load_data
from albench.errors import UserError

N = 120


def vectors(n: int = N, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    return (rng.normal(size=(n, 5)) + y[:, None]).astype(np.float32), y


def frame(n: int = N, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "age": rng.normal(50, 9, n),
            "colour": rng.choice(["red", "it's", "a, b\nc"], n),
            "grade": pd.Categorical(rng.choice(["1", "2"], n)),
            "smokes": rng.choice([True, False], n),
            "kind": rng.choice(["ill", "well"], n),
        }
    )
    table.loc[::7, "age"] = np.nan
    table.loc[::9, "colour"] = None
    return table


def read(given: InMemory, out: Path) -> Splits:
    found = registry(())
    with kept(given, out) as named:
        ((_, spec),) = named.items()
        return load_data(str(spec), None, found).splits


def same(one: Splits, other: Splits) -> bool:
    return all(
        np.array_equal(getattr(one, split).x, getattr(other, split).x)
        and np.array_equal(getattr(one, split).y, getattr(other, split).y)
        for split in SPLITS
    )


def test_vectors_are_read_as_they_are_and_split_once_and_for_all(tmp_path: Path) -> None:
    x, y = vectors()
    splits = read(arrays(x, y, names=["a", "b", "c"]), tmp_path)
    assert splits.task.class_names == ("a", "b", "c")
    assert [len(getattr(splits, split)) for split in SPLITS] == pytest.approx([78, 18, 24], abs=3)
    by_row = {row.tobytes(): int(label) for row, label in zip(x, y, strict=True)}
    for split in SPLITS:
        part = getattr(splits, split)
        assert [by_row[row.tobytes()] for row in np.asarray(part.x)] == part.y.tolist()
    assert same(splits, read(arrays(torch.from_numpy(x), torch.from_numpy(y), names=["a", "b", "c"]), tmp_path / "t"))
    assert not same(splits, read(arrays(x, y, split_seed=1), tmp_path / "other"))


def test_the_name_is_that_of_the_content() -> None:
    x, y = vectors()
    first, again = arrays(x, y), arrays(x.copy(), list(y))
    assert first.hash == again.hash
    assert first.name == f"arrays-{first.hash[:8]}"
    assert {arrays(x, 2 - y).hash, arrays(x + 1, y).hash, arrays(x, y, val=(x[:9], y[:9])).hash} & {first.hash} == set()
    assert arrays(x, y, name="mine").hash == first.hash
    assert "x (120, 5), y (120,), name='mine'" in repr(arrays(x, y, name="mine"))


def test_splits_and_groups_are_taken_as_they_are_given(tmp_path: Path) -> None:
    (x, y), (vx, vy), (tx, ty) = vectors(), vectors(30, 1), vectors(40, 2)
    splits = read(arrays(x, y, val=(vx, vy), test=(tx, ty)), tmp_path)
    assert np.array_equal(splits.val.x, vx)
    assert np.array_equal(splits.test.y, ty)
    alone = read(arrays(x, y, test=(tx, ty)), tmp_path)
    assert np.array_equal(alone.test.x, tx)
    assert len(alone.val) == 18
    assert same(splits, read(arrays({"train": (x, y), "validation": (vx, vy), "test": (tx, ty)}), tmp_path))
    grouped = read(arrays(x, y, groups=[f"p{row // 4}" for row in range(N)]), tmp_path)
    found = [set(grouped.groups[split].tolist()) for split in SPLITS]
    assert sum(map(len, found)) == len(set.union(*found))


def test_pictures_come_with_channels_first_or_last_as_bytes_or_255ths(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (N, 6, 5, 3), dtype=np.uint8), rng.integers(0, 2, N)
    splits = read(arrays(x, y, flip=False), tmp_path)
    assert splits.task.modality == "image"
    assert splits.task.shape == (3, 6, 5)
    first = torch.from_numpy(x).permute(0, 3, 1, 2)
    assert same(splits, read(arrays(first, torch.from_numpy(y)), tmp_path / "bytes"))
    assert same(splits, read(arrays(first.float() / 255, y), tmp_path / "floats"))
    assert read(arrays(x[..., 0], y), tmp_path).task.shape == (1, 6, 5)


def test_whatever_holds_the_same_is_the_same(tmp_path: Path) -> None:
    x, y = vectors()
    halves = torch.from_numpy(x).bfloat16()
    assert arrays(halves, y).hash == arrays(halves.float(), y).hash
    table = pd.DataFrame(x)
    assert arrays(table, y).hash == arrays(table, pd.DataFrame({"y": y})).hash == arrays(table, y[:, None]).hash
    texts = [f"text {row}" for row in range(N)]
    assert arrays(texts, y).hash == arrays(pd.Series(texts), pd.Series(y)).hash == arrays(np.array(texts), y).hash
    pixels = np.arange(N * 4).reshape(N, 2, 2) % 256
    assert arrays(pixels, y).hash == arrays(pixels.astype(np.uint8).tolist(), y).hash
    with pytest.raises(UserError, match=r"no items|0 different items"):
        read(arrays(np.empty((0, 3)), np.empty(0)), tmp_path)


def test_a_data_frame_goes_the_way_of_a_table(tmp_path: Path) -> None:
    table = frame()
    splits = read(arrays(table, "kind"), tmp_path)
    # age and where it is missing, smokes, colour with missing, grade
    assert splits.task.shape == (2 + 1 + 4 + 2,)
    assert splits.task.class_names == ("ill", "well")
    assert same(splits, read(arrays(table.drop(columns="kind"), table["kind"]), tmp_path))
    fewer = read(arrays(table, "kind", columns=["age", "grade"]), tmp_path)
    assert fewer.task.shape == (4,)
    apart = read(arrays(table, "kind", val=frame(30, 1), test=(frame(40, 2), "kind"), equal_items="allow"), tmp_path)
    assert [len(getattr(apart, split)) for split in SPLITS] == [120, 30, 40]
    assert apart.task.shape == (9,)
    assert str(apart.names["test"][3]) == "test row 3"


def test_codes_of_named_classes_are_classes_whatever_the_items_are(tmp_path: Path) -> None:
    texts, codes = [f"text {n}" for n in range(60)], [n % 2 for n in range(60)]
    for x, y in ((texts, codes), (texts, torch.tensor(codes)), (frame(60).drop(columns="kind"), pd.Series(codes))):
        splits = read(arrays(x, y, names=["no", "yes"]), tmp_path)
        assert splits.task.class_names == ("no", "yes")
        assert int(sum(getattr(splits, split).y.sum() for split in SPLITS)) == 30
    grouped = read(arrays(texts, codes, groups=[n // 3 for n in range(60)]), tmp_path)
    assert grouped.task.n_groups > 0


def test_texts_are_texts(tmp_path: Path) -> None:
    texts = [f"number {n}\nof\tmany, 'quoted' \"twice\"" for n in range(60)]
    splits = read(arrays(texts, ["even" if n % 2 == 0 else "odd" for n in range(60)]), tmp_path)
    assert splits.task.modality == "text"
    kept_texts = [str(text) for split in SPLITS for text in getattr(splits, split).x]
    assert sorted(text.split("\n")[0] for text in kept_texts) == sorted(text.split("\n")[0] for text in texts)


X, Y = vectors()
BAD = X.copy()
BAD[7, 2] = np.nan


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: arrays(X, Y[:9]), r"arrays: x: 120 items, but arrays: y has 9 labels; they have to match row by row"),
        (lambda: arrays(BAD, Y), r"arrays: x: row 7 has the value nan at position 2; every feature has to be finite"),
        (lambda: arrays(X, Y - 1), r"arrays: y: row \d+ has the label -1; .*mark of items without one"),
        (lambda: arrays(X, Y / 2), r"arrays: y: row \d+ has the label 0\.5; labels have to be whole numbers"),
        (lambda: arrays(X, np.zeros(N)), r"arrays: y: one class only"),
        (lambda: arrays(X, Y, val=(X[:9, :4], Y[:9]), test=(X[9:20], Y[9:20])), r"val\[0\]: items of shape \(4,\)"),
        (lambda: arrays(X, Y, val=(X[:9], Y[:9] + 5), test=(X[9:], Y[9:])), r"no item of class 3 \(3\) in the train"),
        (lambda: arrays(X, Y, test=(X[:9], Y[:9])), r"is in train and test|what is tested would be"),
        (lambda: arrays(X, Y, groups=np.arange(7)), r"arrays: groups: groups of shape \(7,\)"),
        (lambda: arrays(X, Y, names=["a", "b"]), r"classes=a;b names 2"),
        (lambda: arrays(frame(), "knid"), r"arrays: y='knid': no such column in x; it has age, colour"),
        (lambda: arrays(frame(), "age"), r"arrays: x: row 0 has no target in column target \(18 such rows\)"),
        (lambda: arrays(frame().assign(age=np.inf), "kind"), r"arrays: x: row 0 has the value inf in column age"),
        (lambda: arrays(["a", " "] * 30, [0, 1] * 30), r"arrays: x.* line 2"),
        (lambda: arrays(["a", "b"] * 30, [0, 1] * 30, names=["n", "y", "z"]), r"^(?!.*results).*"),
        (lambda: arrays(X, Y, scal="none"), r"features has no option 'scal'"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_in_a_line_and_leaves_nothing(
    make: Callable[[], InMemory], says: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(UserError, match=says) as caught:
        albench.run(dataset=make(), out=out, seeds=1)
    assert "\n" not in str(caught.value)
    assert not out.exists()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"x": X}, r"arrays: y is missing: give labels, one for each item of x"),
        ({"x": X, "y": "kind"}, r"arrays: y='kind' names a column, and x is no data frame"),
        ({"x": X, "y": Y, "val": X}, r"arrays: val's labels is missing"),
        ({"x": X, "y": Y, "val": (X,)}, r"arrays: val: 1 value; write val=\(x, y\)"),
        ({"x": X, "y": Y, "val": (X, Y, Y)}, r"arrays: groups are given, and none of train"),
        ({"x": X[:, 0], "y": Y}, r"arrays: x: its shape is \(120,\); \(N, D\) vectors or \(N, H, W\[, C\]\) images"),
        ({"x": [object()] * N, "y": Y}, r"arrays: x: it holds object; numbers are read"),
        ({"x": X, "y": [None, *Y[1:]]}, r"arrays: y: row 0 has the label None, which looks like an item without one"),
        ({"x": X, "y": Y, "groups": [None, *Y[1:]]}, r"arrays: groups: row 0 has the group None, \(1 such"),
        ({"x": [[1, 2], [3]], "y": [0, 1]}, r"arrays: x: no array can be made of it \(.*inhomogeneous"),
        ({"x": torch.eye(9).to_sparse(), "y": Y[:9]}, r"arrays: x: no array can be made of it \(.*Sparse"),
        ({"x": pd.DataFrame(X), "y": np.eye(3)[Y]}, r"arrays: y: labels of shape \(120, 3\); one an item is needed"),
        ({"x": X, "y": 3}, r"arrays: y: 3; one value for each item is needed"),
        ({"x": X, "y": Y, "columns": ["a"]}, r"arrays: columns=\['a'\]: x has no named columns"),
        ({"x": X, "y": Y, "names": ["a;b", "c", "d"]}, r"arrays: names: .*without a semicolon"),
        ({"x": X, "y": Y, "name": 3}, r"arrays: name=3: write a text, as name='mine'"),
        ({"x": X.reshape(N, 5, 1), "y": Y}, r"arrays: x: pixels of type float32; uint8 \(0 \.\. 255\) is needed"),
        ({"x": np.zeros((N, 4, 4, 2), np.uint8), "y": Y}, r"x: an array of shape \(120, 4, 4, 2\); \(N, H, W\)"),
        ({"x": np.full((N, 4, 4), 0.3), "y": Y}, r"no 255ths; uint8 .* is needed: \(x \* 255\)\.round\(\)"),
        ({"x": {"tran": (X, Y)}}, r"arrays: x holds the splits tran; train is needed"),
        ({"x": {"train": (X, Y), "test": (X, Y)}, "test": (X, Y)}, r"arrays: test is given, and x holds it too"),
        ({"x": pd.DataFrame({"a": [[1], [2]]}), "y": [0, 1]}, r"arrays: x: column a holds list; numbers or text"),
        ({"x": pd.DataFrame({"a": pd.to_datetime(["2020"])}), "y": [0]}, r"arrays: x: column a holds datetime64"),
        ({"x": ["a", "b"], "y": [1]}, r"arrays: x: 2 items, but y has 1 labels"),
    ],
)  # fmt: skip
def test_what_is_no_data_set_is_told_at_once(given: dict[str, Any], says: str) -> None:
    with pytest.raises(UserError, match=says):
        arrays(**given)


def test_the_door_is_there_and_a_bare_array_says_so() -> None:
    assert albench.arrays is arrays
    with pytest.raises(UserError, match=r"write dataset=albench\.arrays\(x, y\)"):
        albench.run(dataset=X)


def test_items_without_labels_come_beside(tmp_path: Path) -> None:
    x, y = vectors()
    more = vectors(40, seed=7)[0]
    given = arrays(x, y, unlabeled=more)
    found = read(given, tmp_path)
    np.testing.assert_array_equal(found.unlabeled, more)
    assert same(found, read(arrays(x, y), tmp_path))
    assert given.hash != arrays(x, y).hash
    assert read(arrays(x, y), tmp_path).unlabeled is None
    pictures = np.random.default_rng(0).integers(0, 256, (N, 3, 8, 8), np.uint8)
    of_torch = arrays(torch.from_numpy(pictures), y, unlabeled=torch.from_numpy(pictures[:9] // 2))
    np.testing.assert_array_equal(read(of_torch, tmp_path).unlabeled, pictures[:9] // 2)


@pytest.mark.parametrize(
    ("x", "unlabeled", "says"),
    [
        (vectors()[0], np.zeros((4, 6)), r"arrays: unlabeled: items of shape \(6,\), but the training items"),
        (vectors()[0], np.full((4, 5), np.nan), "arrays: unlabeled: row 0 has the value nan"),
        (vectors()[0], np.zeros((0, 5)), "arrays: unlabeled: no items"),
        (
            vectors()[0],
            np.zeros((4, 8, 8), np.uint8),
            r"unlabeled: an array of shape \(4, 8, 8\); items of the form of x",
        ),
        (frame().drop(columns="kind"), np.zeros((4, 5)), "unlabeled: vectors and images may come with items without"),
        (["a text"] * N, ["another"], "unlabeled: vectors and images may come with items without"),
    ],
)
def test_items_without_labels_that_do_not_fit_are_told(x: Any, unlabeled: Any, says: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=says):
        read(arrays(x, vectors()[1], unlabeled=unlabeled), tmp_path)

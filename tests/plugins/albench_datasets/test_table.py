"""Tables become splits: what is a number, a category, a class, a group, and what is refused, in a line each."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from albench.api import DataError, Splits
from albench.data.checks import SPLITS
from albench.data.equal_items import usable
from albench_datasets.tables.table import Table


def rows(n: int = 120, seed: int = 0) -> list[list[str]]:
    """age, colour, weight, kind: numbers and categories with gaps, of two classes."""
    rng = np.random.default_rng(seed)
    found = []
    for row in range(n):
        age = "" if row % 11 == 0 else str(rng.integers(20, 80))
        colour = "?" if row % 13 == 0 else str(rng.choice(["red", "green", "blue"]))
        found.append([age, colour, f"{rng.normal(70, 9):.2f}", "ill" if rng.random() < 0.4 else "well"])
    return found


def write(path: Path, table: list[list[str]], header: str = "age,colour,weight,kind") -> Path:
    path.write_text("\n".join(([header] if header else []) + [",".join(row) for row in table]) + "\n")
    return path


def read(path: Path, **options: object) -> Splits:
    return Table(path=str(path), **options).load(None)


def every(splits: Splits) -> np.ndarray:
    return np.concatenate([getattr(splits, split).x for split in SPLITS])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "people.csv", rows())


def test_numbers_and_categories_become_features_of_the_pools_making(file: Path) -> None:
    splits = read(file, target="kind")
    assert splits.task.class_names == ("ill", "well")
    # age, weight, where age is missing, and four categories: red, green, blue and missing
    assert splits.task.shape == (7,)
    assert splits.train.x.dtype == np.float32
    by_name = dict(zip((f"line {n + 2}" for n in range(120)), rows(), strict=True))
    weights = np.array([float(by_name[str(name)][2]) for name in splits.names["train"]])
    expected = (weights - weights.mean()) / weights.std()
    assert np.abs(splits.train.x[:, 1] - expected).max() < 1e-3
    ages = [by_name[str(name)][0] for name in splits.names["train"]]
    median = np.median([float(age) for age in ages if age])
    filled = np.array([float(age) if age else median for age in ages])
    assert np.abs(splits.train.x[:, 0] - (filled - filled.mean()) / filled.std()).max() < 1e-3
    assert np.array_equal(splits.train.x[:, 2], np.array([not age for age in ages], np.float32))
    assert np.array_equal(every(splits)[:, 3:].sum(axis=1), np.ones(120))


def test_what_is_not_in_the_pool_changes_no_feature_of_it(tmp_path: Path) -> None:
    """Other test rows, the same pool: the same pool features, and those of test by the pool's own measures."""
    train = write(tmp_path / "train.csv", rows())
    seen = {}
    for name, value in (("near", "70"), ("far", "7000")):
        test = [[value, "violet", "70.5", "ill"], ["", "red", "71", "well"]]
        test_file = write(tmp_path / f"{name}.csv", test)
        seen[name] = read(train, target="kind", test=str(test_file), val_share=0.2)
    assert np.array_equal(seen["near"].train.x, seen["far"].train.x)
    assert np.array_equal(seen["near"].test.x[1], seen["far"].test.x[1])
    assert seen["far"].test.x[0, 0] > 100
    assert not seen["near"].test.x[0, 3:].any()  # a colour that the pool does not have


def test_a_table_is_split_by_class_once_and_for_all(file: Path) -> None:
    first, again, other = (read(file, target="kind", split_seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(first.train.x, again.train.x)
    assert not np.array_equal(first.train.x, other.train.x)
    shares = [len(getattr(first, split)) / 120 for split in SPLITS]
    assert np.allclose(shares, [0.65, 0.15, 0.2], atol=0.02)
    ill = [float((getattr(first, split).y == 0).mean()) for split in SPLITS]
    assert max(ill) - min(ill) < 0.1


def test_rows_that_become_equal_stay_together(tmp_path: Path) -> None:
    """Rare categories are one in the pool: rows that differ by these alone are equal items, and the run takes them."""
    rng = np.random.default_rng(3)
    table = [
        [str(rng.choice(list("abcdefghij"))), str(rng.integers(4)), "ill" if i % 2 else "well"] for i in range(200)
    ]
    path = write(tmp_path / "few.csv", table, "letter,number,kind")
    dataset = Table(path=str(path), target="kind", rare=15)
    splits, _ = usable(dataset, dataset.load(None), "few")
    kinds = [{row.tobytes() for row in getattr(splits, split).x} for split in SPLITS]
    assert not kinds[0] & kinds[1]
    assert not (kinds[0] | kinds[1]) & kinds[2]


def test_a_column_of_splits_and_files_of_splits_are_the_same(tmp_path: Path) -> None:
    table = rows()
    where = ["train"] * 80 + ["validation"] * 15 + ["Test"] * 25
    joined = [[*row, split] for row, split in zip(table, where, strict=True)]
    mixed = [joined[place] for place in np.random.default_rng(1).permutation(120)]
    by_column = read(write(tmp_path / "a.csv", joined, "age,colour,weight,kind,split"), target="kind")
    shuffled = read(write(tmp_path / "b.csv", mixed, "age,colour,weight,kind,split"), target="kind")
    files = {"train": table[:80], "val": table[80:95], "test": table[95:]}
    paths = {split: write(tmp_path / f"{split}.csv", part) for split, part in files.items()}
    by_file = read(paths["train"], target="kind", val=str(paths["val"]), test=str(paths["test"]))
    for split in SPLITS:
        assert np.array_equal(getattr(by_column, split).x, getattr(by_file, split).x)
        assert np.array_equal(getattr(by_column, split).y, getattr(by_file, split).y)
        assert len(getattr(shuffled, split)) == len(files[split])
    assert by_file.names["test"][0] == "line 2"


def test_groups_are_never_cut_and_no_feature(tmp_path: Path) -> None:
    table = [[*row, f"p{place // 3}"] for place, row in enumerate(rows())]
    path = write(tmp_path / "g.csv", table, "age,colour,weight,kind,Patient ID")
    splits = read(path, target="kind")
    groups = [set(splits.groups_called(split).tolist()) for split in SPLITS]
    assert not groups[0] & groups[1]
    assert not (groups[0] | groups[1]) & groups[2]
    assert splits.task.shape == (7,)
    assert any("groups: column Patient ID" in line for line in splits.how_read)
    assert read(path, target="kind", group_by="none").task.shape > (7,)


def test_the_target_is_named_or_placed_or_called_so(tmp_path: Path) -> None:
    table = rows()
    path = write(tmp_path / "t.csv", table, "age,colour,weight,Class")
    bare = write(tmp_path / "bare.csv", table, "")
    same = [
        read(path),
        read(path, target="class"),
        read(path, target="4"),
        read(path, target="-1"),
        read(bare, target="4"),
    ]
    assert all(np.array_equal(same[0].train.x, each.train.x) for each in same)
    assert "the first line was read as a row, not as a header: columns are called 1, 2, ..." in same[-1].how_read
    with pytest.raises(
        DataError, match=r"which column is the target\? none is called label, class or target: target=COL"
    ):
        read(bare)


def test_classes_are_ordered_by_the_user_by_their_numbers_or_by_the_file(tmp_path: Path) -> None:
    table = [[f"{x:.3f}", str(grade)] for x, grade in zip(np.linspace(0, 1, 60), [3, 10, 8] * 20, strict=True)]
    path = write(tmp_path / "grades.csv", table, "x,grade")
    splits = read(path, target="grade", ordinal=True)
    assert splits.task.class_names == ("3", "8", "10")
    assert splits.task.ordinal
    assert read(path, target="grade", classes="10;8;3").task.class_names == ("10", "8", "3")
    assert read(path, target="grade", leave_out="8").task.class_names == ("3", "10")


def test_missing_values_are_what_the_user_says(tmp_path: Path) -> None:
    table = [["-9" if place % 5 == 0 else str(place), row[3]] for place, row in enumerate(rows())]
    path = write(tmp_path / "m.csv", table, "x,kind")
    assert read(path, target="kind").task.shape == (1,)
    assert read(path, target="kind", missing="-9").task.shape == (2,)
    assert read(path, target="kind", missing="-9", indicator=False).task.shape == (1,)


def test_codes_can_be_categories_and_identifiers_are_told(tmp_path: Path) -> None:
    table = [
        [str(place), f"id{place}", str(place % 4), f"{place:04}"[1:], row[2], row[3]]
        for place, row in enumerate(rows())
    ]
    path = write(tmp_path / "codes.csv", table, "nr,name,ward,post,weight,kind")
    splits = read(path, target="kind")
    assert any("another text in every row" in line and line.endswith("name, post") for line in splits.notices)
    assert any(
        "another whole number in every row: nr; where this is an identifier, write drop=nr" in line
        for line in splits.notices
    )
    assert splits.task.shape == (3,)
    assert read(path, target="kind", drop="nr;name;post").task.shape == (2,)
    assert read(path, target="kind", drop="nr", categories="ward").task.shape == (5,)


def test_many_and_rare_categories_count_as_one(tmp_path: Path) -> None:
    table = [[f"c{min(place % 40, place % 7)}", row[2], row[3]] for place, row in enumerate(rows(400))]
    path = write(tmp_path / "c.csv", table, "code,weight,kind")
    assert read(path, target="kind", most_categories=4).task.shape == (5,)
    with_rare = read(path, target="kind", rare=40)
    assert any(
        "categories of fewer than 40 items of the pool count as one: code" in line for line in with_rare.how_read
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"target": "knid"}, r"target=knid: no such column; did you mean kind\? it has age, colour, weight, kind"),
        ({"target": "9"}, r"target=9: it has 4 columns, counted from 1; -1 is the last"),
        ({"target": "kind", "drop": "agee"}, r"drop=agee: no such column; did you mean age\?"),
        ({"target": "kind", "drop": "kind"}, r"drop=kind: it is the target"),
        ({"target": "kind", "drop": "age;colour;weight"}, r"no column is left to learn from"),
        ({"target": "weight"}, r"line 2 has the target \d+\.\d+; column weight .* this looks like regression"),
        ({"target": "age"}, r"line 2 has no target in column age \(11 such rows\), .*; no_target=drop"),
        ({"target": "age", "no_target": "drop"}, r"column age: \d+ different numbers in 109 rows.*regression"),
        ({"target": "kind", "leave_out": "ill"}, r"column kind: one class only \(all rows are well\)"),
        ({"target": "kind", "leave_out": "sick"}, r"leave_out=sick: no such class; it has ill, well"),
        ({"target": "kind", "classes": "ill;fine"}, r"has the label 'well', which classes=ill;fine does not name"),
        ({"target": "kind", "split_by": "colour"}, r"line \d+: the split '\w*' is neither train, val nor test"),
        ({"target": "kind", "test": "none.csv"}, r"table\[test=none\.csv\]: no such file"),
        ({"target": "kind", "val_share": 0.6, "test_share": 0.4}, r"test_share=0\.4 leave nothing to train on"),
        ({"target": "kind", "group_by": "age"}, r"line 2: no group in column age; write one, .* or group_by=none"),
        ({"target": "kind", "header": "no"}, r"target=kind: no such column"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_in_a_line(file: Path, options: dict[str, object], says: str) -> None:
    with pytest.raises(DataError, match=says) as caught:
        read(file, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({7: ["inf", "red", "60", "ill"]}, r"line 9 has the value inf in column age; every feature has to be finite"),
        ({7: ["30", "red", "1e999", "ill"]}, r"line 9 has the value inf in column weight"),
        ({7: ["30", "red", "60"]}, r"line 9 has 3 values, the first line 4"),
        ({7: ["30", "red", "60", "odd"]}, r"fewer rows than splits .* in class odd \(1\).*leave_out=odd"),
        ({7: ["30", "red", "60", ""]}, r"line 9 has no target in column kind \(1 such rows\)"),
        ({row: ["30", "red", "60", "ill"] for row in range(120)}, r"column kind: one class only \(all rows are ill\)"),
        ({row: ["30", "red", "60", rows()[row][3]] for row in range(120)}, r"different items, and none came"),
    ],
)  # fmt: skip
def test_damaged_rows_are_told_with_their_line(tmp_path: Path, change: dict[int, list[str]], says: str) -> None:
    table = [change.get(place, row) for place, row in enumerate(rows())]
    with pytest.raises(DataError, match=says):
        read(write(tmp_path / "t.csv", table), target="kind")


def test_labels_below_zero_are_refused_as_arrays_refuse_them(tmp_path: Path) -> None:
    table = [[f"{place / 7:.3f}", str(place % 3 - 1)] for place in range(60)]
    with pytest.raises(
        DataError, match=r"has the label -1; labels start at 0 .*looks like a mark of items without one"
    ):
        read(write(tmp_path / "t.csv", table, "x,y"), target="y")
    signs = [[f"{place / 7:.3f}", "-1" if place % 2 else "1"] for place in range(60)]
    assert read(write(tmp_path / "s.csv", signs, "x,y"), target="y").task.class_names == ("-1", "1")


def test_a_missing_split_is_dealt_out_of_train(tmp_path: Path) -> None:
    train, test = write(tmp_path / "train.csv", rows()), write(tmp_path / "test.csv", rows(30, 1))
    splits = read(train, target="kind", test=str(test))
    assert (len(splits.train), len(splits.val), len(splits.test)) == (102, 18, 30)
    assert any(line.startswith("split here: val 15% of the training items") for line in splits.how_read)
    with pytest.raises(DataError, match=r"test_share=0\.2, but there is a test split; leave the option out"):
        read(train, target="kind", test=str(test), test_share=0.2)
    with pytest.raises(DataError, match=re.escape(f"{test}: no column kind, which {train} has")):
        read(train, target="kind", val_share=0.1, test=str(write(test, rows(30, 1), "age,colour,weight,sort")))

"""What is kept of items says the same when it is read: pixels, labels, and text with whatever signs in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from albench.data.given_forms import Part
from albench.data.kept_forms import items_of, plain, table_lines, text_lines
from albench.errors import DataError
from albench_datasets.tables.arff import read_arff

SIGNS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]) | st.sampled_from("\n,'\"%{}\\"))


@settings(max_examples=40, deadline=None)
@given(st.lists(SIGNS, min_size=1, max_size=5), st.text("ab'\\,% {", min_size=1).filter(lambda name: name.strip()))
def test_text_of_any_kind_comes_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str], name: str) -> None:
    file: Path = tmp_path_factory.mktemp("arff") / "table.arff"
    lines, _ = table_lines({"": Part(pd.DataFrame({name: texts}), list(range(len(texts))))})
    file.write_text(lines, encoding="utf-8")
    found = read_arff(file)
    expected = [text.strip() or "?" for text in texts]
    assert [row[0] for row in found.cells] == expected
    assert found.names == [name.strip(), "target"]
    assert [row[1] for row in found.cells] == [repr(float(row)) for row in range(len(texts))]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(allow_infinity=False), min_size=1, max_size=5))
def test_numbers_come_back_to_the_last_digit(tmp_path_factory: pytest.TempPathFactory, numbers: list[float]) -> None:
    file: Path = tmp_path_factory.mktemp("arff") / "table.arff"
    lines, _ = table_lines({"": Part(pd.DataFrame({"x": numbers}), ["a"] * len(numbers))})
    file.write_text(lines, encoding="utf-8")
    found = [np.nan if row[0] == "?" else float(row[0]) for row in read_arff(file).cells]
    assert np.array_equal(found, numbers, equal_nan=True)


def test_names_of_columns_that_are_taken_are_left_to_their_owner() -> None:
    part = Part(pd.DataFrame({"target": [1, 2], "split": [3, 4]}), [0, 1], [7, 8])
    lines, options = table_lines({"train": part, "test": part})
    assert options == {"target": "target_", "group_by": "group", "split_by": "split_"}
    assert lines.count("@attribute") == 5
    assert table_lines({"": Part(pd.DataFrame({"case": [1]}), [0])})[1] == {"target": "target", "group_by": "none"}


def test_every_255th_is_its_byte() -> None:
    every = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    for kind in (np.float16, np.float32, np.float64):
        assert np.array_equal(items_of(Part((every / 255).astype(kind), None)), every)
    assert np.array_equal(items_of(Part(torch.from_numpy(every) / 255, None)), every)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (torch.tensor([1, 2]), np.array([1, 2])),
        (["a", "b"], np.array(["a", "b"])),
        (pd.Series(["a", "b"], dtype="category"), np.array(["a", "b"])),
        (pd.Series([1, 2], dtype="Int64"), np.array([1, 2])),
        (np.array([True, False]), np.array([True, False])),
        (np.array(["a", "b"], object), np.array(["a", "b"])),
        (np.array([3, 4], object), np.array([3, 4])),
    ],
)
def test_labels_of_whatever_library_are_numbers_or_text(value: object, expected: np.ndarray) -> None:
    found = plain(value, "y")
    assert np.array_equal(found, expected)
    assert found.dtype.kind == expected.dtype.kind


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (pd.Series(["a", None]), r"arrays: y: row 1 has the label (None|nan), which looks like an item without one"),
        (np.array(["2020"], "datetime64[D]"), r"arrays: y: it holds datetime64"),
        (np.array([{}], object), r"arrays: y: it holds object; numbers or text are read"),
    ],
)
def test_labels_that_are_neither_are_told(value: object, says: str) -> None:
    with pytest.raises(DataError, match=says):
        plain(value, "y")


def test_texts_keep_their_split_and_group() -> None:
    part = Part(["one", "two\nlines"], ["a", "b"], [1, 2])
    assert text_lines({"train": part}) == (
        '{"text": "one", "label": "a", "group": 1, "split": "train"}\n'
        '{"text": "two\\nlines", "label": "b", "group": 2, "split": "train"}\n'
    )

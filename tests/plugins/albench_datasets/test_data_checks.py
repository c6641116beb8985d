"""Checks that all data sets share, and the reading of .npy headers."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from albench.api import DataError
from albench_datasets import checks
from albench_datasets.checks import Raw, check_finite, checked_splits, whole_labels
from albench_datasets.npyfiles import open_npy, read_header


def raw(n: int = 4) -> Raw:
    return Raw(np.ones((n, 3), np.float32), np.arange(n) % 2, "x", "y")


def test_task_is_built_from_the_arrays() -> None:
    splits = checked_splits(
        {"train": raw(6), "val": raw(), "test": raw()},
        modality="features",
        class_names=("low", "high"),
        notices=("said",),
        stand_in="S",
    )
    assert (splits.task.pool_size, splits.task.n_classes, splits.task.n_groups) == (6, 2, 0)
    assert (splits.notices, splits.stand_in, splits.groups) == (("said",), "S", {})


def test_one_class_is_no_task() -> None:
    each = Raw(np.ones((2, 3)), np.zeros(2, int), "x", "y")
    with pytest.raises(DataError, match="y: one class only"):
        checked_splits({"train": each, "val": each, "test": each}, modality="features", class_names=("a",))


def test_float64_beyond_float32_is_named() -> None:
    big = np.ones((4, 3))
    big[2, 1] = 1e300
    with pytest.raises(DataError, match=r"x: row 2 has the value inf at position 1"):
        checked_splits(
            {"train": Raw(big, np.arange(4) % 2, "x", "y"), "val": raw(), "test": raw()},
            modality="features",
            class_names=("low", "high"),
        )


@settings(max_examples=30, deadline=None)
@given(
    row=st.integers(0, 49),
    column=st.integers(0, 6),
    bytes_a_block=st.integers(1, 2000),
    value=st.sampled_from([np.nan, np.inf, -np.inf]),
)
def test_first_bad_row_is_found_whatever_the_block(row: int, column: int, bytes_a_block: int, value: float) -> None:
    x = np.zeros((50, 7), np.float32)
    x[row, column] = value
    x[49, 6] = np.nan if (row, column) != (49, 6) else value
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "BLOCK_BYTES", bytes_a_block)
        with pytest.raises(DataError, match=rf"file: row {row} has the value {value} at position {column};"):
            check_finite(x, "file")


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64, np.float32, bool])
def test_labels_of_any_whole_type(dtype: type) -> None:
    found = whole_labels(np.array([[0], [1], [1]], dtype=dtype), "file")
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, [0, 1, 1])


def header(shape: str, descr: str = "'<f4'") -> bytes:
    file = io.BytesIO()
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    text += " " * (117 - len(text)) + "\n"
    file.write(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode())
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (header("(1000000000000, 2048)"), "truncated: its header claims"),
        (header("(-3, 4)"), "its header claims"),
        (header("(1000000000000,)", "'<U0'"), "its header claims"),
        (header("(2,)", "'|O'"), "pickled Python objects"),
        (header("(2,"), "not a readable .npy array"),
        (b"\x93NUMPY\x09\x00" + b" " * 90, "not a readable .npy array"),
        (b"\x93NUMPY\x01\x00\xff", "not a readable .npy array"),
        (b"hello", "not a readable .npy array"),
    ],
)
def test_hostile_headers(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(content)
    with pytest.raises(DataError, match=says) as caught:
        open_npy(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_header_or_a_data_error(content: bytes) -> None:
    for start in (b"", b"\x93NUMPY\x01\x00", header("(2, 2)")[:60]):
        # nothing but a DataError may come out
        with contextlib.suppress(DataError):
            read_header(io.BytesIO(start + content), "file")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent\.npy: cannot be read \(No such file"):
        open_npy(tmp_path / "absent.npy")

"""CSV, ARFF and Parquet files as columns: separators, headers, quotes, missing values and damaged lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from albench.api import DataError
from albench_datasets.tables.files import Layout, read_frame
from albench_datasets.tables.frame import MISSING, Frame, Reading, typed_columns
from albench_datasets.tables.pandas_frames import frame_of

HOW = Reading(frozenset(MISSING.split(";")))


def read(file: Path, text: str | None = None, how: Reading = HOW, **layout: object) -> tuple[Frame, tuple[str, ...]]:
    if text is not None:
        file.write_text(text, encoding="utf-8")
    return read_frame({"": file}, Layout(**layout), how)


def values(frame: Frame, name: str) -> list[object]:
    column = frame.columns[name]
    return [None if gone else value for value, gone in zip(column.values.tolist(), column.missing, strict=True)]


@pytest.mark.parametrize("sign", [",", ";", "\t", ", "])
def test_separators_are_found(tmp_path: Path, sign: str) -> None:
    lines = [["name", "size"], ["ann", "1.5"], ["bob", "2"], ["", "NA"]]
    frame, _ = read(tmp_path / "t.csv", "\n".join(sign.join(line) for line in lines))
    assert values(frame, "name") == ["ann", "bob", None]
    assert values(frame, "size") == [1.5, 2.0, None]
    assert frame.rows.tolist() == ["line 2", "line 3", "line 4"]


def test_columns_between_spaces(tmp_path: Path) -> None:
    frame, _ = read(tmp_path / "t.data", "1  2.5 a\n3 4.5  b\n")
    assert values(frame, "2") == [2.5, 4.5]
    assert values(frame, "3") == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("a,b\n1,2\n3,4\n", True),
        ("a,b\nx,y\nx,z\n", True),
        ("x,y\nx,z\nx,y\n", False),
        ("1,2\n3,4\n", False),
        ("a,?\nb,c\n", False),
        (",b\n0,2\n1,4\n", True),
    ],
)
def test_a_header_is_told_from_a_row(tmp_path: Path, text: str, header: bool) -> None:
    frame, told = read(tmp_path / "t.csv", text)
    assert len(frame) == text.count("\n") - header
    assert bool(told) != header
    assert len(read(tmp_path / "t.csv", header="no")[0]) == text.count("\n")


def test_quotes_line_breaks_and_marks_at_the_start(tmp_path: Path) -> None:
    frame, _ = read(tmp_path / "t.csv", '\ufeffname,kind\n"a, b","two\nlines"\n\nc,d\n')
    assert values(frame, "name") == ["a, b", "c"]
    assert frame.rows.tolist() == ["line 3", "line 5"]
    quoted, _ = read(tmp_path / "q.csv", "x,y\n'1','-1'\n'2',?\n")
    assert values(quoted, "x") == [1.0, 2.0]
    assert values(quoted, "y") == [-1.0, None]


def test_leading_zeros_make_a_code(tmp_path: Path) -> None:
    frame, _ = read(tmp_path / "t.csv", "post,x\n01067,0.5\n10115,0\n")
    assert values(frame, "post") == ["01067", "10115"]
    assert values(frame, "x") == [0.5, 0.0]


def test_what_is_nearly_a_number_is_told(tmp_path: Path) -> None:
    few = "".join(f"{n}\n" for n in range(20))
    _, told = read(tmp_path / "t.csv", f"x\n{few}unknown\nunknown\n")
    assert "column x is read as categories, as 2 of its values are 'unknown'" in told[0]
    _, told = read(tmp_path / "t.csv", "x;y\n1,5;2\n2,5;3\n")
    assert told == ("column x is read as text, and looks like numbers with a comma: decimal=comma",)
    frame, _ = read(tmp_path / "t.csv", "x;y\n1,5;2\n2,5;3\n", Reading(HOW.missing, comma=True))
    assert values(frame, "x") == [1.5, 2.5]


ARFF = """% a comment
@RELATION test
@attribute 'the size' numeric
@ATTRIBUTE colour {red, 'dark blue', green}
@attribute note string
@attribute class { b, a }
@data
1.5, 'dark blue', "it's", a
% another
?, ?, 'a, b', b
"""


def test_an_arff_file_knows_its_columns(tmp_path: Path) -> None:
    frame, told = read(tmp_path / "t.arff", ARFF)
    assert list(frame.columns) == ["the size", "colour", "note", "class"]
    assert values(frame, "the size") == [1.5, None]
    assert values(frame, "colour") == ["dark blue", None]
    assert values(frame, "note") == ["it's", "a, b"]
    assert frame.columns["class"].order == ("b", "a")
    assert frame.rows.tolist() == ["line 8", "line 10"]
    assert told == ()


def test_a_sparse_arff_file_names_what_is_not_zero(tmp_path: Path) -> None:
    head = "@relation r\n@attribute x numeric\n@attribute y {no,yes}\n@attribute z numeric\n@data\n"
    frame, _ = read(tmp_path / "t.arff", head + "{0 2.5, 1 yes}\n{}\n{2 -1}\n")
    assert values(frame, "x") == [2.5, 0.0, 0.0]
    assert values(frame, "y") == ["yes", "no", "no"]
    assert values(frame, "z") == [0.0, 0.0, -1.0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            ARFF + "2,pink,n,a\n",
            r"line 11: column colour has the value 'pink', which its @attribute line does not name",
        ),
        (ARFF + "2,red,n\n", r"line 11: 3 values, but there are 4 columns"),
        (ARFF + "2,'red,n,a\n", r"line 11: a quote that is not closed"),
        (
            ARFF + "two,red,n,a\n",
            r"line 11 has the value 'two' in column the size, which its @attribute line says is a n",
        ),
        (ARFF.replace("numeric", "vector"), r"line 3: column the size is of type vector"),
        (ARFF.partition("@data")[0], r"no @data line: not a whole ARFF file"),
        ("a,b\n1,2\n", r"line 1: neither @relation, @attribute nor @data"),
        (ARFF.partition("1.5")[0], r"no items"),
    ],
)
def test_a_damaged_arff_file_is_told_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        read(tmp_path / "t.arff", text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"no items"),
        ("a,b\n", r"no items|line 1"),
        ("a,b\n1,2\n1,2,3\n", r"line 3 has 3 values, the first line 2"),
        ("a,a\n1,2\n", r"two columns are called a"),
    ],
)
def test_a_damaged_csv_file_is_told_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        read(tmp_path / "t.csv", text, header="yes")


def test_text_that_is_no_unicode_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"name,x\nJos\xe9,1\n")
    with pytest.raises(DataError, match=r"not UTF-8 text"):
        read(tmp_path / "t.csv")


def test_types_of_a_data_frame_say_what_its_columns_are() -> None:
    table = pd.DataFrame(
        {
            "n": pd.array([1, None, 3], "Int64"),
            "f": [0.5, np.nan, 2],
            "b": [True, False, True],
            "c": pd.Categorical(["lo", "hi", None], ["lo", "hi"], ordered=True),
            "t": ["x", None, "?"],
            "code": pd.Categorical([7, 8, 7]),
        }
    )
    frame, _ = frame_of({"": table}, {"": "table"}, HOW)
    assert values(frame, "n") == [1.0, None, 3.0]
    assert values(frame, "f") == [0.5, None, 2.0]
    assert values(frame, "b") == [1.0, 0.0, 1.0]
    assert values(frame, "c") == ["lo", "hi", None]
    assert frame.columns["c"].order == ("lo", "hi")
    assert values(frame, "t") == ["x", None, None]
    assert values(frame, "code") == ["7", "8", "7"]


@pytest.mark.parametrize(
    ("column", "says"),
    [
        (pd.to_datetime(["2020-01-01"]), r"column when holds datetime64.*: write drop=when"),
        ([[1, 2]], r"column when holds list; numbers or text are needed"),
        ([1j], r"column when holds complex128; real numbers are needed"),
    ],
)
def test_a_column_of_something_else_is_told(column: object, says: str) -> None:
    with pytest.raises(DataError, match=says):
        frame_of({"": pd.DataFrame({"when": column})}, {"": "table"}, HOW)


def test_parquet_is_read_where_pandas_can(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    table = pd.DataFrame({"x": [1.5, None], "y": ["a", "b"]})
    table.to_parquet(tmp_path / "t.parquet")
    frame, _ = read(tmp_path / "t.parquet")
    assert values(frame, "x") == [1.5, None]
    (tmp_path / "t.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(DataError, match="not a readable Parquet file"):
        read(tmp_path / "t.parquet")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", " 2.5e3 ", "-.5", "+4."], [1.0, 2500.0, -0.5, 4.0]),
        (["1", "", "3"], [1.0, None, 3.0]),
        (["1", "-9", "3"], [1.0, None, 3.0]),
        (["0", "0.5", "00"], ["0", "0.5", "00"]),
        (["1", "1 2"], ["1", "1 2"]),
        (["1", "1_0"], ["1", "1_0"]),
    ],
)
def test_numbers_are_numbers_whether_quickly_seen_or_not(cells: list[str], expected: list[object]) -> None:
    marks = frozenset(["-9"]) if "-9" in cells else HOW.missing
    columns, _ = typed_columns({"x": cells}, Reading(marks))
    frame = Frame(columns, np.full(len(cells), "", object), np.arange(len(cells)).astype(object), {"": "t"})
    assert values(frame, "x") == expected

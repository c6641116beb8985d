"""YAML as it was typed: values stay texts, keys know their line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from albench.errors import SuiteError
from albench.suite.yaml_text import Mapping, read_yaml


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "suite.yaml"


def read(file: Path, text: str, limit: int = 2**20) -> Any:
    file.write_text(text, encoding="utf-8")
    return read_yaml(file, limit)


def test_values_are_the_texts_that_were_typed(file: Path) -> None:
    assert read(file, "[020, 1:30, off, 1e-3, 2024-01-02, yes, '7', !!int 8, ~, null, '']") == [
        *("020", "1:30", "off", "1e-3", "2024-01-02", "yes", "7", "8"),
        *(None, None, ""),
    ]
    assert read(file, "") is None


def test_keys_know_their_lines(file: Path) -> None:
    made = read(file, "a: 1\n\n# comment\nb:\n  c: 2\n  d: 3\n")
    assert isinstance(made, Mapping)
    assert (made, made.lines) == ({"a": "1", "b": {"c": "2", "d": "3"}}, {"a": 1, "b": 4})
    assert made["b"].lines == {"c": 5, "d": 6}


def test_a_merged_key_is_at_the_line_of_its_merge_and_gives_way_to_an_own_one(file: Path) -> None:
    made = read(file, "x: &x {a: 1, b: 2}\ny:\n  <<: [*x, {b: 3, c: 4}]\n  a: 9\n")["y"]
    assert (made, made.lines) == ({"a": "9", "b": "2", "c": "4"}, {"a": 4, "b": 3, "c": 3})


def test_a_value_that_two_places_name_is_one(file: Path) -> None:
    made = read(file, "a: &a [1]\nb: *a\n")
    assert made["a"] is made["b"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1\n", "line 2: not valid YAML: "),
        ("- @standard\n", "line 1: not valid YAML: .*: put what begins with @ in quotes, as '@standard'"),
        ("a: &a {b: *a}\n", "line 1: not valid YAML: a value holds itself"),
        ("a: 1\n? [b]\n: 2\n", "line 2: not valid YAML: a key is a list or a mapping"),
        ("a: !!set {b}\n", "line 1: not valid YAML: the tag !!set has no meaning here, leave it out"),
        ("a: 1\nb: 2\na: 3\n", "line 3: the key 'a' is given twice"),
        ("b: 1\n<<: [2]\n", "line 2: not valid YAML: << takes a mapping, or a list of them"),
        ("a: 1\n--- \nb: 2\n", "not valid YAML: "),
    ],
)
def test_what_means_nothing_is_told_at_its_line(file: Path, text: str, message: str) -> None:
    with pytest.raises(SuiteError, match=message) as refused:
        read(file, text)
    assert str(refused.value).startswith(str(file))


def test_a_file_that_is_too_large_or_none_is_refused(file: Path) -> None:
    with pytest.raises(SuiteError, match="is not a suite file: it is a text of at most 1 MiB"):
        read(file, "#" * (2**20 + 1))
    with pytest.raises(SuiteError, match="is not a suite file"):
        read_yaml(file.parent, 2**20)
    with pytest.raises(SuiteError, match="there is no suite file"):
        read_yaml(file.with_name("none"), 2**20)

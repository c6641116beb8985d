"""One option's text as the type that its field declares."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest

from albench.components.values import check_bounds, convert, settable, type_name, whole
from albench.errors import SpecError


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("16", 16),
        ("016", 16),
        ("1_000", 1000),
        ("16.0", 16),
        ("1e3", 1000),
        ("1.5", None),
        ("x", None),
        ("1e300", None),
    ],
)
def test_a_whole_number_may_be_written_in_several_ways(text: str, number: int | None) -> None:
    assert whole(text) == number


@pytest.mark.parametrize(
    ("text", "hint", "value"),
    [
        ("NONE", int | None, None),
        ("7", int | float, 7),
        ("0.5", int | float, 0.5),
        ("Yes", bool, True),
        ("data/x", Path, Path("data/x")),
        ("2", Literal[1, 2], 2),
    ],
)
def test_a_text_becomes_the_declared_type(text: str, hint: Any, value: Any) -> None:
    assert convert("here", text, hint) == value
    assert type(convert("here", text, hint)) is type(value)


def test_a_type_that_no_text_gives_is_told() -> None:
    assert not settable(dict)
    with pytest.raises(SpecError, match="here: options of type dict cannot be set from text"):
        convert("here", "x", dict)
    assert settable(float | None)
    assert type_name(Literal["power", "softmax"] | None) == "power|softmax|none"


@pytest.mark.parametrize(("bound", "sign"), [("ge", ">= 2"), ("gt", "> 2"), ("le", "<= 2"), ("lt", "< 2")])
def test_each_bound_is_shown_as_it_is_broken(bound: str, sign: str) -> None:
    wrong = 1 if bound.startswith("g") else 3
    with pytest.raises(SpecError, match=f"a: must be {sign}"):
        check_bounds("a", wrong, {bound: 2})
    check_bounds("a", 2 if bound.endswith("e") else 4 - wrong, {bound: 2})
    check_bounds("a", None, {bound: 2})

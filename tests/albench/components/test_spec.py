"""Specs as text: parsing, quoting, what is malformed."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albench.components.spec import Spec, from_yaml, parse
from albench.errors import SpecError


def test_plain_name() -> None:
    assert parse(" boostmis ") == Spec("boostmis")


def test_options_are_sorted_so_that_order_does_not_matter() -> None:
    assert parse("a[x=1, b=two]") == parse("a[b=two,x=1]") == Spec("a", (("b", "two"), ("x", "1")))


def test_nested_and_quoted_values() -> None:
    parsed = parse("subsample[of=badge[k=2,m=3],size=10,path='a,b]']")
    assert dict(parsed.options) == {"of": "badge[k=2,m=3]", "size": "10", "path": "a,b]"}
    assert parse(str(parsed)) == parsed


@pytest.mark.parametrize("value", ["it's", 'say "x"', 'it\'s "x",[', "'", '"', "''", "a,'b", "' \""])
def test_a_value_may_hold_both_kinds_of_quotes(value: str) -> None:
    spec = Spec("a", (("path", value),))
    assert parse(str(spec)) == spec
    outer = Spec("b", (("of", str(spec)),))
    assert parse(dict(parse(str(outer)).options)["of"]) == spec


@pytest.mark.parametrize("text", ["a[b='x'y']", "a[b='x' 'y']", "a[b=''']"])
def test_a_quote_that_ends_too_early_is_told(text: str) -> None:
    with pytest.raises(SpecError, match="quote"):
        parse(text)


@pytest.mark.parametrize(
    "text", ["", "  ", "[a=1]", "a[b=1", "a]b", "a[b]", "a[=1]", "a[b=1,b=2]", "a[b=[1]", "a[b='1]", "a b", "a[b=1]c",
             "-a", "a[1b=2]", "x" * 5000],
)  # fmt: skip
def test_malformed_specs_are_refused(text: str) -> None:
    with pytest.raises(SpecError):
        parse(text)


@given(
    st.from_regex(r"[a-z][a-z0-9-]{0,10}", fullmatch=True),
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,8}", fullmatch=True),
        st.text(
            st.characters(codec="ascii", exclude_characters="[]", min_codepoint=32, max_codepoint=126), max_size=12
        ),
        max_size=4,
    ),
)
def test_every_spec_survives_being_written_and_read(name: str, values: dict[str, str]) -> None:
    spec = Spec(name, tuple(sorted((key, value.strip()) for key, value in values.items())))
    assert parse(str(spec)) == spec


@given(st.text(max_size=60))
def test_any_text_gives_a_spec_or_a_spec_error(text: str) -> None:
    with contextlib.suppress(SpecError):
        assert str(parse(text))


def test_yaml_forms() -> None:
    assert from_yaml("a[b=1]") == from_yaml({"a": {"b": 1}}) == Spec("a", (("b", "1"),))
    assert from_yaml({"a": {"on": True, "limit": None}}) == Spec("a", (("limit", "none"), ("on", "true")))
    assert from_yaml({"a": None}) == Spec("a")
    for wrong in (3, [], {"a": 1}, {"a": {}, "b": {}}):
        with pytest.raises(SpecError):
            from_yaml(wrong)

"""Specs: parsing, typed options, canonical form, errors that name the fix."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albench.api import option
from albench.components.spec import Spec, build, canonical, from_yaml, options, parse
from albench.errors import SpecError


@dataclass(frozen=True)
class Example:
    count: int = option(3, "how many", ge=1, le=10)
    rate: float = option(0.5, "how fast", gt=0)
    mode: Literal["fast", "slow"] = option("fast", "which way")
    on: bool = option(True, "whether")
    limit: int | None = option(None, "no limit")
    path: str = option("", "where")


@dataclass(frozen=True)
class Needy:
    path: str = option(help="required")


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


def test_values_get_their_types() -> None:
    made = build(parse("e[count=4,rate=1e-2,mode=slow,on=no,limit=7,path=x.npz]"), Example)
    assert made == Example(4, 0.01, "slow", False, 7, "x.npz")
    assert build(parse("e[limit=none]"), Example).limit is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("e[coun=4]", "did you mean 'count'"),
        ("e[count=four]", "'four' is not a whole number"),
        ("e[count=1.5]", "not a whole number"),
        ("e[count=0]", "must be >= 1"),
        ("e[count=11]", "must be <= 10"),
        ("e[rate=0]", "must be > 0"),
        ("e[rate=nan]", "not a finite number"),
        ("e[rate=inf]", "not a finite number"),
        ("e[mode=slo]", "did you mean 'slow'"),
        ("e[on=maybe]", "not true or false"),
        ("e[limit=x]", "is not int|none"),
    ],
)
def test_wrong_options_say_what_to_type(text: str, message: str) -> None:
    with pytest.raises(SpecError, match=message.replace("|", r"\|")):
        build(parse(text), Example)


def test_a_required_option_is_asked_for() -> None:
    with pytest.raises(SpecError, match=r"write e\[path=\.\.\.\]"):
        build(parse("e"), Needy)


def test_canonical_writes_every_option() -> None:
    text = canonical("e", Example(count=4))
    assert text == "e[count=4,limit=none,mode=fast,on=true,path=,rate=0.5]"
    assert build(parse(text), Example) == Example(count=4)


@dataclass(frozen=True)
class Grown(Example):
    depth: str = option("auto", "came after results were stored", later=True)


def test_an_option_that_came_later_leaves_the_keys_of_stored_results() -> None:
    assert canonical("e", Grown(count=4)) == canonical("e", Example(count=4))
    assert "depth=12" in canonical("e", Grown(depth="12"))
    assert build(parse(canonical("e", Grown(count=4))), Grown) == Grown(count=4)
    assert build(parse(canonical("e", Grown(depth="12"))), Grown) == Grown(depth="12")


def test_options_are_described() -> None:
    by_name = {found.name: found for found in options(Example)}
    assert by_name["count"].bounds == ">= 1, <= 10"
    assert by_name["mode"].type == "fast|slow"
    assert by_name["limit"].type == "int|none"
    assert by_name["limit"].default == "none"
    assert options(Needy)[0].default == "required"


def test_yaml_forms() -> None:
    assert from_yaml("a[b=1]") == from_yaml({"a": {"b": 1}}) == Spec("a", (("b", "1"),))
    assert from_yaml({"a": {"on": True, "limit": None}}) == Spec("a", (("limit", "none"), ("on", "true")))
    assert from_yaml({"a": None}) == Spec("a")
    for wrong in (3, [], {"a": 1}, {"a": {}, "b": {}}):
        with pytest.raises(SpecError):
            from_yaml(wrong)


@dataclass(frozen=True)
class Outer:
    of: Example = option(help="what it wraps", component="strategy")
    chosen: str = option("none", "another name", name="loss", choices=("none", "all"))


def outer(text: str) -> Outer:
    made: Outer = build(parse(text), Outer, lambda kind, inner: build(parse(inner), {"strategy": Example}[kind]))
    return made


def test_an_option_that_is_a_component() -> None:
    made = outer("outer[of=example[count=7,mode=slow]]")
    assert made.of == Example(count=7, mode="slow")
    text = canonical("outer", made)
    assert text == "outer[loss=none,of=example[count=7,limit=none,mode=slow,on=true,path=,rate=0.5]]"
    assert canonical("outer", outer(text)) == text
    assert [o.type for o in options(Outer)] == ["strategy", "str"]
    with pytest.raises(SpecError, match=r"outer needs the option 'of': write outer\[of=...\]"):
        outer("outer")
    with pytest.raises(SpecError, match="example has no option 'cuont': did you mean 'count'"):
        outer("outer[of=example[cuont=7]]")


def test_an_option_that_is_typed_under_another_name() -> None:
    assert outer("outer[of=example,loss=all]").chosen == "all"
    with pytest.raises(SpecError, match="outer has no option 'chosen'"):
        outer("outer[of=example,chosen=all]")
    with pytest.raises(SpecError, match=r"outer\[loss=some\]: must be one of none, all"):
        outer("outer[of=example,loss=some]")


@dataclass(frozen=True)
class Several:
    count: int = option(3, "how many")
    gentle: str = option("no", "came later", later=("no", "perhaps"))


def test_an_option_that_came_later_is_left_out_of_the_key_where_it_changes_nothing() -> None:
    assert canonical("e", Several()) == canonical("e", Several(gentle="perhaps")) == "e[count=3]"
    assert canonical("e", Several(gentle="yes")) == "e[count=3,gentle=yes]"

"""Options of components: built from specs, written out in full, described."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pytest

from albench.api import option
from albench.components.fields import build, canonical, options
from albench.components.spec import parse
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

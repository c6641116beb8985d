"""One name for one component, however it was typed, and never one for two."""

from __future__ import annotations

from typing import Any

from albench.results.known_as import names_of


def facts(strategy: str, meant: str, data: tuple[str, str] = ("digits", "d1")) -> dict[str, Any]:
    """A trial's facts: how its strategy was typed, and what was meant with every option written out."""
    typed = {"dataset": data[0], "method": "m", "strategy": strategy, "backbone": "b"}
    return {**typed, "resolved": {**typed, "strategy": meant}, "data_hash": data[1]}


def test_two_spellings_of_one_component_have_the_shorter_one() -> None:
    short, long = facts("near", "near[k=5]"), facts("near[k=5]", "near[k=5]")
    names = names_of([("a", long), ("b", short)], {})
    assert names.of(long)["strategy"] == names.of(short)["strategy"] == "near"
    assert names.notes == ("near and near[k=5] are one strategy, with every option written out, shown as near.",)


def test_one_name_of_two_components_is_written_out() -> None:
    old, new = facts("near", "near[k=5]"), facts("near", "near[k=9]")
    names = names_of([("a", old), ("b", new)], {})
    assert (names.of(old)["strategy"], names.of(new)["strategy"]) == ("near[k=5]", "near[k=9]")
    assert names.notes == (
        "strategy near does not stand for the same options everywhere: shown apart as near[k=5] and near[k=9].",
    )


def test_an_alias_stands_in_place_of_every_spelling() -> None:
    short, long = facts("near", "near[k=5]"), facts("near[k=5]", "near[k=5]")
    names = names_of([("a", short), ("b", long)], {"strategy near[k=5]": "mine"})
    assert {names.of(short)["strategy"], names.of(long)["strategy"]} == {"mine"}


def test_other_data_behind_one_name_are_shown_under_their_hashes() -> None:
    one, two = (facts("near", "near", ("digits", f"{letter * 8}99")) for letter in "ab")
    names = names_of([("a", one), ("b", two)], {})
    assert names.of(one)["dataset"] == "digits (data aaaaaaaa)"
    assert names.of(two)["dataset"] == "digits (data bbbbbbbb)"
    assert "data set digits is not the same data everywhere" in names.notes[0]

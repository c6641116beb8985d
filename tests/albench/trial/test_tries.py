"""Tries by Optuna: a grid once through, a sampler to the optimum, and the same tries however often they are begun."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from albench.suite.search_space import Space
from albench.suite.tune import Range
from albench.trial.tries import GIVEN_UP, GivenUp, Tried, Tries, chosen

GRID: Space = {"lr": ("0.1", "1"), "m.x": ("a", "b", "c")}
LINE: Space = {"lr": Range("0.001", "10", log=True)}


def carried_out(path: Path, space: Space, count: int, *, stop: int = 99) -> list[Tried]:
    """All tries, scored by how near lr is to 0.1 on a log scale; begun anew after each, and left after some."""
    for _ in range(stop):
        tries = Tries(path, space, count, (3, 0))
        one = tries.next()
        if one is None:
            break
        lr = float(one.values.get("lr", 1))
        tries.tell((-(abs(lr / 0.1 - 1)),), 0.5)
    return tries.ended


def test_a_grid_is_tried_once_in_order_and_again_where_tries_are_left(tmp_path: Path) -> None:
    ended = carried_out(tmp_path / "one", GRID, 6)
    every = [{"lr": lr, "m.x": x} for lr, x in itertools.product(("0.1", "1"), "abc")]
    assert [each.values for each in ended] == every
    more = carried_out(tmp_path / "more", GRID, 8)
    assert [each.values for each in more] == [*every, *every[:2]]
    assert [each.repeat for each in more] == [0] * 6 + [1] * 2


def test_a_sampler_finds_the_optimum_of_a_line(tmp_path: Path) -> None:
    ended = carried_out(tmp_path / "j", LINE, 25)
    values, score = chosen(ended, {})
    assert len(ended) == 25
    assert 0.05 < float(values["lr"]) < 0.2
    assert all(len(each.values["lr"].strip("0.").replace(".", "")) <= 4 for each in ended), "as people write them"
    assert score == max(each.score for each in ended)


def test_whole_numbers_and_choices_are_drawn_as_they_are_typed(tmp_path: Path) -> None:
    space: Space = {"batch_size": Range("8", "64", whole=True), "m.x": tuple("abcdefgh")}
    ended = carried_out(tmp_path / "j", space, 6)
    assert all(each.values["batch_size"].isdecimal() and each.values["m.x"] in "abcdefgh" for each in ended)
    assert {each.values["batch_size"] for each in ended} != {"8"}


def test_tries_are_the_same_whether_they_are_killed_or_not(tmp_path: Path) -> None:
    """Killed with a try open, in the middle of a line, and between what was told of a try and its end."""
    whole = carried_out(tmp_path / "whole", LINE, 12)
    path = tmp_path / "killed"
    carried_out(path, LINE, 12, stop=5)
    assert Tries(path, LINE, 12, (3, 0)).next() is not None  # and no more is heard of it
    carried_out(path, LINE, 12, stop=2)
    with path.open("ab") as journal:
        journal.write(b'{"op_code": 4, "tri')
    torn = Tries(path, LINE, 12, (3, 0))
    one = torn.next()
    assert one is not None
    trial = torn._open[0]  # type: ignore[index]
    told = {"values": one.values, "repeat": 0, "score": (-abs(float(one.values["lr"]) / 0.1 - 1),), "seconds": 0.5}
    for name, value in {**told, "why": ""}.items():
        trial.set_user_attr(name, value)
    assert carried_out(path, LINE, 12) == whole


def test_what_is_clearly_behind_is_given_up_where_values_are_drawn(tmp_path: Path) -> None:
    tries = Tries(tmp_path / "j", LINE, 9, (0,), validations=4)
    for _ in range(4):
        assert tries.next()
        for number in range(4):
            tries.report(number, 0.9)
        tries.tell((0.9,), 1.0)
    assert tries.next()
    tries.report(0, 0.1)
    tries.report(1, 0.1)
    with pytest.raises(GivenUp):
        tries.report(2, 0.1)
    assert tries.tell((), 1.0, GIVEN_UP).why == GIVEN_UP
    assert len(tries.ended) == 5, "it was a try"
    assert chosen(tries.ended, {})[1] == (pytest.approx(0.9),)
    grid = Tries(tmp_path / "g", GRID, 6, (0,), validations=4)
    grid.next()
    grid.report(3, -1.0)  # all of a grid is tried to its end: the mean of repeats needs it


def test_the_best_mean_is_chosen_and_of_equals_what_is_in_force_without() -> None:
    def tried(value: str, *score: float, why: str = "") -> Tried:
        return Tried({"lr": value}, 0, score, 1.0, why)

    assert chosen([tried("1", 0.9), tried("2", 0.8), tried("1", 0.5)], {}) == ({"lr": "2"}, (0.8,))
    assert chosen([tried("1", 0.5, 0.6), tried("2", 0.5, 0.7)], {}) == ({"lr": "2"}, (0.5, 0.7)), "ties by what is next"
    assert chosen([tried("1", 0.5), tried("2", 0.5), tried("3", 0.4)], {"lr": "2"})[0] == {"lr": "2"}
    assert chosen([tried("1", 0.5), tried("1", why="failed"), tried("2", 0.1)], {})[0] == {"lr": "2"}
    assert chosen([tried("1", why="failed")], {}) == ({}, ())

"""Columns that fit a terminal: what ranks is always there, the rest by what a reader asks first."""

from __future__ import annotations

import pytest

from albench.render.cells import Cell, Column
from albench.render.fit import fit, texts, wrap

VALUES = ("0.712 ± 0.014", "0.650 ± 0.020")


def column(title: str, role: str, *cells: str, ranked: bool = False) -> Column:
    return Column(title, role, tuple(map(Cell, cells or VALUES)), ranked=ranked)


TABLE = [
    column("strategy", "name", "random", "entropy"),
    *(column(f"{count} labels", "labels") for count in (100, 200, 300)),
    column("AUBC", "aubc", ranked=True),
    column("vs random", "difference", "", "+0.062 ± 0.010 *"),
]


def total(layout: object) -> int:
    return sum(layout.widths) + 2 * (len(layout.widths) - 1)  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_nothing_is_wider_than_the_terminal_and_what_ranks_is_there(width: int) -> None:
    layout = fit(TABLE, width)
    titles = [column.title for column in layout.columns]
    assert total(layout) <= width
    assert {"strategy", "AUBC", "vs random"} <= set(titles)
    assert titles == [column.title for column in TABLE if column.title in titles]  # in their order


def test_the_last_label_count_comes_first_then_the_first() -> None:
    shown = {width: [c.title for c in fit(TABLE, width).columns if c.role == "labels"] for width in (54, 68, 200)}
    assert shown == {54: ["300 labels"], 68: ["100 labels", "300 labels"], 200: [f"{n}00 labels" for n in (1, 2, 3)]}


def test_numbers_stand_below_each_other_and_are_compact_on_demand() -> None:
    assert texts(column("AUBC", "aubc"), compact=False) == list(VALUES)
    assert texts(column("AUBC", "aubc"), compact=True) == ["0.712±0.014", "0.650±0.020"]
    # Without an interval a number keeps its digits below the others'.
    assert texts(column("AUBC", "aubc", "0.712", VALUES[1]), compact=False) == ["0.712        ", VALUES[1]]


def test_names_are_broken_before_a_bracket_or_behind_a_comma() -> None:
    assert wrap("boostmis[n_neighbors=5,density=none]", 20) == "boostmis\n[n_neighbors=5,\ndensity=none]"
    assert wrap("abcdef", 4) == "abcd\nef"
    assert wrap("random", 20) == "random"

"""Panels of many curves: names at their ends, and the best few in colour."""

from __future__ import annotations

import itertools
from xml.etree import ElementTree

import pytest
from figures import MANY, inches, svg, tables, texts
from hypothesis import given
from hypothesis import strategies as st

from albench.render.figure import Look, figure_bytes
from albench.render.figure_ends import ROOM, best, spread_out


def test_of_many_curves_each_name_is_at_its_end_and_the_best_few_have_colour() -> None:
    curves = tables(MANY)
    root = svg(curves)
    assert set(MANY) <= set(texts(root))
    drawn = ElementTree.tostring(root, encoding="unicode")
    assert drawn.count("stroke: #b4b4b4; stroke-width: 0.7") == len(MANY) - 6  # the best five and the baseline are not
    leading = best(curves, "macro_f1", 1.0)
    assert len(leading) == 5
    lowest = min(t.rows[-1].estimates["macro_f1"].mean for t in curves if (t.method, t.strategy) in leading)
    others = [t.rows[-1].estimates["macro_f1"].mean for t in curves if (t.method, t.strategy) not in leading]
    assert lowest >= max(others)
    few, many = (inches(figure_bytes(found, ".png", Look(dpi=100)), 100) for found in (tables(), curves))
    assert many[0] == few[0] + ROOM  # names add their own room
    assert many[1] > few[1]


@given(st.lists(st.floats(-0.5, 1.5), max_size=40), st.floats(0.001, 0.2))
def test_names_never_cover_each_other_and_stay_beside_the_panel_where_they_can(
    wanted: list[float], apart: float
) -> None:
    places = spread_out(sorted(wanted), apart)
    assert len(places) == len(wanted)
    assert all(b - a >= apart - 1e-9 for a, b in itertools.pairwise(places))
    if apart * (len(wanted) - 1) <= 1:
        assert all(-1e-9 <= place <= 1 + 1e-9 for place in places)


def test_names_with_room_stand_where_their_lines_end() -> None:
    assert spread_out([0.1, 0.5, 0.9], 0.05) == pytest.approx([0.1, 0.5, 0.9])
    assert spread_out([], 0.1) == []

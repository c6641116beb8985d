"""One colour a name, in every figure and on every page."""

from __future__ import annotations

from albench.render.colors import BASELINE, COLORS, color_of, colors_of
from albench.render.figure_style import styles


def test_a_name_has_one_colour_in_every_figure() -> None:
    alone, _ = styles([("m", "badge"), ("m", "random")], [("m", "random")])
    many = [("m", name) for name in ("badge", "clue", "coreset", "entropy", "galaxy", "margin", "random", "typiclust")]
    among, _ = styles(many, [("m", "random")])
    grid, _ = styles([(m, s) for m in ("x", "y") for s in ("badge", "random")], [("x", "random"), ("y", "random")])
    own = COLORS[color_of("badge")][0]
    assert alone["m", "badge"]["color"] == among["m", "badge"]["color"] == grid["x", "badge"]["color"] == own
    assert among["m", "random"]["color"] == BASELINE[0]
    assert (
        len({among[name]["color"] for name in many}) == 8 - 1
    )  # clue and typiclust share one, told apart by line and marker


def test_names_that_would_share_a_colour_too_often_take_the_next() -> None:
    names = [f"s{at:02}" for at in range(40)]
    found = colors_of(names)
    counts = [list(found.values()).count(place) for place in range(len(COLORS))]
    assert max(counts) <= 5
    assert colors_of(["badge", "margin"]) == {"badge": color_of("badge"), "margin": color_of("margin")}

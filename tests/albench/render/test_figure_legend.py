"""The legend: below all panels, which keep their size."""

from __future__ import annotations

from figures import inches, tables

from albench.render.colors import BASELINE
from albench.render.figure import Look, figure_bytes
from albench.render.figure_style import styles


def test_panels_keep_their_size_and_the_legend_adds_its_own() -> None:
    few = inches(figure_bytes(tables(), ".png", Look(dpi=100)), 100)
    many = inches(figure_bytes(tables([f"strategy-{at}" for at in range(12)]), ".png", Look(dpi=100)), 100)
    two = inches(figure_bytes(tables(datasets=("a", "b")), ".png", Look(dpi=100, width=2.5, height=2)), 100)
    assert few[0] == many[0] == 3.5
    assert 2.6 < few[1] < many[1]
    assert two[0] == 5.0
    assert two[1] > 2.0


def test_few_methods_and_strategies_share_a_legend() -> None:
    names = [(method, strategy) for method in ("x", "y") for strategy in ("a", "b", "random")]
    curves, samples = styles(names, [("x", "random"), ("y", "random")])
    assert list(samples) == ["a", "b", "random", "method x", "method y"]
    assert curves["x", "a"]["color"] == curves["y", "a"]["color"]
    assert curves["x", "a"]["linestyle"] == curves["x", "b"]["linestyle"] != curves["y", "a"]["linestyle"]
    assert curves["x", "random"]["color"] == BASELINE[0]
    _, apart = styles(names, [("x", "random")])
    assert len(apart) == 6

"""Curves are told apart, with colour and without."""

from __future__ import annotations

import itertools

import pytest

from albench.render.colors import BASELINE
from albench.render.figure_style import styles


@pytest.mark.parametrize("n", [1, 3, 20, 30])
def test_curves_are_told_apart_with_and_without_colour(n: int) -> None:
    names = [("m", f"s{at:02}") for at in range(n)]
    curves, samples = styles(names, [names[0]])
    looks = [(str(c["color"]), str(c["linestyle"]), str(c["marker"])) for c in curves.values()]
    for pair in itertools.combinations(range(3), 2):
        assert len({tuple(look[part] for part in pair) for look in looks}) == n
    assert curves[names[0]]["color"] == BASELINE[0]
    assert sum(color == BASELINE[0] for color, _, _ in looks) == 1
    assert len(samples) == n

"""What views do to items, as a table; and what speaks against them."""

from __future__ import annotations

import numpy as np

from albench.api import Split, Splits, Task
from albench.bench.view_effects import Effects
from albench.render.views import advice, effect_lines

TASK = Task("features", (2,), 2, ("well", "ill"))
PART = Split(np.zeros((4, 2), dtype=np.float32), np.array([0, 0, 1, 1]))


def effects(flip: float = 0.0, taught: float = 0.9, n_items: int = 400) -> Effects:
    """A quick model that is right for 9 of 10 items, of which three quarters are well."""
    counts = np.array([3 * n_items // 4, n_items // 4])
    changed = {"weak": np.array([0.25, 0.5]), "flip": np.array([flip, flip]), "shift": np.array([0.02, 0.02])}
    return Effects("cnn", 1000, counts, 0.9, taught, changed, {})


def test_every_class_has_a_line_and_every_view_a_column() -> None:
    about, _, head, *rows = effect_lines(effects(), Splits(PART, PART, PART, TASK))
    assert about.startswith("A quick model (cnn, 1,000 labels of train) is right for 90.0% of 400 items of val")
    assert head.split() == ["items", "weak", "flip", "shift"]
    assert [row.split() for row in rows] == [
        ["all", "400", "31.2%", "0.0%", "2.0%"],  # (300 x 25 % + 100 x 50 %) / 400
        ["well", "300", "25.0%", "0.0%", "2.0%"],
        ["ill", "100", "50.0%", "0.0%", "2.0%"],
    ]


def test_nothing_is_said_against_views_that_change_little() -> None:
    assert advice(effects()) == []
    assert advice(effects(taught=0.86)) == []  # less than five points
    assert advice(effects(taught=0.7, n_items=8)) == []  # of so few items that may be chance


def test_a_flip_that_changes_classes_and_views_that_cost_accuracy_are_told() -> None:
    assert advice(effects(flip=0.2))[0].startswith("flip alone changes 20% of the predictions")
    assert advice(effects(taught=0.7)) == [
        "weak views cost the quick model 20 points of accuracy; shift changes most: try less of it."
    ]

"""How a table over budgets names itself and its columns."""

from __future__ import annotations

import dataclasses

from albench.compare.budget_tables import OverBudgets

OVER = OverBudgets(("digits",), "", "", ("20+2x10", "60+2x30"), ("low", "high"), (40, 120), (3, 3), (), (), "open")


def test_places_and_titles() -> None:
    assert OVER.place == "digits"
    assert OVER.titles == ["low 20+2x10", "high 60+2x30"]
    assert dataclasses.replace(OVER, levels=()).titles == ["20+2x10", "60+2x30"]
    assert dataclasses.replace(OVER, setup="lr=0.1").place == "digits (lr=0.1)"
    assert dataclasses.replace(OVER, datasets=("a", "b")).place == "2 data sets"

"""The simulation of claims over budgets sees a change where it was planted, and none where rows stay ahead."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest


@pytest.fixture
def claims(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    for name in ("budget_claims", "simulated"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import budget_claims

    monkeypatch.setattr(budget_claims, "AHEAD", 20.0)  # so far ahead that nothing is left to chance
    return budget_claims


@pytest.mark.parametrize(
    ("design", "changes", "same"),
    [("a is ahead", False, True), ("a is ahead with few labels, b with many", True, False)],
)
def test_planted_winners_are_claimed(claims: Any, design: str, changes: bool, same: bool) -> None:
    found = claims.page(claims.LIFTS[design], 5, "normal", np.random.default_rng(0))
    assert (found["changes"], found["same"]) == (changes, same)

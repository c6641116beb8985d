"""The simulation of claims over budgets sees a change where it was planted, and none where rows stay ahead."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from script_modules import benchmark


@pytest.fixture
def claims(monkeypatch: pytest.MonkeyPatch) -> Any:
    module = benchmark("budget_claims", monkeypatch)
    monkeypatch.setattr(module, "AHEAD", 20.0)  # so far ahead that nothing is left to chance
    return module


@pytest.mark.parametrize(
    ("design", "changes", "same"),
    [("a is ahead", False, True), ("a is ahead with few labels, b with many", True, False)],
)
def test_planted_winners_are_claimed(claims: Any, design: str, changes: bool, same: bool) -> None:
    found = claims.page(claims.LIFTS[design], 5, "normal", np.random.default_rng(0))
    assert (found["changes"], found["same"]) == (changes, same)

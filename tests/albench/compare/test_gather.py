"""From records to arrays: one trial a cell, whatever is stored more than once."""

from __future__ import annotations

import pandas as pd
import pytest
from made_up import finals, frame, row, trial

from albench.compare import compare
from albench.errors import UserError

DATA = frame(*(trial(name, seed, [0.1, 0.2]) for name in ("random", "entropy") for seed in range(2)))


def test_a_trial_in_two_suites_counts_once() -> None:
    data = finals({"a": [0.1, 0.2], "b": [0.3, 0.4]})
    comparison = compare(pd.concat([data, data.assign(suite="t")]))
    assert row(comparison, "a").aubc.n == 2
    assert any("counted once" in note for note in comparison.notes)


def test_of_trials_with_other_defaults_the_most_complete_counts() -> None:
    data = frame(trial("a", 0, [0.1, 0.2]), trial("a", 1, [0.3, 0.4]))
    again = frame(trial("a", 0, [0.9])).assign(key="other")
    comparison = compare(pd.concat([data, again]))
    assert row(comparison, "a").cells[100].mean == pytest.approx(0.2)
    assert any("1 trial was run again" in note for note in comparison.notes)


def test_no_results() -> None:
    with pytest.raises(UserError, match="albench run"):
        compare(DATA.iloc[:0])

"""A group's scores as arrays: over which seeds, and which row is each row's baseline."""

from __future__ import annotations

import pandas as pd
import pytest
from made_up import finals, frame, row, trial

from albench.compare import compare

NAN = float("nan")


VALUES = {
    "random": [0.50, 0.52, 0.49, 0.51],
    "entropy": [0.60, 0.63, 0.58, 0.61],
    "badge": [0.5, 0.53, 0.5, 0.5],
}


def test_a_row_that_loses_on_common_seeds_does_not_lead() -> None:
    # a's mean is better because of its own seeds 3 to 5; where both ran, b is better by far.
    a = [0.5, 0.51, 0.52, 0.9, 0.9, 0.9]
    b = [0.6, 0.611, 0.62, NAN, NAN, NAN]
    first, second = compare(finals({"a": a, "b": b})).rows
    assert (first.strategy, first.aubc.best, first.aubc.clear) == ("b", True, True)
    assert (second.aubc.mean, second.aubc.n) == (pytest.approx(0.51), 3)


def test_a_strategy_is_taken_with_each_rows_method_and_a_pair_is_fixed() -> None:
    data = pd.concat([finals(VALUES), finals(VALUES, method="boostmis")])
    own = compare(data, baseline="badge")
    assert {(r.method, r.difference.method, r.difference.strategy) for r in own.rows if r.difference} == {
        ("supervised", "supervised", "badge"),
        ("boostmis", "boostmis", "badge"),
    }
    fixed = compare(data, baseline="supervised/badge")
    assert {(r.difference.method, r.difference.strategy) for r in fixed.rows if r.difference} == {
        ("supervised", "badge")
    }
    assert len([r for r in fixed.rows if r.difference]) == 5


def test_a_baseline_stays_on_its_backbone() -> None:
    data = pd.concat([finals(VALUES), finals({"entropy": [0.1, 0.2]}, backbone="linear")])
    comparison = compare(data)
    assert all(r.difference is None for r in comparison.rows if r.backbone == "linear")
    assert "digits: there is no 'random' to compare supervised/entropy on linear with." in comparison.notes


def test_pairs_by_seed_not_by_position() -> None:
    data = finals({"random": [0.1, 0.2, 0.3, NAN], "entropy": [NAN, 0.25, 0.36, 0.9]})
    comparison = compare(data)
    difference = row(comparison, "entropy").difference
    assert difference is not None
    assert (difference.n, difference.mean) == (2, pytest.approx(0.055))
    assert any("entropy 2 of 3" in note for note in comparison.notes)
    assert any("supervised/random without seed 3" in note for note in comparison.notes)
    assert any("not ranked, as too few of them are there: supervised/entropy" in note for note in comparison.notes)


def test_a_short_trial_counts_where_it_has_rounds_and_has_no_aubc() -> None:
    data = frame(
        *(trial("random", seed, [0.1, 0.2, 0.3 + seed / 10]) for seed in range(3)),
        *(trial("entropy", seed, [0.2, 0.3 + seed / 10, 0.5]) for seed in range(2)),
        trial("entropy", 2, [0.5, 0.6]),
    )
    comparison = compare(data)
    entropy = row(comparison, "entropy")
    assert [entropy.cells[labels].n for labels in (100, 200, 300)] == [3, 3, 2]
    assert entropy.aubc.n == 2
    assert entropy.difference is not None
    assert entropy.difference.n == 2
    assert "digits: curves with missing rounds have no AUBC: supervised/entropy seed 2." in comparison.notes

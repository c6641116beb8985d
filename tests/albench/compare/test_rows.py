"""Ranked rows: means with intervals, ranks with ties, and what a best is, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from made_up import finals, frame, trial

from albench.compare import compare


def test_a_row_holds_means_intervals_and_aubc() -> None:
    comparison = compare(frame(*(trial("random", seed, [0.1, 0.3 + seed / 10, 0.5]) for seed in range(3))))
    (only,) = comparison.rows
    assert list(only.cells) == [100, 200, 300]
    assert only.cells[200].mean == pytest.approx(0.4)
    assert only.cells[200].half_width == pytest.approx(0.1 * 4.302652729911275 / math.sqrt(3))
    assert only.cells[100].half_width == pytest.approx(0, abs=1e-12)
    assert only.aubc.mean == pytest.approx(np.mean([0.3, 0.35, 0.4]))
    assert only.value is only.aubc
    assert only.seeds == (0, 1, 2)
    assert only.rank == 1
    assert not only.aubc.best  # alone, nothing is best


def test_lower_is_better_for_ece() -> None:
    values = {"random": [0.30, 0.31, 0.32, 0.33], "entropy": [0.10, 0.12, 0.11, 0.135]}
    data = finals(values, metric="test.ece")
    comparison = compare(data, metric="ece")
    assert not comparison.higher_is_better
    assert [row.strategy for row in comparison.rows] == ["entropy", "random"]
    assert comparison.rows[0].aubc.best
    assert comparison.rows[0].aubc.clear
    difference = comparison.rows[0].difference
    assert difference is not None
    assert difference.mean < 0
    assert difference.verdict == "better"


def test_ties_share_the_rank_and_none_is_clear() -> None:
    comparison = compare(finals({"a": [0.5, 0.7, 0.6], "b": [0.7, 0.6, 0.5], "c": [0.1, 0.2, 0.3]}))
    assert [(r.strategy, r.rank, r.aubc.best, r.aubc.clear) for r in comparison.rows] == [
        ("a", 1, True, False),
        ("b", 1, True, False),
        ("c", 3, False, False),
    ]


def test_a_row_without_the_ranked_value_comes_last_without_rank() -> None:
    data = frame(*(trial("random", s, [0.1, 0.2]) for s in range(2)), *(trial("a", s, [0.9]) for s in range(2)))
    comparison = compare(data, at="final")
    assert [(r.strategy, r.rank) for r in comparison.rows] == [("random", 1), ("a", None)]
    assert math.isnan(comparison.rows[1].value.mean)
    assert comparison.rows[1].cells[200].n == 0


def test_a_metric_that_is_undefined_everywhere() -> None:
    data = finals({"a": [0.1, 0.2], "b": [0.2, 0.3]})
    data["test.auroc"] = [None] * len(data)
    comparison = compare(data, metric="auroc")
    assert all(r.rank is None and r.aubc.n == 0 and not r.aubc.best for r in comparison.rows)

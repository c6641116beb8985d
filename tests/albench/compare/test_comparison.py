"""A comparison where somebody types its name: one line, its table, and its numbers as a frame."""

from __future__ import annotations

import pandas as pd
import pytest
from made_up import made_results

from albench.compare import compare
from albench.render import render


def test_a_comparison_prints_as_its_table_and_is_one_line_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    comparison = made_results().compare()
    assert repr(comparison) == (
        "<Comparison of 3 rows on digits by test macro_f1 (aubc), against random: 1 better, 1 not told apart>"
    )
    assert str(comparison) == render(comparison).rstrip("\n")
    monkeypatch.setenv("COLUMNS", "60")
    assert max(map(len, str(comparison).splitlines())) <= 60


def test_its_frame_holds_the_numbers_of_the_table() -> None:
    comparison = made_results().compare()
    frame = comparison.frame
    assert list(frame["strategy"]) == [row.strategy for row in comparison.rows]
    for at, row in enumerate(comparison.rows):
        line = frame.iloc[at]
        assert line["value"] == row.value.mean
        assert line["aubc.half_width"] == row.aubc.half_width
        assert line["labels.110"] == row.cells[110].mean
        if row.difference is None:
            assert pd.isna(line["difference"])
        else:
            assert line["difference"] == row.difference.mean
            assert line["difference.p_holm"] == row.difference.p_holm
            assert line["difference.verdict"] == row.difference.verdict


def test_a_comparison_without_a_baseline_says_no_verdicts() -> None:
    assert "against" not in repr(compare(made_results(strategies=("entropy", "badge")).frame))

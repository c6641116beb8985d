"""What was bought and learnt from, round by round: means over seeds, worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from albench.errors import StoreError
from albench.report.diagnostics import diagnostics
from albench.results.diagnostics import RoundDiagnostics, TrialDiagnostics
from albench.results.results import Results

NAMES = {"dataset": "digits", "method": "fixmatch", "strategy": "random", "backbone": "cnn"}


def round_of(number: int, bought: Any, minority: float | None, accepted: float | None, *threshold: float) -> Any:
    return RoundDiagnostics(10 + number, bought, minority, accepted, accepted, list(threshold))


def made(*trials: list[RoundDiagnostics]) -> Results:
    """Results of one row, a seed each."""
    folders = [Path(str(seed)) for seed in range(len(trials))]
    told = {
        folder: TrialDiagnostics("aaaa", ("well", "ill"), tuple(rounds))
        for folder, rounds in zip(folders, trials, strict=True)
    }
    empty = pd.DataFrame()
    return Results((), empty, empty, trials=dict.fromkeys(folders, NAMES), diagnostics=told)


def test_shares_and_means_are_over_the_seeds_that_have_the_round() -> None:
    trials = made(
        [round_of(0, [3, 1], 0.25, 0.5, 0.1, 0.3), round_of(1, [], None, None)],
        [round_of(0, [1, 3], 0.75, 1.0, 0.3, 0.5)],
    )
    ((place, (classes, rows)),) = diagnostics(trials).items()
    assert (place, classes) == (("digits", "aaaa"), ["well", "ill"])
    entry = rows["cnn", "fixmatch", "random"]
    assert entry["labels"] == [10, 11]
    assert entry["picks"] == [[0.5, 0.5], []]
    assert entry["minority"] == [0.5, None]
    assert entry["accepted"] == entry["correct"] == [0.75, None]
    assert entry["threshold"] == [pytest.approx([0.2, 0.4]), []]


def test_of_curves_of_several_lengths_the_longest_count() -> None:
    trials = made(
        [round_of(0, [1, 0], None, None, 0.2)],
        [round_of(0, [1, 0], None, None, 0.4, 0.6)],
    )
    ((_, rows),) = diagnostics(trials).values()
    assert rows["cnn", "fixmatch", "random"]["threshold"] == [[0.4, 0.6]]


def test_records_of_a_stranger_are_one_line_and_a_trial_without_a_round_is_nothing() -> None:
    assert diagnostics(made([])) == {}
    with pytest.raises(StoreError, match="do not hold what albench writes"):
        diagnostics(made([round_of(0, 3, None, None)]))

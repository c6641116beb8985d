"""What was bought and learnt from, round by round: means over seeds, worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from made_up_suites import facts, key_of, record

from albench.errors import StoreError
from albench.report.diagnostics import diagnostics
from albench.results.store import SuiteStore

NAMES = {"dataset": "digits", "method": "fixmatch", "strategy": "random", "backbone": "cnn"}


def round_of(number: int, bought: list[int], minority: float | None, accepted: float | None, **more: Any) -> dict:
    query = {"per_class": {"all": bought}, "minority_share": {"all": minority}}
    return {
        **record(number),
        "query": query,
        "pseudo_label": {"accepted": accepted, "accuracy": accepted},
        "training": {"threshold": more.get("threshold", [])},
    }


def made(folder: Path, *trials: list[dict]) -> dict[Path, dict[str, str]]:
    """Trials of one row, a seed each, as ``Results.trials`` names them."""
    store = SuiteStore(folder)
    store.open()
    found = {}
    for seed, records in enumerate(trials):
        trial = store.trial(key_of("random", seed))
        trial.describe({**facts(trial.folder.name), "class_names": ["well", "ill"]})
        for each in records:
            trial.append(each)
        found[trial.folder] = NAMES
    return found


def test_shares_and_means_are_over_the_seeds_that_have_the_round(tmp_path: Path) -> None:
    trials = made(
        tmp_path,
        [round_of(0, [3, 1], 0.25, 0.5, threshold=[0.1, 0.3]), round_of(1, [], None, None)],
        [round_of(0, [1, 3], 0.75, 1.0, threshold=[0.3, 0.5])],
    )
    ((place, (classes, rows)),) = diagnostics(trials).items()
    assert (place, classes) == (("digits", "aaaa"), ["well", "ill"])
    entry = rows["cnn", "fixmatch", "random"]
    assert entry["labels"] == [10, 11]
    assert entry["picks"] == [[0.5, 0.5], []]
    assert entry["minority"] == [0.5, None]
    assert entry["accepted"] == entry["correct"] == [0.75, None]
    assert entry["threshold"] == [pytest.approx([0.2, 0.4]), []]


def test_of_curves_of_several_lengths_the_longest_count(tmp_path: Path) -> None:
    trials = made(
        tmp_path,
        [round_of(0, [1, 0], None, None, threshold=[0.2])],
        [round_of(0, [1, 0], None, None, threshold=[0.4, 0.6])],
    )
    ((_, rows),) = diagnostics(trials).values()
    assert rows["cnn", "fixmatch", "random"]["threshold"] == [[0.4, 0.6]]


def test_records_of_a_stranger_are_one_line_and_a_trial_without_a_round_is_nothing(tmp_path: Path) -> None:
    assert diagnostics(made(tmp_path / "empty", [])) == {}
    with pytest.raises(StoreError, match="do not hold what albench writes"):
        diagnostics(made(tmp_path / "strange", [{**record(0), "query": 3}]))

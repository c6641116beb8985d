"""A trial as rows: its names, its numbers, what made each round, and how it ended."""

from __future__ import annotations

from typing import Any

import pytest
from made_up_suites import facts, key_of, record

from albench.results.records import TrialFiles
from albench.results.trial_rows import rows_of

ABOUT = {
    "digits": {
        "data_hash": "d1",
        "sizes": [90, 5, 5],
        "classes": ["well", "ill"],
        "per_class": [[80, 10], [4, 1], [4, 1]],
    }
}


def files(n_rounds: int = 2, outcome: dict[str, Any] | None = None, **changes: Any) -> TrialFiles:
    return TrialFiles(facts(key_of("random", 3), **changes), [record(at) for at in range(n_rounds)], outcome or {})


def test_each_round_is_a_row_with_its_numbers() -> None:
    found = rows_of("s", files(), ABOUT, {"strategy": "mine"})
    assert found.failed is None
    rows = [{**found.common, **row} for row in found.rounds]
    assert [(row["round"], row["n_labeled"], row["test.accuracy"]) for row in rows] == [(0, 10, 0.5), (1, 11, 0.5)]
    first = rows[0]
    assert (first["suite"], first["dataset"], first["strategy"], first["seed"]) == ("s", "digits", "mine", 3)
    assert (first["pool_size"], first["device"], first["initial_hash"]) == (90, "cpu", "is3")
    assert first["pseudo_label.accepted"] is None


def test_what_its_data_cannot_carry_stands_beside() -> None:
    first = rows_of("s", files(), ABOUT, {}).common
    assert first["rare_recalls"] == "recall.ill\nrecall.well"
    assert first["small_classes"] == "ill"
    assert first["thin_test"].startswith("5 test items")
    of_others = rows_of("s", files(data_hash="d2"), ABOUT, {}).common  # data that took the name since
    assert (of_others["pool_size"], of_others["rare_recalls"]) == (0, "")


def test_classes_that_first_labels_hold_by_rule_stand_beside() -> None:
    """Ten of ninety labels, of which ten are ill: a random draw has none of them in 29 % of draws."""
    by_rule, random, chosen = (
        rows_of("s", files(protocol={**files().facts["protocol"], **changes}), ABOUT, {}).common["given_classes"]
        for changes in ({}, {"initial_draw": "random"}, {"initial_strategy": "coreset"})
    )
    assert by_rule == "ill in 29 % of draws"
    assert random == chosen == ""


def test_each_round_says_which_run_made_it_and_with_what() -> None:
    attempts = [{"run": "r1", "round": 0, "made_with": {"torch": "2.12"}}, {"run": "r2", "round": 1, "made_with": {}}]
    rows = rows_of("s", files(attempts=attempts), {}, {}).rounds
    assert [(row["run"], row.get("made_with.torch")) for row in rows] == [("r1", "2.12"), ("r2", None)]


@pytest.mark.parametrize(
    ("n_rounds", "outcome", "status", "reason"),
    [
        (1, {"status": "failed", "reason": "no memory"}, "failed", "no memory"),
        (0, {"status": "skipped", "reason": "no groups"}, "skipped", "no groups"),
        (1, {}, "incomplete", "1 of 2 rounds made: run the same command again to go on"),
    ],
)
def test_a_trial_that_is_not_complete_says_how_it_ended(
    n_rounds: int, outcome: dict[str, Any], status: str, reason: str
) -> None:
    found = rows_of("s", files(n_rounds, outcome), {}, {})
    failure = found.failed
    assert len(found.rounds) == n_rounds
    assert failure is not None
    assert (failure["status"], failure["reason"], failure["seed"]) == (status, reason, 3)


def test_what_is_no_number_is_refused() -> None:
    bad = files()
    bad.records[0]["test"]["accuracy"] = "much"
    with pytest.raises(TypeError, match="'much' is no number"):
        rows_of("s", bad, {}, {})

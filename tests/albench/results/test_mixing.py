"""Tables that would mix versions, told before a run is paid for."""

from __future__ import annotations

from typing import Any

import pytest

from albench.errors import StoreError
from albench.results.mixing import mixes, refuse


def facts(torch: str = "", dataset: str = "digits") -> dict[str, Any]:
    attempts = [{"run": "r", "round": 0, "made_with": {"torch": torch}}] if torch else []
    return {"dataset": dataset, "protocol_hash": "aaaa", "attempts": attempts}


def test_each_table_has_its_own_mix() -> None:
    trials = [(facts("2.12"), 3), (facts("2.13"), 3), (facts("2.13", "rings"), 3), (facts("2.11", "rings"), 0)]
    found = mixes(trials)
    assert list(found) == ["digits (aaaa)", "rings (aaaa)"]
    assert found["digits (aaaa)"].values == {"torch": {"2.12": 1, "2.13": 1}}
    assert not found["rings (aaaa)"]  # a trial without a round is in no table


def test_a_trial_that_does_not_say_is_not_known() -> None:
    mix = mixes([(facts(), 2), (facts("2.13"), 2)])["digits (aaaa)"]
    assert (mix.unknown, mix.trials) == (1, 2)
    assert mix


def test_strict_refuses_in_one_line_and_passes_where_there_is_nothing() -> None:
    refuse([])
    with pytest.raises(StoreError, match=r"--strict: first\. second\."):
        refuse(["first.", "second."])

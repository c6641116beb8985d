"""Facts that trackers are told: plain values that nobody can change."""

from __future__ import annotations

import dataclasses

import pytest

from albench.api import RoundEnd, SuiteFacts, TrialFacts


def test_a_trial_is_running_until_it_is_said_to_have_ended() -> None:
    trial = TrialFacts("k", "d", "m", "s", "b", 0)
    assert (trial.status, trial.reason, trial.folder) == ("running", "", "")
    ended = dataclasses.replace(trial, status="failed", reason="a disk is full")
    assert (ended.key, trial.status) == ("k", "running")


@pytest.mark.parametrize(
    "facts",
    [SuiteFacts("n", "p", 1, {}), TrialFacts("k", "d", "m", "s", "b", 0), RoundEnd(None, {})],  # type: ignore[arg-type]
)
def test_facts_are_frozen(facts: object) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(facts, dataclasses.fields(facts)[0].name, "other")  # type: ignore[arg-type]

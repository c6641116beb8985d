"""A tracker hears of a whole life, and need not listen."""

from __future__ import annotations

from albench.api import RoundEnd, SuiteFacts, Tracker, TrialFacts


def test_what_is_not_overridden_is_passed_over() -> None:
    tracker, suite, trial = Tracker(), SuiteFacts("n", "p", 1, {}), TrialFacts("k", "d", "m", "s", "b", 0)
    for told in (
        tracker.suite_start(suite),
        tracker.trial_start(trial),
        tracker.round_end(RoundEnd(trial, {})),
        tracker.trial_end(trial),
        tracker.suite_end(suite),
    ):
        assert told is None

"""The conformance checks of trackers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import albench.testing.tracker_conduct as conduct
from albench.testing.report import Check, Finding, collect
from albench.testing.tracker_subject import TrackerSubject

TRACKER_CHECKS: dict[str, Check[TrackerSubject]] = collect(
    TrackerSubject,
    [
        conduct.listens,
        conduct.writes_nothing_when_built,
        conduct.whole_suite,
        conduct.failed_trials,
        conduct.interrupted_trial,
        conduct.two_processes,
        conduct.missing_values,
        conduct.unicode_names,
        conduct.own_folder,
        conduct.facts_unchanged,
        conduct.global_state_untouched,
        conduct.prints_nothing,
        conduct.process_can_end,
    ],
)
"""Every check of a tracker by name; ``TRACKER_CHECKS[name](build, name="mine")`` gives one finding."""


def check_tracker(build: Callable[[], Any], *, name: str) -> list[Finding]:
    """Try all checks on a tracker.

    Parameters
    ----------
    build
        Returns a fresh tracker.
    name
        What the findings call it.
    """
    return [check(build, name=name) for check in TRACKER_CHECKS.values()]

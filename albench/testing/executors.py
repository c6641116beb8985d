"""The conformance checks of executors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import albench.testing.executor_conduct as conduct
import albench.testing.executor_files as files
from albench.testing.executor_subject import ExecutorSubject
from albench.testing.report import Check, Finding, collect

EXECUTOR_CHECKS: dict[str, Check[ExecutorSubject]] = collect(
    ExecutorSubject,
    [
        conduct.concurrency_positive,
        conduct.every_job_once,
        conduct.outcomes_passed_on,
        conduct.keys_of_any_form,
        conduct.order_of_jobs,
        conduct.events_reach_emit,
        conduct.errors_not_lost,
        conduct.dead_worker,
        conduct.map_again,
        conduct.closed_early,
        files.files_come_home,
        files.busy_trials,
        files.held_while_away,
        files.taken_over_meanwhile,
    ],
)
"""Every check of an executor by name; ``EXECUTOR_CHECKS[name](build, name="mine")`` gives one finding."""


def check_executor(build: Callable[[], Any], *, name: str) -> list[Finding]:
    """Try all checks on an executor.

    Parameters
    ----------
    build
        Returns a fresh executor.
    name
        What the findings call it.
    """
    return [check(build, name=name) for check in EXECUTOR_CHECKS.values()]

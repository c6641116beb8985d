"""What becomes of a check: a finding, whatever the component does."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from sound_strategy import OneShort, Sound

from albench.api import UserError
from albench.testing import STRATEGY_CHECKS, check_strategy, report
from albench.testing.report import Fault, NotApplicable, Subject, collect


def test_a_component_that_cannot_be_built_is_a_finding() -> None:
    def build() -> Any:
        raise UserError("there is\nno such thing")

    finding = STRATEGY_CHECKS["one-item"](build, name="broken")
    assert finding.failed
    assert finding.reason.startswith("raised UserError: there is (test_report.py, line")


def test_a_component_that_does_not_end_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(Sound):
        def scores(self, view):
            while True:
                with contextlib.suppress(Exception):
                    super().scores(view)

    monkeypatch.setattr(report, "LIMIT", 0.2)
    finding = STRATEGY_CHECKS["one-item"](Endless, name="endless")
    assert finding.failed
    assert finding.reason.startswith("it had not ended after 0.2 s")


def test_a_component_that_skips_the_task_is_skipped_with_its_reason() -> None:
    class Skips(Sound):
        def skip(self, task):
            return "it wants sounds"

    findings = check_strategy(Skips, name="skips")
    assert {finding.status for finding in findings} == {"skip"}
    assert "it wants sounds" in findings[0].reason


def test_a_finding_names_the_smallest_case() -> None:
    finding = STRATEGY_CHECKS["exact-budget"](OneShort, name="short")
    assert "N=5" in finding.case
    assert "budget=3" in finding.case
    assert finding.tried == "select returns exactly as many positions as it is asked for"
    assert str(finding).startswith("short: exact-budget fail: select returned 2 positions for a budget of 3 [")


def test_checks_by_name() -> None:
    def holds(subject: Subject) -> str:
        """It holds."""
        return f"indeed{subject.case}"

    def does_not_apply(subject: Subject) -> None:
        """It does not apply."""
        raise NotApplicable(f"nothing to see{subject.case}")

    def breaks(subject: Subject) -> None:
        """It breaks."""
        subject.case = "the case"
        raise Fault("it is broken")

    checks = collect(Subject, [holds, does_not_apply, breaks])
    found = [check(object, name="thing") for check in checks.values()]
    assert [(f.check, f.status, f.reason, f.case) for f in found] == [
        ("holds", "pass", "indeed", ""),
        ("does-not-apply", "skip", "nothing to see", ""),
        ("breaks", "fail", "it is broken", "the case"),
    ]
    with pytest.raises(ValueError, match="two checks are called 'holds'"):
        collect(Subject, [holds, holds])

"""A plan tells the labels of each of its budgets."""

from __future__ import annotations

from pathlib import Path

from albench.execution.prepare import prepare
from albench.execution.settle import settle
from albench.render.label_counts import label_counts, rounds_text
from albench.session import suite_from
from albench.suite.protocol import Protocol
from albench.suite.settings import run_settings


def test_each_budget_has_its_line(tmp_path: Path) -> None:
    plan = prepare(settle(suite_from(dataset="digits", budget=["20+2x10", "5%+6x1%"]), run_settings(out=tmp_path)))
    n = len(plan.data["digits"].splits.train)
    first, share = round(n / 20), round(n / 100)
    assert [line.partition(";")[0] for line in label_counts(plan, "digits")] == [
        f"20+2x10: labels 20, 30, 40 of {n:,}",
        f"5%+6x1%: labels {first}, {first + share}, {first + 2 * share}, ..., {first + 6 * share} of {n:,}",
    ]


def test_rounds_are_told_where_budgets_differ_in_them() -> None:
    assert rounds_text([Protocol(), Protocol(initial="20")]) == "6 rounds"
    assert rounds_text([Protocol(rounds=11), Protocol()]) == "6 or 11 rounds"
    assert rounds_text([Protocol(rounds=1)]) == "1 round"

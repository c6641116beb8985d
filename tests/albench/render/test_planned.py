"""What is about to run: what was taken by default, then the data."""

from __future__ import annotations

from pathlib import Path

from albench.execution.prepare import prepare
from albench.execution.settle import settle
from albench.render.planned import plan_lines
from albench.session import suite_from
from albench.suite.settings import run_settings


def test_what_was_not_named_is_told_first_and_how_to_name_it(tmp_path: Path) -> None:
    suite = suite_from(dataset="digits", strategy="random", seeds=1)
    first, second = plan_lines(prepare(settle(suite, run_settings(out=tmp_path))))[:2]
    assert first.plain == "method boostmis by default: another with -m NAME, see 'albench list methods'"
    assert second.plain.startswith("digits")
    everything = [line.plain for line in plan_lines(prepare(settle(suite_from(), run_settings(out=tmp_path))))[:3]]
    assert [line.split()[0] for line in everything] == ["dataset", "method", "strategy"]
    assert all(" by default: another with -" in line for line in everything)

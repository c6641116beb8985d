"""A plan: where its suite lies, on what it runs, how much there is to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from albench.components.spec import Spec
from albench.execution.prepare import prepare
from albench.execution.settle import settle
from albench.session import suite_from
from albench.suite.settings import run_settings

SMALL: dict[str, Any] = {"dataset": "digits", "method": "supervised", "strategy": "random", "rounds": 3, "steps": 7}


def test_what_was_left_open_is_settled(tmp_path: Path) -> None:
    plan = prepare(settle(suite_from(**SMALL, seeds=2, name="s"), run_settings(out=tmp_path, device="cpu")))
    assert plan.folder == tmp_path / "s"
    assert (plan.device, plan.executor) in {("cpu", Spec("local")), ("cpu", Spec("processes"))}
    assert plan.total_steps == 2 * 3 * 7
    assert not plan.folder.exists(), "nothing is written"


def test_runs_have_names_of_their_own(tmp_path: Path) -> None:
    plans = [prepare(settle(suite_from(**SMALL, seeds=1), run_settings(out=tmp_path, device="cpu"))) for _ in range(2)]
    assert len({plan.run for plan in plans}) == 2
    assert plans[0].todo == plans[1].todo


def test_steps_that_grow_with_the_labels_are_counted(tmp_path: Path) -> None:
    growing = suite_from(**SMALL, initial=20, query_size=10, steps_per_label=2, seeds=2)
    plan = prepare(settle(growing, run_settings(out=tmp_path, device="cpu")))
    assert plan.steps_of(plan.todo[0]) == [47, 67, 87]
    assert plan.total_steps == 2 * (47 + 67 + 87)

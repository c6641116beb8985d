"""The line on what seeds can tell, from the trials that a folder has or from the published spread."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from albench.execution.advice import spread
from albench.execution.prepare import prepare
from albench.execution.settle import settle
from albench.session import suite_from
from albench.suite.settings import run_settings

ROWS: dict[str, Any] = {"strategy": ["random", "entropy"], "method": "supervised", "rounds": 2, "steps": 2}


def plan(toy: str, out: Path, **changes: Any) -> Any:
    given = {"dataset": "blobs", "batch_size": 16, "initial": 12, "query_size": 8, "evaluations": 2, **ROWS, **changes}
    return prepare(settle(suite_from(**given), run_settings(out=out, plugins=[toy], executor="local")))


def told(found: Any) -> list[str]:
    return [note for note in found.notes if "would find" in note]


def test_a_run_is_told_what_its_seeds_can_tell(toy: str, tmp_path: Path) -> None:
    (line,) = told(plan(toy, tmp_path, seeds=3))
    assert line.startswith("with 3 seeds a difference below 0.098 will mostly not be told apart; 20 would find 0.02")
    assert "typical of the published results" in line
    (line,) = told(plan(toy, tmp_path, seeds=3, method=["supervised", "fixmatch"]))
    assert "2 differences corrected together" in line


@pytest.mark.parametrize("strategies", [["random"], ["entropy", "margin"]])
def test_what_is_not_compared_has_no_such_line(toy: str, tmp_path: Path, strategies: list[str]) -> None:
    assert told(plan(toy, tmp_path, strategy=strategies)) == []


def test_trials_that_are_there_say_the_spread(small_run: Any, toy: str, tmp_path: Path) -> None:
    results = small_run(**ROWS, seeds=3)
    found = plan(toy, tmp_path / "results", seeds=5)
    curves = results.frame.groupby(["strategy", "seed"])["test.macro_f1"].mean()  # of two rounds: the area
    expected = np.std(curves["entropy"] - curves["random"], ddof=1)
    assert spread(found.done, "random", tmp_path / "results" / "blobs") == pytest.approx(expected)
    (line,) = told(found)
    assert f"standard deviation {expected:.2g}: measured by the trials that are there" in line
    assert told(plan(toy, tmp_path / "results", seeds=3)) == [], "nothing is run"

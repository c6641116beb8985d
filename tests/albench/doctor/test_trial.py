"""The self-test: what is run where nothing is named, twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from examined import Report, found

from albench.doctor import trial

TWO = """
from albench.api import Strategy, hookimpl


class Mine(Strategy):
    def scores(self, view):
        return view.index.float()


@hookimpl
def albench_register(add):
    add.strategy("mine", Mine, role="default")
"""


def test_two_defaults_are_told_with_what_works_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.py").write_text(TWO)
    monkeypatch.setenv("ALBENCH_PLUGINS", str(tmp_path / "mine.py"))
    (found,) = trial.diagnoses()
    assert (found.what, found.status) == ("train and query", "broken")
    assert "'boostmis' of plugin 'boostmis' (albench) and 'mine' of plugin 'mine' (mine.py)" in found.found
    assert found.advice == "runs that name all three with -d, -m and -s work"


def test_a_run_whose_second_time_differs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    records = iter([[{"round": 0}], [{"round": 1}]])
    asked: list[dict[str, str]] = []

    def made_up(_out: Path, _device: str, _listener: object, components: dict[str, str]) -> list[dict[str, int]]:
        asked.append(components)
        return next(records)

    monkeypatch.setattr(trial, "_records", made_up)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    (found,) = trial.diagnoses()
    assert found.status == "broken"
    assert found.found == "boostmis + boostmis on mescc-sim: two runs of one seed differ"
    assert asked[0] == {"dataset": "mescc-sim", "method": "boostmis", "strategy": "boostmis", "executor": "local"}


def test_a_listener_that_fails(tmp_path: Path, distribution: Any, report: Callable[..., Report]) -> None:
    path = distribution(
        """
        from albench.api import hookimpl

        @hookimpl
        def albench_round_end(event):
            raise RuntimeError("no line to home")
        """
    )
    code, parts = report("self-test", cwd=tmp_path, PYTHONPATH=path)
    assert (code, found(parts, "self-test", "listeners")["status"]) == (0, "warning")
    assert "no line to home" in found(parts, "self-test", "listeners")["found"]

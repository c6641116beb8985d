"""A run with a time limit ends between two rounds, and the same command goes on."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from albench.errors import SuiteError
from albench.suite.limits import parse_duration

Stable = Callable[[Path], dict[str, list[dict[str, Any]]]]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        (2.5, 2.5),
        ("45s", 45),
        ("30m", 1800),
        ("2h", 7200),
        ("1h30m", 5400),
        ("1d12h", 129600),
        ("0.5h", 1800),
    ],
)
def test_durations(text: str | float, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "-5", "soon", "30 m", "m", "1m1h", "nan", "inf", "1e400", "5x", "s"])
def test_what_is_no_duration_is_told(text: str) -> None:
    with pytest.raises(SuiteError, match="write seconds, or a time such as 45s, 30m, 2h or 1h30m"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("executor", "lanes"),
    [("local", "off"), ("processes[workers=2]", "off"), ("local", "3")],
    ids=lambda value: str(value),
)
def test_a_stopped_run_goes_on_and_ends_the_same(
    small_run: Any,
    stable_records: Stable,
    tmp_path: Path,
    toy: str,
    monkeypatch: pytest.MonkeyPatch,
    executor: str,
    lanes: str,
) -> None:
    """Each query takes 0.4 s, so that the limit comes in the middle however fast the machine is."""
    plugin = tmp_path / "slow.py"
    plugin.write_text(SLOW)
    settings: dict[str, Any] = {"seeds": 6, "lanes": lanes, "start": "warm"}
    settings |= {"plugins": [toy, plugin], "strategy": "slow"}
    small_run(**settings, name="whole")
    whole = stable_records(tmp_path / "results" / "whole")
    monkeypatch.setenv("SLOW_SECONDS", "0.4")
    limit = 1.5 if executor == "local" else 3.0
    stopped = small_run(**settings, name="parts", executor=executor, time_limit=limit)
    assert all("rounds made: run the same command" in reason for reason in stopped.failed["reason"])
    parts = stable_records(tmp_path / "results" / "parts")
    assert sum(map(len, parts.values())) < sum(map(len, whole.values())) == 18
    monkeypatch.delenv("SLOW_SECONDS")
    small_run(**settings, name="parts", time_limit="1h")
    assert stable_records(tmp_path / "results" / "parts") == whole


SLOW = """
import os, time, torch
from albench.api import Strategy, hookimpl

class Slow(Strategy):
    def select(self, view, budget):
        time.sleep(float(os.environ.get("SLOW_SECONDS", 0)))
        return torch.arange(budget)

@hookimpl
def albench_register(add):
    add.strategy("slow", Slow, "takes its time")
"""


def test_the_command_says_what_is_left(tmp_path: Path, toy: str, nursery: Any) -> None:
    words = ["run", "--plugin", toy, "-d", "blobs", "-s", "random", "-m", "fixmatch"]
    words += ["--initial", "12", "--query-size", "8", "--set", "batch_size=16", "--out", str(tmp_path)]
    words += ["--executor", "local", "--seeds", "3", "--rounds", "2", "--steps", "5", "--time-limit"]
    environment = {**os.environ, "COLUMNS": "300"}
    first = nursery.run(*words, "0.001", cwd=tmp_path, environment=environment)
    assert first.returncode == 3, first.stderr
    assert first.stderr == ""
    assert (
        "The time limit is over: 3 of 3 trials with rounds left. Run the same command again to go on." in first.stdout
    )
    assert "failed" not in first.stdout
    second = nursery.run(*words, "10m", cwd=tmp_path, environment=environment)
    assert second.returncode == 0, second.stderr
    assert "time limit" not in second.stdout

"""Runs that are killed at random moments and started again end with the records of one that nothing disturbed.

The long form is ``python benchmarks/faults/kills.py``.
"""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import harness
import pytest


def test_killed_runs_end_the_same(whole: harness.Whole, tmp_path: Path, nursery: harness.Nursery) -> None:
    options = harness.small_suite("--executor", "local")
    tally = harness.torment(options, tmp_path / "s", whole, kills=6, rng=random.Random(11), nursery=nursery)
    assert tally.differences == []
    assert tally.kills == 6
    assert tally.records == 16 * tally.suites


def test_runs_killed_while_they_write_end_the_same(tmp_path: Path, nursery: harness.Nursery) -> None:
    """Writing takes most of the time of these, so that most kills hit a write."""
    options = harness.small_suite("--executor", "local", "--plugin", str(harness.SLOW_DISK), rounds=2, steps=1, seeds=1)
    whole = harness.reference(options, tmp_path / "whole", nursery)
    tally = harness.torment(options, tmp_path / "s", whole, kills=4, rng=random.Random(14), nursery=nursery)
    assert tally.differences == []


def test_killed_lanes_end_the_same(tmp_path: Path, nursery: harness.Nursery) -> None:
    """Four trials that are carried out together, and share their first rounds, are killed together."""
    options = harness.small_suite("--executor", "local", "--lanes", "auto")
    whole = harness.reference(options, tmp_path / "whole", nursery)
    tally = harness.torment(options, tmp_path / "s", whole, kills=3, rng=random.Random(12), nursery=nursery)
    assert tally.differences == []


def test_killed_trials_of_methods_with_heads_or_items_of_their_own_end_the_same(
    tmp_path: Path, nursery: harness.Nursery
) -> None:
    options = harness.small_suite("--executor", "local", "-m", "abc", "-m", "cossl", "-m", "crest", seeds=1, rounds=2)
    whole = harness.reference(options, tmp_path / "whole", nursery)
    tally = harness.torment(options, tmp_path / "s", whole, kills=3, rng=random.Random(15), nursery=nursery)
    assert tally.differences == []
    assert tally.kills == 3


def test_killed_drivers_and_workers_end_the_same(
    whole: harness.Whole, tmp_path: Path, nursery: harness.Nursery
) -> None:
    """With worker processes: one worker is killed, then the driver; then a run with another executor goes on."""
    options, suite = harness.small_suite("--executor", "processes[workers=2]"), tmp_path / "s"
    rng = random.Random(13)
    run = harness.Run(options, suite)
    while run.poll() is None and not list(suite.glob("trials/*/rounds.jsonl")):
        time.sleep(0.01)
    assert run.kill_worker(rng)
    while run.poll() is None and "killed by SIGKILL" not in run.printed:
        time.sleep(0.01)
    os.kill(run.pid, signal.SIGKILL)  # the driver alone: its workers end by themselves
    assert run.wait() in (-signal.SIGKILL, 1), run.printed
    again = harness.Run(harness.small_suite("--executor", "local"), suite, nursery)
    assert again.wait() == 0, again.printed
    found, n_records = harness.differences(suite, whole.folder)
    assert found == []
    assert n_records == 16


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_says_how_to_go_on(
    number: signal.Signals, whole: harness.Whole, tmp_path: Path, nursery: harness.Nursery
) -> None:
    options, suite, rng = harness.small_suite("--executor", "local"), tmp_path / "s", random.Random(int(number))
    for _ in range(2):
        run = harness.Run(options, suite, nursery)
        while run.poll() is None and not run.printed:
            time.sleep(0.01)
        time.sleep(rng.uniform(0, whole.seconds / 3))
        os.kill(run.pid, number)
        if run.wait() == 0:
            break
        assert run.wait() == 130, run.printed
        assert run.printed.splitlines()[-1] == "stopped: run the same command again to go on where it was."
        assert "Traceback" not in run.printed
        lines = [line for path in suite.glob("trials/*/rounds.jsonl") for line in path.read_text().splitlines(True)]
        assert all(line.endswith('"}\n') for line in lines), "no half-written record"
        assert not list(suite.rglob("*.tmp"))
    assert harness.Run(options, suite, nursery).wait() == 0
    assert harness.differences(suite, whole.folder)[0] == []

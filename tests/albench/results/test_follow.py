"""How far a suite is: real processes that claim, write, end and are killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from watched import KEYS, Worker, text, watched_suite, workers

from albench.disk.owners import owner_of
from albench.results import follow
from albench.results.follow import Follower


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    return watched_suite(tmp_path / "s")


@pytest.fixture
def worker(suite: Path) -> Iterator[Callable[[int], Worker]]:
    with workers(suite) as make:
        yield make


def test_a_trial_is_waiting_starting_running_died_and_done(suite: Path, worker: Callable[[int], Worker]) -> None:
    follower = Follower(suite)
    state = follower.look()
    assert (state.waiting, state.running, state.complete, state.seconds_left()) == (4, 0, False, None)
    assert "4 trials: 4 waiting; no process is running it" in text(state)

    first = worker(0)
    state = follower.look()
    assert (state.waiting, state.running, list(state.starting)) == (3, 1, [KEYS[0]])
    assert f"starting  process {first.process.pid} on {socket.gethostname()}" in text(state)

    first.tell("start", "0")
    state = follower.look()
    assert (state.waiting, state.running, state.trials[0].rounds) == (3, 1, 1)
    assert "round 2/2" in text(state)
    assert "0.500" in text(state)

    second = worker(1)
    second.tell("start", "0", "1", "end")
    os.kill(first.process.pid, signal.SIGKILL)
    while (owner := owner_of(suite / "trials" / KEYS[0] / "claim")) and not owner.dead:
        time.sleep(0.01)  # it is not waited for: a process whose parent took no note of its end has died as well
    state = follower.look()
    assert [trial.status for trial in state.trials] == ["died", "done"]
    shown = text(state)
    assert "1 done, 2 waiting, 1 died; 3 of 8 rounds; no process is running it" in shown
    assert f"seed 0: process {first.process.pid} on {socket.gethostname()} died; 1 of 2 rounds kept" in shown

    worker(0).tell("start", "1", "end")
    for seed in (2, 3):
        worker(seed).tell("start", "0", "1", "end")
    state = follower.look()
    assert state.complete
    assert "4 trials: 4 done; 8 of 8 rounds; complete" in text(state)
    assert "8/8          0.600" in text(state)


def test_the_time_left_comes_from_measured_rounds(suite: Path, worker: Callable[[int], Worker]) -> None:
    worker(0).tell("start", "0", "1", "end")
    owner_and_sign = worker(1)
    owner_and_sign.tell("start")
    state = Follower(suite).look()
    left = state.seconds_left()
    assert left is not None
    assert 3 * 2 * 4 - 4 <= left <= 3 * 2 * 4, "three trials of two rounds of four seconds, one after the other"
    worker(2).tell("start")
    half = Follower(suite).look().seconds_left()
    assert half is not None
    assert (3 * 2 * 4 - 8) / 2 <= half <= 3 * 2 * 4 / 2, "two are carried out at once"


def test_a_trial_without_news_and_an_owner_elsewhere(suite: Path, worker: Callable[[int], Worker]) -> None:
    worker(0).tell("start", "0")
    trial = suite / "trials" / KEYS[0]
    about = {"token": "t", "pid": 999999999, "host": "another-host", "machine": "m", "started": "", "since": 0.0}
    (trial / "claim-9").write_text(json.dumps(about))
    for path in trial.iterdir():
        os.utime(path, (time.time() - 700,) * 2)
    state = Follower(suite).look()
    assert state.trials[0].status == "running", "nothing can be said of a process on another host"
    assert "no news from process 999999999 on another-host for 12 min" in text(state)


def test_an_owner_elsewhere_that_gives_no_sign_of_life_has_died(
    suite: Path, worker: Callable[[int], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "LEASE", 0.2)
    monkeypatch.setattr(follow, "HEARTBEAT", 0.1)
    worker(0).tell("start", "0")
    about = {"token": "t", "pid": 999999999, "host": "another-host", "machine": "m", "started": "", "since": 0.0}
    claim = suite / "trials" / KEYS[0] / "claim-9"
    claim.write_text(json.dumps(about))
    follower = Follower(suite)
    for number in range(4):
        os.utime(claim, (number, number))  # whatever its clock says, it changes
        assert follower.look().trials[0].status == "running"
        time.sleep(0.15)
    time.sleep(0.2)
    assert follower.look().trials[0].status == "died"

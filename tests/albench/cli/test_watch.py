"""Watching runs: real processes that claim, write, end and are killed; nothing is written by the one who watches."""

from __future__ import annotations

import io
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from albench.cli import watch
from albench.cli.main import main
from albench.disk.owners import holder
from albench.render.watch import PlainWatch, view
from albench.results import follow
from albench.results.follow import Follower, SuiteState
from albench.results.store import SuiteStore

WORKER = """
import sys
from pathlib import Path
from albench.results.store import SuiteStore
from test_watch_parts import facts, record
store = SuiteStore(Path(sys.argv[1])).trial(sys.argv[2])
with store.claim() as owner:
    print("claimed", flush=True)
    for line in sys.stdin:
        if line.strip() == "start":
            store.start(facts(sys.argv[2]))
        elif line.strip() != "end":
            store.append(record(int(line)))
        print("ok", flush=True)
        if line.strip() == "end":
            break
"""
PARTS = """
def facts(key):
    names = dict(zip(("dataset", "method", "strategy", "backbone"), key.split("--")))
    about = {"rounds": 2, "device": "cpu"}
    seed = int(key.split("--s")[-1].split("--")[0])
    return {"key": key, **names, "seed": seed, "protocol_hash": "p", "protocol": about, "data_hash": "d"}

def record(number, seconds=2.0):
    return {"round": number, "test": {"macro_f1": 0.5 + number / 10}, "seconds": {"train": seconds, "query": seconds}}
"""
PARTS_OF: dict[str, Any] = {}
exec(PARTS, PARTS_OF)
KEYS = tuple(f"digits--fixmatch--random--mlp--s{seed}--{seed}abc" for seed in range(4))


class Worker:
    """A process of its own that carries a trial out, step by step as it is told."""

    def __init__(self, suite: Path, key: str) -> None:
        (suite.parent / "test_watch_parts.py").write_text(PARTS)
        path = os.pathsep.join([str(suite.parent), *filter(None, sys.path)])
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(suite), key],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        self._answer("claimed")

    def _answer(self, word: str) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == word

    def tell(self, *words: str) -> None:
        assert self.process.stdin is not None
        for word in words:
            self.process.stdin.write(f"{word}\n")
            self.process.stdin.flush()
            self._answer("ok")
        if words[-1] == "end":
            self.process.wait()

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    folder = tmp_path / "s"
    store = SuiteStore(folder)
    store.open()
    run = {"started": "2020-01-01T00:00:00+00:00", "command": ["albench", "run", "a b.yaml"], "trials": len(KEYS)}
    store.update_manifest({"format": 1, "suite": "s", "runs": [run]})
    return folder


@pytest.fixture
def worker(suite: Path) -> Iterator[Callable[[int], Worker]]:
    made: list[Worker] = []

    def make(seed: int) -> Worker:
        made.append(Worker(suite, KEYS[seed]))
        return made[-1]

    yield make
    for each in made:
        each.close()


def text(state: SuiteState) -> str:
    console = Console(file=io.StringIO(), width=120)
    with console.capture() as captured:
        console.print(view([state]))
    return captured.get()


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
    while (owner := holder(suite / "trials" / KEYS[0] / "claim")) and not owner.dead:
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
    held = worker(1)
    held.tell("start")
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


def test_failed_and_skipped_trials_are_told_with_their_reason(suite: Path) -> None:
    store = SuiteStore(suite)
    for key, status in zip(KEYS, ("failed", "failed", "skipped"), strict=False):
        store.trial(key).describe(PARTS_OF["facts"](key))
        store.trial(key).outcome(status, "no [idea]")
    shown = text(Follower(suite).look())
    assert "seeds 0, 1  failed: no [idea]" in shown
    assert "seed 2  skipped: no [idea]" in shown


def test_names_are_not_broken_on_a_narrow_terminal(suite: Path) -> None:
    store = SuiteStore(suite)
    for key, strategy in zip(KEYS, ("expected-gradient-length", "random"), strict=False):
        store.trial(key).describe({**PARTS_OF["facts"](key), "strategy": strategy})
    console = Console(file=io.StringIO(), width=66, color_system=None)
    with console.capture() as captured:
        console.print(view([Follower(suite).look()]))
    lines = captured.get().splitlines()
    assert any(line.split()[:1] == ["expected-gradient-length"] for line in lines)
    assert max(map(len, lines)) <= 66


def test_pipes_get_a_line_for_each_change(suite: Path, worker: Callable[[int], Worker]) -> None:
    console = Console(file=io.StringIO(), width=120)
    follower = Follower(suite)
    with PlainWatch(console) as display:
        display.show([follower.look()])
        first = worker(0)
        for words in (["start", "0"], ["1", "end"]):
            first.tell(*words)
            display.show([follower.look()])
        SuiteStore(suite).trial(KEYS[1]).describe(PARTS_OF["facts"](KEYS[1]))
        SuiteStore(suite).trial(KEYS[1]).outcome("failed", "down")
        display.show([follower.look()])
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert lines[0] == "s  4 trials: 4 waiting; no process is running it"
    assert lines[1].startswith("digits  fixmatch + random  seed 0  round 1/2, test macro_f1 0.500, about ")
    assert lines[2] == "digits  fixmatch + random  seed 0  round 2/2, test macro_f1 0.600, no process is running it"
    assert lines[3:] == [
        "digits  fixmatch + random  seed 0  done",
        "digits  fixmatch + random  seed 1  failed: down",
        "s  4 trials: 1 done, 2 waiting, 1 failed; 2 of 8 rounds; no process is running it",
    ]


def test_it_ends_where_nobody_runs_the_suite(
    suite: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(watch, "PATIENCE", 0.2)
    with pytest.raises(SystemExit) as end:
        main(["watch", str(suite), "--interval", "0.1"])
    assert end.value.code == 1
    assert "To go on: albench run 'a b.yaml'" in capsys.readouterr().out


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.rglob("*")}


@pytest.mark.parametrize("words", [["--once"], []])
def test_a_complete_suite_is_shown_and_left_as_it_is(
    words: list[str], small_run: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small_run(strategy=["random", "first"], rounds=2, steps=3)
    before = snapshot(tmp_path)
    with pytest.raises(SystemExit) as end:
        main(["watch", str(tmp_path / "results"), *words])
    assert end.value.code == 0
    shown = capsys.readouterr().out
    assert "blobs  2 trials: 2 done; 4 of 4 rounds; complete" in shown
    assert "\x1b" not in shown
    assert snapshot(tmp_path) == before


def test_a_real_run_is_followed_on_a_terminal_to_its_end(toy: str, tmp_path: Path, nursery: Any) -> None:
    run = [
        *("run", "--plugin", toy, "-d", "blobs", "-m", "fixmatch", "-s", "random"),
        *("--initial", "12", "--query-size", "8", "--rounds", "3", "--steps", "20", "--seeds", "2"),
        *("--set", "batch_size=16", "--executor", "local", "--out", str(tmp_path)),
    ]
    process = nursery.start(run, tmp_path / "printed")
    nursery.until(process, (tmp_path / "blobs" / "manifest.json").exists)
    screen, there = pty.openpty()
    words = [sys.executable, "-m", "albench", "watch", str(tmp_path), "--interval", "0.1"]
    environment = {**os.environ, "COLUMNS": "100", "LINES": "40", "TERM": "xterm"}
    with subprocess.Popen(words, stdout=there, stderr=there, env=environment) as watching:
        os.close(there)
        shown = b"".join(iter(lambda: read(screen), b"")).decode()
    os.close(screen)
    assert nursery.wait(process) == 0
    assert watching.returncode == 0, shown
    assert "\x1b[" in shown
    assert "2 trials: 2 done; 6 of 6 rounds; complete" in shown


def read(screen: int) -> bytes:
    """What came; nothing once the other side is closed, which Linux calls an error."""
    try:
        return os.read(screen, 4096)
    except OSError:
        return b""


def test_a_folder_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["watch", "absent"])
    assert end.value.code == 2
    assert "no results folder absent" in capsys.readouterr().err


def test_ctrl_c_ends_the_watching_alone(suite: Path) -> None:
    words = [sys.executable, "-m", "albench", "watch", str(suite), "--interval", "0.1"]
    # A shell's background job inherits an ignored SIGINT; Ctrl-C is pressed in the foreground.
    own = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, **own) as watching:
        assert watching.stdout is not None
        assert "4 waiting" in watching.stdout.readline()
        watching.send_signal(signal.SIGINT)
        assert "what runs goes on" in watching.stdout.read()
    assert watching.returncode == 130
    assert json.loads((suite / "manifest.json").read_text())["suite"] == "s"

"""Watching runs: real processes that claim, write, end and are killed; nothing is written by the one who watches."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from watched import Worker, watched_suite, workers

from albench.cli import watch
from albench.cli.main import main


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    return watched_suite(tmp_path / "s")


@pytest.fixture
def worker(suite: Path) -> Iterator[Callable[[int], Worker]]:
    with workers(suite) as make:
        yield make


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

"""A run whose terminal is closed, or whose output nobody reads any more."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Stable = Callable[[Path], dict[str, list[dict[str, Any]]]]
Command = Callable[[Path], list[str]]
pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="needs a POSIX terminal")


@pytest.fixture
def command(toy: str, held: Path) -> Callable[[Path], list[str]]:
    """A folder -> the run of a suite into it, whose method waits where ``held.hold`` says so."""

    def words(out: Path) -> list[str]:
        return [
            *(sys.executable, "-m", "albench", "run", "--plugin", toy, "--plugin", str(held), "-d", "blobs"),
            *("-m", "held-boostmis", "-s", "random", "--seeds", "3", "--initial", "12", "--query-size", "8"),
            *("--rounds", "4", "--steps", "10", "--set", "batch_size=16", "--warm-start"),
            *("--out", str(out), "--executor", "local"),
        ]

    return words


@pytest.fixture
def hold(held: Path) -> Path:
    """Keeps the first trial in its second round until it is taken away."""
    found = held.with_suffix(".hold")
    found.write_text("15")
    return found


def rounds(out: Path) -> int:
    return sum(len(path.read_bytes().splitlines()) for path in out.glob("blobs/trials/*/rounds*.jsonl"))


def wait_for_a_round(out: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 300
    while rounds(out) < 1:
        assert process.poll() is None, "it ended before its first round"
        assert time.monotonic() < deadline
        time.sleep(0.02)


def in_terminal(words: list[str], **options: Any) -> tuple[subprocess.Popen[bytes], int]:
    """The command as the leader of a session of its own in a terminal, and the terminal's other end."""
    ours, theirs = pty.openpty()

    def own_terminal() -> None:
        import fcntl
        import termios

        os.setsid()
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests themselves may run under nohup
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, preexec_fn=own_terminal, **options)
    os.close(theirs)
    return process, ours


def test_a_closed_terminal_ends_the_run_and_nothing_is_lost(
    command: Command, hold: Path, tmp_path: Path, stable_records: Stable, nursery: Any
) -> None:
    process, terminal = in_terminal(command(tmp_path / "cut"))
    wait_for_a_round(tmp_path / "cut", process)
    os.close(terminal)
    assert process.wait(300) == 130
    assert rounds(tmp_path / "cut") == 1
    hold.unlink()
    for out in ("cut", "whole"):
        nursery.run(*command(tmp_path / out)[3:], cwd=tmp_path).check_returncode()
    assert stable_records(tmp_path / "cut" / "blobs") == stable_records(tmp_path / "whole" / "blobs")


def test_under_nohup_the_run_goes_on_without_its_terminal(command: Command, hold: Path, tmp_path: Path) -> None:
    """The shell's nohup ignores the signal; here output goes on to the terminal that is no more."""
    words = ["sh", "-c", "trap '' HUP; exec \"$@\"", "sh", *command(tmp_path)]
    process, terminal = in_terminal(words)
    wait_for_a_round(tmp_path, process)
    os.close(terminal)
    hold.unlink()
    assert process.wait(300) == 0
    assert rounds(tmp_path) == 12
    assert json.loads((tmp_path / "blobs" / "manifest.json").read_text())["runs"]


def test_a_reader_that_goes_away_does_not_end_the_run(command: Command, tmp_path: Path) -> None:
    process = subprocess.Popen(command(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(300) == 0
    assert process.stderr.read() == b""
    assert rounds(tmp_path) == 12
    process.stderr.close()

"""How a run ends: its exit code, what it says of failures and skips, and what it advises next."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import albench
from albench.cli.main import main
from albench.errors import TrialError
from albench.results.follow import Follower

SMALL = ["--initial", "12", "--query-size", "8", "--rounds", "2", "--steps", "5", "--seeds", "1", "--executor", "local"]


class Ended:
    """A run's exit code and what it printed."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def run(
    tmp_path: Path, toy: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    monkeypatch.chdir(tmp_path)

    def ended(*words: str, before: tuple[str, ...] = ()) -> Ended:
        arguments = [*before, "run", "--plugin", toy, "-d", "blobs", "-m", "fixmatch", *words, *SMALL]
        monkeypatch.setattr(sys, "argv", ["albench", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(arguments)
        printed = capsys.readouterr()
        return Ended(int(end.value.code or 0), printed.out, printed.err)

    return ended


Run = Callable[..., Ended]


def test_debug_shows_the_traceback_of_a_failed_trial(run: Run) -> None:
    plain = run("-s", "wrong[how=raise]")
    assert plain.code == 1
    assert "Traceback (most recent" not in plain.out + plain.err
    debug = run("-s", "wrong[how=raise]", before=("--debug",))
    assert debug.code == 1
    assert "Traceback (most recent call last):" in debug.err
    assert "RuntimeError: no idea\nwhat to pick" in debug.err
    assert "toy.py" in debug.err


def test_after_a_failure_nothing_else_is_advised(run: Run) -> None:
    ended = run("-s", "wrong[how=raise]")
    assert "The same command tries what failed again." in ended.out
    assert "Next:" not in ended.out


def test_a_run_that_skips_everything_fails(run: Run, small_run: Callable[..., albench.Results]) -> None:
    ended = run("-s", "wrong[how=skip]")
    assert ended.code == 2
    assert "Nothing was run: 1 trial skipped, for the reasons above." in ended.out
    dry = run("-s", "wrong[how=skip]", "--dry-run")
    assert dry.code == 2
    assert "It would run nothing: every trial is skipped, for the reasons above." in dry.out
    assert "it was told to" in ended.out
    assert "Next:" not in ended.out
    assert run("-s", "wrong[how=skip]", "-s", "random").code == 0
    with pytest.raises(TrialError, match=r"nothing was run: every trial was skipped: .*it was told to"):
        small_run(strategy="wrong[how=skip]")
    kept = small_run(strategy="wrong[how=skip]", on_failure="keep")
    assert set(kept.failed["status"]) == {"skipped"}


def test_a_baseline_is_advised_only_where_none_is(run: Run) -> None:
    alone = run("-s", "entropy")
    assert "--strategy random, then albench compare" in alone.out
    again = run("-s", "entropy", "--fresh")
    advice = again.out.partition("Next: ")[2]
    assert "--strategy random" in advice
    assert "--fresh" not in advice
    run("-s", "base=random")
    beside = run("-s", "entropy", "--fresh")
    assert "Next: albench compare results/blobs" in beside.out


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_a_run_that_was_stopped_did_not_die(tmp_path: Path, toy: str, nursery: Any) -> None:
    words = ["run", "--plugin", toy, "-d", "blobs", "-m", "fixmatch", "-s", "random", "--seeds", "2", "--rounds", "6"]
    words += ["--initial", "12", "--query-size", "8", "--steps", "100000", "--executor", "processes[workers=2]"]
    run = nursery.start([*words, "--out", str(tmp_path)], tmp_path / "printed", errors=tmp_path / "errors")
    folder = tmp_path / "blobs"
    nursery.until(run, lambda: len(list(folder.glob("trials/*/trial.json"))) == 2)
    os.kill(run, signal.SIGINT)
    assert nursery.wait(run) == 130
    assert "stopped: run the same command again" in (tmp_path / "errors").read_text()
    state = Follower(folder).look()
    assert {trial.status for trial in state.trials} == {"waiting"}
    assert not state.starting

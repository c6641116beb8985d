"""Trackers and hooks hear of every way in which a trial and a suite can end, and of nothing twice."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from heard_events import heard, names

from albench.errors import FolderError


class Raising:
    """A listener that raises at the first message of one kind."""

    def __init__(self, at: str, error: BaseException) -> None:
        self._at, self._error = at, error

    def plan(self, plan: Any) -> None:
        """Nothing."""

    def event(self, event: Any) -> None:
        if self._at == type(event).__name__:
            raise self._error

    def outcome(self, outcome: Any) -> None:
        if self._at == "outcome":
            raise self._error


@pytest.mark.parametrize(
    ("at", "error"),
    [
        ("outcome", KeyboardInterrupt()),
        ("outcome", FolderError("the disk is full")),
        ("outcome", RuntimeError("a listener's own")),
        ("Progress", KeyboardInterrupt()),
    ],
    ids=["Ctrl-C between trials", "a full disk", "a listener's error", "Ctrl-C in a trial"],
)
@pytest.mark.parametrize("lanes", ["off", "2"])
def test_the_suites_end_is_told_however_it_ends(
    small_run: Any, tmp_path: Path, at: str, error: BaseException, lanes: str
) -> None:
    with pytest.raises(type(error)):
        small_run(seeds=2, rounds=2, steps=2, trackers=["jsonl"], listener=Raising(at, error), lanes=lanes)
    folder = tmp_path / "results" / "blobs"
    assert names(folder)[0] == "suite_start"
    assert names(folder)[-1] == "suite_end"
    assert names(folder).count("suite_end") == 1
    ends = [(status, reason) for event, status, reason in heard(folder) if event == "trial_end"]
    assert len(ends) == names(folder).count("trial_start"), "each trial that was begun has an end"
    assert ends[-1] == (("stopped", "interrupted") if at == "Progress" else ("done", ""))


def test_a_full_disk_stops_a_trial_and_fails_none(
    small_run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from albench.results.store import TrialStore

    def full(*_: Any) -> None:
        raise FolderError("the disk is full")

    monkeypatch.setattr(TrialStore, "append", full)
    with pytest.raises(FolderError):
        small_run(seeds=1, rounds=2, steps=2, trackers=["jsonl"])
    told = heard(tmp_path / "results" / "blobs")
    assert told[-2:] == [("trial_end", "stopped", "the disk is full"), ("suite_end", "", "")]


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
@pytest.mark.parametrize("executor", ["local", "processes[workers=1]"])
def test_a_signal_ends_a_command_and_the_suite_is_told(
    tmp_path: Path, toy: str, number: signal.Signals, executor: str, nursery: Any
) -> None:
    words = ["run", "--plugin", toy, "-d", "blobs", "-m", "fixmatch"]
    words += ["-s", "random", "--seeds", "2", "--rounds", "50", "--steps", "50", "--initial", "12"]
    words += ["--query-size", "1", "--executor", executor, "--tracker", "jsonl", "--set", "batch_size=16"]
    run = nursery.start(words, tmp_path / "printed", cwd=tmp_path)
    folder = tmp_path / "results" / "blobs"
    nursery.until(run, lambda: (folder / "events.jsonl").is_file() and "round_end" in names(folder))
    os.kill(run, number)
    assert nursery.wait(run) == 130
    assert names(folder)[-1] == "suite_end"

"""The log of a trial: events, warnings, tracebacks; bounded, never data, and left out of what is given away."""

from __future__ import annotations

import json
import os
import re
import signal
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import albench.disk.trial_log as log_room
from albench.disk.trial_log import LIMIT, NAME, OLDER, WARNINGS, TrialLog, logging, read_log
from albench.results.archive import export
from albench.results.merge import merge
from albench.results.records import read_trial, trial_folders
from albench.results.store import TrialStore

TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ")


def events(folder: Path) -> list[str]:
    return [event["event"] for event in read_log(folder)]


def the_trial(out: Path) -> Path:
    (folder,) = trial_folders(next((out / "results").iterdir()))
    return folder


class TestWriting:
    def test_an_event_is_one_line_with_time_and_level(self, tmp_path: Path) -> None:
        TrialLog(tmp_path).write("info", "round", seconds={"train": 1.5}, nothing=None)
        (line,) = (tmp_path / NAME).read_text().splitlines()
        event = json.loads(line)
        assert TIME.fullmatch(event.pop("time"))
        assert event == {"level": "info", "event": "round", "seconds": {"train": 1.5}}

    def test_an_event_says_the_round_that_the_trial_is_in(self, tmp_path: Path) -> None:
        log = TrialLog(tmp_path)
        log.round = 3
        log.write("info", "a")
        log.write("info", "b", round=1)
        assert [event["round"] for event in read_log(tmp_path)] == [3, 1]

    def test_the_size_is_bounded_and_the_newest_stays(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(log_room, "LIMIT", 5_000)
        log = TrialLog(tmp_path)
        for number in range(500):
            log.write("info", "event", number=number)
        sizes = [(tmp_path / name).stat().st_size for name in (NAME, OLDER)]
        assert max(sizes) <= 5_000
        numbers = [event["number"] for event in read_log(tmp_path)]
        assert numbers == list(range(numbers[0], 500))

    def test_a_long_text_keeps_its_ends(self, tmp_path: Path) -> None:
        TrialLog(tmp_path).write("error", "failed", traceback="first" + "x" * 10 * LIMIT + "last")
        (event,) = read_log(tmp_path)
        assert event["traceback"].startswith("first")
        assert event["traceback"].endswith("last")
        assert (tmp_path / NAME).stat().st_size < LIMIT // 10

    def test_a_line_torn_by_a_kill_costs_no_other(self, tmp_path: Path) -> None:
        TrialLog(tmp_path).write("info", "before")
        with (tmp_path / NAME).open("a") as handle:
            handle.write('{"event":"tor')
        TrialLog(tmp_path).write("info", "after")
        assert events(tmp_path) == ["before", "after"]

    @pytest.mark.parametrize("way", ["no folder", "a folder in its place"])
    def test_what_cannot_be_written_ends_nothing(self, tmp_path: Path, way: str) -> None:
        folder = tmp_path / "trial"
        if way != "no folder":
            (folder / NAME).mkdir(parents=True)
        TrialLog(folder).write("info", "event")
        assert read_log(folder) == []

    def test_a_failure_told_by_worker_and_driver_is_one_event(self, tmp_path: Path) -> None:
        TrialLog(tmp_path).failed("out of luck", "Traceback")
        TrialLog(tmp_path).failed("out of luck", "Traceback")
        TrialLog(tmp_path).failed("the worker died", "")
        assert [event["reason"] for event in read_log(tmp_path)] == ["out of luck", "the worker died"]


class TestWarnings:
    def test_they_are_logged_and_shown_as_before(self, tmp_path: Path) -> None:
        with pytest.warns(UserWarning, match="odd"), logging([TrialLog(tmp_path)]):
            warnings.warn("odd", UserWarning, stacklevel=1)
        warned = next(event for event in read_log(tmp_path) if event["event"] == "python_warning")
        assert (warned["level"], warned["kind"], warned["message"]) == ("warning", "UserWarning", "odd")
        assert "test_trial_log.py:" in warned["where"]

    def test_each_attempt_hears_of_them(self, tmp_path: Path) -> None:
        with warnings.catch_warnings(record=True):
            warnings.simplefilter("default")
            for _ in range(2):
                with logging([TrialLog(tmp_path)]):
                    for _ in range(3):
                        warnings.warn("one place", UserWarning, stacklevel=1)
        assert events(tmp_path) == ["start", "python_warning"] * 2

    def test_a_flood_is_counted(self, tmp_path: Path) -> None:
        with warnings.catch_warnings(record=True) as shown:
            warnings.simplefilter("always")
            with logging([TrialLog(tmp_path)]):
                for number in range(WARNINGS + 7):
                    warnings.warn(f"{number}", UserWarning, stacklevel=1)
        assert len(shown) == WARNINGS + 7
        assert events(tmp_path).count("python_warning") == WARNINGS
        assert read_log(tmp_path)[-1]["count"] == 7

    def test_what_showed_them_is_put_back(self, tmp_path: Path) -> None:
        before = warnings.showwarning
        with pytest.raises(RuntimeError), logging([TrialLog(tmp_path)]):
            raise RuntimeError
        assert warnings.showwarning is before


class TestOfARun:
    def test_a_trial_that_ends_well(self, small_run: Callable[..., Any], tmp_path: Path) -> None:
        small_run()
        folder = the_trial(tmp_path)
        assert events(folder) == ["start", "round", "round", "round", "done"]
        assert [event.get("round") for event in read_log(folder)] == [None, 0, 1, 2, None]
        assert all(event["level"] == "info" for event in read_log(folder))

    def test_a_failure_has_its_traceback_and_its_round(self, small_run: Callable[..., Any], tmp_path: Path) -> None:
        small_run(strategy="wrong[how=raise]", on_failure="keep")
        folder = the_trial(tmp_path)
        assert events(folder) == ["start", "failed"]
        failed = read_log(folder)[-1]
        assert (failed["level"], failed["round"]) == ("error", 0)
        assert "no idea" in failed["reason"]
        assert any("toy.py" in line for line in failed["traceback"])

    def test_a_traceback_can_be_read_as_it_is_and_goes_with_the_next_attempt(
        self, small_run: Callable[..., Any], tmp_path: Path
    ) -> None:
        small_run(strategy="wrong[how=raise]", on_failure="keep")
        text = (the_trial(tmp_path) / "traceback.txt").read_text()
        assert text.startswith("Traceback (most recent call last):\n")
        assert 'toy.py", line' in text
        assert text.splitlines() == read_log(the_trial(tmp_path))[-1]["traceback"]
        TrialStore(the_trial(tmp_path)).start(read_trial(the_trial(tmp_path)).facts)
        assert not (the_trial(tmp_path) / "traceback.txt").exists()

    def test_seeds_that_train_together_have_a_log_each(self, small_run: Callable[..., Any], tmp_path: Path) -> None:
        small_run(seeds=2, lanes=2)
        for folder in trial_folders(next((tmp_path / "results").iterdir())):
            assert events(folder) == ["start", "round", "round", "round", "done"]

    def test_an_attempt_that_goes_on_says_so(self, small_run: Callable[..., Any], tmp_path: Path) -> None:
        small_run()
        folder = the_trial(tmp_path)
        lines = (folder / "rounds.jsonl").read_text().splitlines(keepends=True)
        (folder / "rounds.jsonl").write_text(lines[0] + lines[1][:40])
        small_run()
        again = read_log(folder)[5:]
        assert [event["event"] for event in again] == ["start", "damage", "resumed", "round", "round", "done"]
        assert again[1]["message"].endswith("line 2 is torn and was dropped")

    def test_records_that_are_replaced_are_in_it(self, small_run: Callable[..., Any], tmp_path: Path) -> None:
        small_run()
        small_run(fresh=True)
        attempt = ["start", "round", "round", "round", "done"]
        assert events(the_trial(tmp_path)) == [*attempt, "cleared", *attempt]

    def test_no_record_depends_on_it(
        self, small_run: Callable[..., Any], tmp_path: Path, stable_records: Callable[[Path], Any]
    ) -> None:
        small_run()
        suite = the_trial(tmp_path).parents[1]
        before = stable_records(suite)
        (the_trial(tmp_path) / NAME).write_bytes(b"\xff\x00 not a log\n[1, 2]\n")
        assert read_log(the_trial(tmp_path)) == []
        small_run(strategy="first")
        assert {key: stable_records(suite)[key] for key in before} == before

    def test_archives_and_merges_leave_it_out(self, small_run: Callable[..., Any], tmp_path: Path) -> None:
        small_run()
        suite = the_trial(tmp_path).parents[1]
        export([suite], tmp_path / "a.zip")
        assert not [name for name in zipfile.ZipFile(tmp_path / "a.zip").namelist() if "log" in name]
        merge([suite], tmp_path / "merged")
        assert not list((tmp_path / "merged").rglob("log*"))


def test_a_worker_that_is_killed_is_in_the_log(tmp_path: Path, toy: str, nursery: Any) -> None:
    command = ["run", "-d", "blobs", "--strategy", "wrong[how=die]"]
    options = ["--plugin", toy, "--seeds", "1", "--rounds", "2", "--steps", "5", "--initial", "12", "--query-size", "8"]
    out = ["--out", str(tmp_path / "results"), "--executor", "processes"]
    done = nursery.run(*command, *options, *out, cwd=tmp_path)
    assert done.returncode == 1
    assert f"More of it is in {the_trial(tmp_path) / NAME}." in done.stdout
    assert events(the_trial(tmp_path)) == ["start", "failed"]
    assert read_log(the_trial(tmp_path))[-1]["level"] == "error"


def test_an_interrupt_is_in_the_log(tmp_path: Path, toy: str, nursery: Any) -> None:
    command = ["run", "-d", "blobs", "--strategy", "wrong[how=hang]"]
    options = ["--plugin", toy, "--seeds", "1", "--rounds", "2", "--steps", "5", "--initial", "12", "--query-size", "8"]
    out = ["--out", str(tmp_path / "results"), "--executor", "local"]
    run = nursery.start([*command, *options, *out], tmp_path / "printed")
    nursery.until(run, lambda: list(tmp_path.rglob("trial.json")))
    os.kill(run, signal.SIGINT)
    assert nursery.wait(run) == 130
    assert events(the_trial(tmp_path)) == ["start", "interrupted"]

"""Seeds that are added look by look: how far a run goes, what the manifest keeps, and that a kill loses no look."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from albench.api.executor import Note
from albench.compare.looks import planned
from albench.results.load import load
from albench.results.records import read_manifest

ROWS: dict[str, Any] = {"strategy": ["random", "entropy"], "method": "supervised", "rounds": 2, "steps": 2}


class Notes:
    """A listener that keeps notes, and the number of trials of each plan."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.todo: list[int] = []

    def plan(self, plan: Any) -> None:
        self.todo.append(len(plan.todo))

    def event(self, event: Any) -> None:
        if isinstance(event, Note):
            self.texts.append(event.text)

    def outcome(self, outcome: Any) -> None: ...


def looks(folder: Path) -> dict[str, Any]:
    (found,) = read_manifest(folder)["looks"].values()
    return dict(found)


def test_what_is_decided_at_the_first_look_adds_no_seed(small_run: Any, tmp_path: Path) -> None:
    heard = Notes()
    results = small_run(**ROWS, until_sure=0.99, max_seeds=8, listener=heard)
    assert sorted(set(results.frame["seed"])) == [0, 1, 2, 3, 4]
    kept = looks(tmp_path / "results" / "blobs")
    assert (kept["until_sure"], kept["at"]) == ("0.99", [5, 8])
    assert kept["shares"] == pytest.approx(list(planned(5, 8).shares))
    assert [(entry["seeds"], entry["open"]) for entry in kept["taken"]] == [(5, [])]
    assert heard.todo == [10]
    assert any("look 1 of 2, 5 seeds: decided" in text for text in heard.texts)
    assert any("with 8 seeds, the last look, a difference below" in text for text in heard.texts)


def test_equal_rows_go_to_the_largest_number_and_a_repetition_adds_nothing(small_run: Any, tmp_path: Path) -> None:
    given = {**ROWS, "strategy": ["random", "subsample[of=random,size=10000]"], "until_sure": "ranking", "max_seeds": 7}
    heard = Notes()
    results = small_run(**given, listener=heard)
    assert sorted(set(results.frame["seed"])) == list(range(7))
    assert heard.todo == [10, 4], "the second look runs what is new"
    assert "it stays undecided" in heard.texts[-1]
    kept = looks(tmp_path / "results" / "blobs")
    assert [entry["seeds"] for entry in kept["taken"]] == kept["at"] == [5, 7]
    again = Notes()
    small_run(**given, listener=again)
    assert again.todo == [0]
    assert looks(tmp_path / "results" / "blobs")["shares"] == kept["shares"]
    comparison = load(tmp_path / "results" / "blobs").compare()
    assert comparison.share == pytest.approx(planned(5, 7).shares[1])
    assert any("with looks at 5 and 7 of at most 7 seeds" in note for note in comparison.notes)


def test_a_failed_trial_ends_the_run_before_its_look(small_run: Any, tmp_path: Path) -> None:
    given = {**ROWS, "strategy": ["random", "wrong[how=raise]"], "until_sure": 0.5, "on_failure": "keep"}
    results = small_run(**given)
    assert len(set(results.frame["seed"])) == 5
    assert looks(tmp_path / "results" / "blobs")["taken"] == []


def test_a_killed_run_goes_on_with_its_looks(tmp_path: Path, toy: str, small_run: Any, nursery: Any) -> None:
    """Killed once its first look is taken; the same command then takes the second, and the records are the same."""
    given = {**ROWS, "strategy": ["random", "subsample[of=random,size=10000]"], "until_sure": "ranking", "max_seeds": 9}
    words = ["run", "--plugin", toy, "-d", "blobs", "-m", "supervised", "--until-sure", "ranking", "--max-seeds", "9"]
    words += ["-s", "random", "-s", "subsample[of=random,size=10000]", "--executor", "local", "--out", "killed"]
    words += ["--initial", "12", "--query-size", "8", "--rounds", "2", "--steps", "2", "--set", "batch_size=16"]
    words += ["--set", "evaluations=2"]
    folder = tmp_path / "killed" / "blobs"
    running = nursery.start(words, tmp_path / "log", cwd=tmp_path)
    nursery.until(running, lambda: (folder / "manifest.json").exists() and looks(folder)["taken"])
    os.killpg(running, signal.SIGKILL)
    assert nursery.wait(running) == -signal.SIGKILL
    assert [entry["seeds"] for entry in looks(folder)["taken"]] == [5]
    small_run(**given, out=tmp_path / "killed")
    assert [entry["seeds"] for entry in looks(folder)["taken"]] == [5, 9]
    small_run(**given)
    whole = load(tmp_path / "results" / "blobs").frame
    columns = ["key", "round", "n_labeled", "test.macro_f1"]
    assert whole[columns].equals(load(folder).frame[columns])

"""A suite that is half done says how many of its trials have not begun, in every form."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import albench
from albench.render import render
from albench.report.payload import payload
from albench.results.archive import export
from albench.results.begun import not_begun
from albench.results.follow import Follower


@pytest.fixture
def half(small_run: Callable[..., Any], tmp_path: Path) -> Path:
    """A suite of six trials, of which two never began."""
    small_run(strategy=["random", "entropy"], seeds=3, rounds=2, steps=2)
    suite = tmp_path / "results" / "blobs"
    for trial in sorted((suite / "trials").iterdir())[-2:]:
        shutil.rmtree(trial)
    return suite


def test_trials_that_have_not_begun_are_told_in_every_form(half: Path, tmp_path: Path) -> None:
    results = albench.load(half)
    line = f"2 of the 6 trials that the last run of {half} planned have not begun and are in no table"
    comparison = results.compare()
    for text in (*results.notes, render(comparison, "markdown"), render(comparison, "paragraph")):
        assert line in text.replace("\\_", "_")
    assert any(line in note for note in payload(results)["notes"]["macro_f1"])
    assert Follower(half).look().unseen == 2
    export([half], tmp_path / "half.zip")
    (note,) = albench.load(tmp_path / "half.zip").notes
    assert note.startswith("2 of the 6 trials that the last run of ")


def test_nothing_is_told_once_the_command_went_on(half: Path, small_run: Callable[..., Any]) -> None:
    small_run(strategy=["random", "entropy"], seeds=3, rounds=2, steps=2)
    assert albench.load(half).notes == ()


def test_what_was_complete_before_a_run_is_not_of_it() -> None:
    run = {"started": "2026-01-01T00:00:10+00:00", "trials": 3}
    start = 1767225610.0
    assert not_begun(run, [(True, start - 5), (True, start + 1), (False, start - 5)]) == 1
    assert not_begun(run, [(True, start + at) for at in range(4)]) == 0
    assert not_begun({}, []) == 0

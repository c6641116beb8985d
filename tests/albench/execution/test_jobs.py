"""A job in the process that carries it out: every way in which its trials end comes back as data."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from heard_events import heard

from albench.api.executor import Done, Failed
from albench.execution.job import Job
from albench.execution.jobs import run_job
from albench.results.records import read_trial, trial_folders


@pytest.mark.parametrize("trackers", [("nope",), ("jsonl[nope=1]",), ("jsonl[file=",)], ids=str)
@pytest.mark.parametrize("lanes", ["off", "2"])
def test_a_tracker_that_a_worker_lacks_fails_the_trial(
    job_of: Callable[..., Job], trackers: tuple[str, ...], lanes: str
) -> None:
    job = job_of(lanes=lanes, seeds=2, rounds=2, steps=2)
    told: list[Any] = []
    settings = dataclasses.replace(job.settings, trackers=trackers)
    outcome = run_job(dataclasses.replace(job, settings=settings), told.append)
    outcomes = [outcome] if lanes == "off" else [event.outcome for event in told]
    assert outcomes
    for each in outcomes:
        assert isinstance(each, Failed)
        assert each.reason
        assert "\n" not in each.reason
        assert not each.ends_run


def test_what_another_run_completed_meanwhile_is_not_told_again(job_of: Callable[..., Job], tmp_path: Path) -> None:
    """As where two drivers share a suite: the second one looks at a trial that the first one held."""
    job = job_of(rounds=2, steps=2, trackers=["jsonl"])
    folder = tmp_path / "results" / "blobs"
    before = heard(folder)
    (trial,) = trial_folders(folder)
    records = (trial / "rounds.jsonl").read_bytes()
    assert isinstance(run_job(job, lambda _: None), Done)
    assert heard(folder) == before
    assert (trial / "rounds.jsonl").read_bytes() == records


def test_a_job_in_a_folder_of_its_own_tunes_there_to_the_same_choice_and_brings_it_home(
    job_of: Callable[..., Job], tmp_path: Path
) -> None:
    job = job_of(method="supervised", rounds=1, tune="lr=0.01,0.1,1", validation="all")
    here = tmp_path / "results" / "blobs"
    (chosen,) = (read_trial(folder).records[0]["tuned"] for folder in trial_folders(here))
    away = job.at(tmp_path / "away" / "blobs")
    assert isinstance(run_job(away, lambda _: None), Done)
    (elsewhere,) = trial_folders(tmp_path / "away" / "blobs")
    assert read_trial(elsewhere).records[0]["tuned"] == chosen
    assert not (tmp_path / "away" / "blobs" / "tuning").exists(), "where others tune too"
    assert job.unpack(away.pack()) == []
    assert len(list((here / "trials" / job.key / "tuning").glob("*.json"))) == 1


def test_what_carries_jobs_out_loads_no_library_of_tables() -> None:
    """Every worker would take half a second longer to start."""
    words = "import sys, albench_executors.worker, albench.execution.jobs; print('pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"

"""A job on its way: it is sent whole, to another device, to another folder."""

from __future__ import annotations

import pickle
from collections.abc import Callable

from albench.execution.job import Job


def test_a_job_can_be_sent_and_is_the_same(job_of: Callable[..., Job]) -> None:
    job = job_of(seeds=2, lanes="2")
    again = pickle.loads(pickle.dumps(job))
    assert again == job
    assert [trial.key for trial in again.trials] == [trial.key for trial in job.trials]
    assert again.key == again.trials[0].key


def test_a_device_of_its_own_changes_nothing_else(job_of: Callable[..., Job]) -> None:
    job = job_of()
    moved = job.on_device("cuda")
    assert (job.device, moved.device, moved.settings.device) == ("cpu", "cuda", "cuda")
    assert moved.on_device("cpu") == job


def test_in_a_folder_of_its_own_no_first_round_is_shared(job_of: Callable[..., Job]) -> None:
    job = job_of(strategy=["random", "entropy"])
    away = job.at("elsewhere")
    assert (job.share, away.share) == (True, False)
    assert (away.folder, away.away, away.key, away.trials) == ("elsewhere", True, job.key, job.trials)

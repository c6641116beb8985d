"""Jobs: which trials make one, and which of them share their first round."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from albench.execution.grouping import jobs_of, notes
from albench.execution.plan import Plan
from albench.execution.prepare import prepare
from albench.execution.settle import settle
from albench.session import suite_from
from albench.suite.settings import run_settings

SMALL: dict[str, Any] = {"batch_size": 16, "initial": 12, "query_size": 8, "rounds": 2, "steps": 3, "evaluations": 1}


def planned(toy: str, folder: Path, **changes: Any) -> Plan:
    share = changes.pop("share", True)
    words = {"dataset": "blobs", "method": "fixmatch", "strategy": "random", **SMALL, **changes}
    return prepare(settle(suite_from(**words), run_settings(out=folder, plugins=[toy], device="cpu", share=share)))


@pytest.mark.parametrize(
    ("lanes", "seeds", "concurrency", "sizes"),
    [
        ("off", 5, 2, [1] * 5),
        ("auto", 5, 2, [2, 3]),
        ("auto", 20, 1, [6, 7, 7]),
        ("4", 10, 2, [3, 3, 4]),
        ("8", 1, 2, [1]),
    ],
)
def test_jobs_are_even_and_leave_no_worker_idle(
    toy: str, tmp_path: Path, lanes: str, seeds: int, concurrency: int, sizes: list[int]
) -> None:
    plan = planned(toy, tmp_path, seeds=seeds, lanes=lanes)
    jobs = list(jobs_of(plan, plan.todo, concurrency))
    assert sorted(len(job.trials) for job in jobs) == sizes
    assert [trial for job in jobs for trial in job.trials] == plan.todo
    assert all(job.together == (lanes != "off") for job in jobs)


def test_trials_that_differ_by_strategy_share_their_first_round(toy: str, tmp_path: Path) -> None:
    both = planned(toy, tmp_path, strategy=["random", "entropy"], seeds=2)
    assert [job.share for job in jobs_of(both, both.todo, 2)] == [True] * 4
    assert [job.share for job in jobs_of(both, both.todo[:1], 2)] == [False], "of those that are carried out"
    alone = planned(toy, tmp_path, seeds=2)
    assert [job.share for job in jobs_of(alone, alone.todo, 2)] == [False] * 2
    unshared = planned(toy, tmp_path, strategy=["random", "entropy"], share=False)
    assert not any(job.share for job in jobs_of(unshared, unshared.todo, 2))


def test_a_job_has_the_settings_of_its_run_whole_and_its_terms(toy: str, tmp_path: Path) -> None:
    plan = planned(toy, tmp_path, seeds=1)
    (job,) = jobs_of(plan, plan.todo, 1)
    (trial,) = plan.todo
    assert job.settings is plan.settings
    assert (job.key, job.folder, job.trials, job.device) == (trial.key, str(plan.folder), (trial,), "cpu")
    assert job.terms == (plan.run, plan.data["blobs"].hash, plan.made[trial.key], None)


def test_what_cannot_share_its_steps_is_told_once_and_trains_alone(toy: str, tmp_path: Path) -> None:
    plan = planned(toy, tmp_path, dataset="stripes", seeds=3, lanes="8")
    assert notes(plan) == [
        "lanes: on stripes together would be slower than one by one on a CPU, so its seeds train one by one."
    ]
    assert [(len(job.trials), job.together) for job in jobs_of(plan, plan.todo, 1)] == [(1, False)] * 3
    assert notes(planned(toy, tmp_path, seeds=2)) == [], "nobody asked"


def test_seeds_whose_settings_are_tuned_train_one_by_one(toy: str, tmp_path: Path) -> None:
    plan = planned(toy, tmp_path, seeds=3, lanes="auto", tune="lr=0.01,0.1", validation="1x")
    assert [(len(job.trials), job.together) for job in jobs_of(plan, plan.todo, 1)] == [(1, False)] * 3
    assert notes(plan) == ["lanes: settings are tuned for each seed by itself, so its seeds train one by one."]

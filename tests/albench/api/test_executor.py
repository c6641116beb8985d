"""The contract of an executor, and of the jobs that it is given."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from albench.api import Busy, Done, Ended, Executor, Failed, Job
from albench.execution.job import Job as SuitesJob
from albench.testing.executor_jobs import Probe

GUIDE = Path(__file__).parents[3] / "docs" / "plugins" / "executor.md"
OF_A_JOB = {name for name in vars(Job) if not name.startswith("_")}


def test_an_executor_has_to_say_how_it_carries_jobs_out() -> None:
    with pytest.raises(NotImplementedError):
        Executor().map(lambda *_: Done("a", 0.0), [], print)
    assert Executor().concurrency() == 1


def test_the_end_of_one_of_several_trials_is_called_as_the_trial() -> None:
    for outcome in (Done("a", 1.0), Failed("a", "why"), Busy("a", "process 1 on far")):
        assert Ended(outcome).key == "a"


@pytest.mark.parametrize("kind", [SuitesJob, Probe])
def test_a_suites_jobs_and_the_kits_have_all_that_the_contract_says(kind: type) -> None:
    members = {*dir(kind), *(name for base in kind.__mro__ for name in getattr(base, "__annotations__", {}))}
    assert members >= OF_A_JOB


def test_the_guide_tells_of_a_job_what_the_contract_has() -> None:
    text = GUIDE.read_text(encoding="utf-8").split("## What a job is")[1].split("##")[0]
    assert set(re.findall(r"^\| `(\w+)", text, re.MULTILINE)) == OF_A_JOB

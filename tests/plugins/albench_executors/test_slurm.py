"""Trials as Slurm jobs: submitit's local executor, and its Slurm one with stand-ins for Slurm's commands."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from albench.api import Done, Event, Failed, Outcome, PluginError, UserError
from albench.components.registry import registry
from albench.results.records import trial_folders
from albench.testing.executor_jobs import Probe, probe, run

pytest.importorskip("submitit")
LOCAL = "slurm[cluster=local]"


SIGNALS = {"killed": signal.SIGKILL, "limit": signal.SIGUSR2, "fine": signal.SIGCONT}


def signalled(job: Probe, _: Callable[[Event], None]) -> Outcome:
    """Send this process the signal that the job is named by."""
    os.kill(os.getpid(), SIGNALS[job.key])
    return Done(job.key, 0.0)


@pytest.fixture(autouse=True)
def work_that_workers_find(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers look where this process looks; pytest knows this module without a place to find it."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3]))


def ends(spec: str, work: Any, jobs: list[Any]) -> dict[str, Outcome]:
    return {outcome.key: outcome for outcome in registry().build("executor", spec).map(work, jobs, lambda _: None)}


def test_records_are_those_of_local(small_run: Any, stable_records: Any, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"strategy": ["random", "entropy"], "method": "supervised", "seeds": 2, "lanes": 2}
    small_run(**settings, out=tmp_path / "here")
    there = small_run(**settings, out=tmp_path / "there", executor=LOCAL)
    assert there.failed.empty
    assert stable_records(tmp_path / "there" / "blobs") == stable_records(tmp_path / "here" / "blobs")
    assert not list((tmp_path / "there" / "blobs").glob(".slurm-*"))


def test_a_killed_job_and_one_at_its_time_limit_fail_alone(tmp_path: Path) -> None:
    found = ends(LOCAL, signalled, [probe(tmp_path, key) for key in SIGNALS])
    assert found["fine"] == Done("fine", 0.0)
    assert "was killed or ended without a result" in found["killed"].reason
    assert "time limit or preemption" in found["limit"].reason
    assert not any("\n" in outcome.reason for outcome in found.values() if isinstance(outcome, Failed))


def test_a_killed_trial_fails_with_its_reason(small_run: Any, tmp_path: Path) -> None:
    results = small_run(strategy=["random", "wrong[how=die]"], method="supervised", executor=LOCAL, on_failure="keep")
    assert results.failed["strategy"].tolist() == ["wrong[how=die]"]
    assert "its Slurm job" in results.failed["reason"].tolist()[0]
    assert len(trial_folders(tmp_path / "results" / "blobs")) == 2


STAND_INS = {
    # Runs each task of the array as Slurm does, one after the other, in the background.
    "sbatch": """
        echo "$(cat "$1")" > {folder}/script
        last=$(grep -oP 'array=\\K0-[0-9]+' "$1" | cut -d- -f2)
        echo Submitted batch job 7
        (for task in $(seq 0 "$last"); do
            SLURM_JOB_ID=7$task SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=$task SLURM_NTASKS=1 SLURM_JOB_NUM_NODES=1 \\
            SLURM_NODEID=0 SLURM_PROCID=0 SLURM_LOCALID=0 SLURM_JOB_NODELIST=here bash "$1" > /dev/null 2>&1
        done) > /dev/null 2>&1 &
    """,
    "srun": """
        while [ "$1" != {python} ]; do shift; done
        exec "$@"
    """,
    "sacct": "echo 'JobID|State|NodeList'",
    "scancel": "true",
}


def test_jobs_go_to_slurm_as_one_array(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in STAND_INS.items():
        path = tmp_path / name
        path.write_text("#!/bin/bash\n" + text.format(folder=tmp_path, python=sys.executable))
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    spec = "slurm[partition=gpu,account=ours,time=90,cpus_per_trial=2,gpus_per_trial=1,memory=8,max_parallel=5]"
    jobs = [probe(tmp_path, "a"), probe(tmp_path, "b", "failed"), probe(tmp_path, "c", "raise")]
    found = ends(spec, run, jobs)
    assert isinstance(found["a"], Done)
    assert found["b"].reason == "b could not be carried out"
    assert found["c"].reason.startswith("RaisedByRun")
    script = (tmp_path / "script").read_text()
    for flag in (
        "job-name=albench",
        "partition=gpu",
        "account=ours",
        "time=90",
        "cpus-per-task=2",
        "gpus-per-node=1",
        "mem=8GB",
    ):
        assert f"#SBATCH --{flag}\n" in script
    assert "#SBATCH --array=0-2%3\n" in script


def test_without_slurm_or_submitit_one_line_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="no sbatch"):
        ends("slurm", run, [probe(tmp_path, "a")])
    with pytest.raises(UserError, match=r"slurm\[gpus_per_trial=1\]"):
        ends("slurm", run, [probe(tmp_path, "a").on_device("cuda")])
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(PluginError, match=r"pip install 'albench\[slurm\]'"):
        registry().build("executor", "slurm")

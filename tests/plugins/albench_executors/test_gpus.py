"""``processes[gpus=...]``: each worker sees one GPU."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from telling_workers import Told, facts, run

from albench.api import UserError
from albench_executors.gpus import gpu_numbers, sees_alone
from albench_executors.processes import Processes

JOBS = [Told(key, device="cuda:0", variable="CUDA_VISIBLE_DEVICES") for key in "abcd"]


@pytest.fixture(autouse=True)
def four_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def test_each_worker_sees_one_gpu_and_calls_it_cuda() -> None:
    told = facts(JOBS[:2], Processes(gpus="2;0"))
    assert {each["variable"] for each in told} == {"2", "0"}
    assert {each["device"] for each in told} == {"cuda"}
    assert {each["parent"] for each in told} == {os.getpid()}, "its libraries are told as they load"


def test_there_is_a_worker_for_each_gpu_or_as_many_as_are_wanted() -> None:
    assert [Processes(gpus=gpus).concurrency() for gpus in ("all", "0;3", "1")] == [4, 2, 1]
    assert Processes(gpus="0;3", workers=3).concurrency() == 3


def test_the_worker_in_the_place_of_a_dead_one_sees_its_gpu() -> None:
    jobs = [Told("dies", -signal.SIGKILL, device="cuda:0"), JOBS[0]]
    died, told = Processes(gpus="3").map(run, jobs, print)
    assert died.reason.startswith("its worker process was killed by SIGKILL")
    assert '"variable": "3"' in told.reason


def test_gpus_are_counted_as_the_driver_counts_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sees_alone(3) == {"CUDA_VISIBLE_DEVICES": "3"}
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5, GPU-6fd1,7")
    assert [sees_alone(number)["CUDA_VISIBLE_DEVICES"] for number in range(3)] == ["5", "GPU-6fd1", "7"]


@pytest.mark.parametrize("wanted", ["0,1", "0;0", "4", "-1", "0;", "cuda:0", "1.0", "²"])
def test_what_names_no_gpus_is_told(wanted: str) -> None:
    with pytest.raises(UserError, match=r"write all, or each number once, as 0;1, of GPUs that are there \(4 here"):
        gpu_numbers(wanted)


def test_without_a_gpu_all_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(UserError, match=r"\(none here\)"):
        gpu_numbers("all")


def test_trials_that_are_on_no_gpu_are_told() -> None:
    with pytest.raises(UserError, match="write --device cuda, or leave gpus out"):
        list(Processes(gpus="0").map(run, [Told("a")], print))


@pytest.mark.cuda
def test_trials_pinned_to_a_gpu_have_the_records_of_local(small_run: Any, stable_records: Any, tmp_path: Path) -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    for name, executor in (("here", "local"), ("pinned", "processes[gpus=0]")):
        small_run(name=name, executor=executor, device="cuda", seeds=2)
    results = tmp_path / "results"
    assert stable_records(results / "here") == stable_records(results / "pinned")

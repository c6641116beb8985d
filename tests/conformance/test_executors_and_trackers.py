"""Every built-in executor and tracker against every check of the kit."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from albench.api.kinds import Kind
from albench.components.registry import registry
from albench.testing.executor_files import THERE
from albench.testing.executors import EXECUTOR_CHECKS
from albench.testing.trackers import TRACKER_CHECKS

OURS = "albench"
LIBRARIES = {
    "tensorboard": ("tensorboard",),
    "mlflow": ("mlflow", "sqlalchemy", "alembic"),
    "ray": ("ray",),
    "slurm": ("submitit",),
}
EXECUTORS = {"processes": "processes[workers=2]", "ray": "ray[address=local]", "slurm": "slurm[cluster=local]"}
"""Executors that are tried with other options than their defaults."""
OWN_STORE = {"own-folder", "writes-nothing-when-built"}
"""Checks that MLflow is tried on with its own store, which takes seconds to make; else the tests share one."""


def names(kind: Kind) -> list[str]:
    return [component.name for component in registry().components(kind) if component.distribution == OURS]


def factory(kind: Kind, spec: str) -> Callable[[], Any]:
    return partial(registry().build, kind, spec)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store") / "runs.db"


def skip_without_libraries(name: str) -> None:
    missing = [library for library in LIBRARIES.get(name, ()) if importlib.util.find_spec(library) is None]
    if missing:
        pytest.skip(f"{missing[0]} is not installed")


@pytest.fixture(scope="module")
def own_ray() -> Iterator[None]:
    """Ray ends with these tests."""
    os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", ".")
    import ray

    ray.shutdown()  # what another test left
    yield
    ray.shutdown()


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::ResourceWarning")  # Ray's own
@pytest.mark.parametrize("check", EXECUTOR_CHECKS)  # one executor after the other: a Ray in one process of pytest alone
@pytest.mark.parametrize("name", names("executor"))
def test_executor(name: str, check: str, request: pytest.FixtureRequest) -> None:
    skip_without_libraries(name)
    if name == "ray":
        request.getfixturevalue("own_ray")
    spec = EXECUTORS.get(name, name)
    finding = EXECUTOR_CHECKS[check](factory("executor", spec), name=spec)
    if finding.status == "skip":
        assert name == "local" or finding.reason == THERE
        pytest.skip(finding.reason)
    assert not finding.failed, finding


@pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")  # MLflow's use of SQLAlchemy
@pytest.mark.parametrize("check", TRACKER_CHECKS)
@pytest.mark.parametrize("name", names("tracker"))
def test_tracker(name: str, check: str, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    skip_without_libraries(name)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    spec = f"mlflow[uri=sqlite:///{store},experiment={check}]" if name == "mlflow" and check not in OWN_STORE else name
    finding = TRACKER_CHECKS[check](factory("tracker", spec), name=spec)
    assert finding.status == "pass", finding


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::ResourceWarning")  # Ray's own
@pytest.mark.usefixtures("own_ray")
@pytest.mark.parametrize("check", ["files-come-home", "busy-trials", "held-while-away", "taken-over-meanwhile"])
def test_ray_brings_files_home(check: str) -> None:
    skip_without_libraries("ray")
    spec = "ray[address=local,shared_folder=false]"
    finding = EXECUTOR_CHECKS[check](factory("executor", spec), name=spec)
    assert finding.status == "pass", finding


def test_one_worker_process_after_the_other() -> None:
    build = factory("executor", "processes[workers=1]")
    for check in ("every-job-once", "dead-worker", "closed-early"):
        finding = EXECUTOR_CHECKS[check](build, name="processes[workers=1]")
        assert finding.status == "pass", finding


def test_all_built_in_components_are_tried() -> None:
    assert {"local", "processes"} <= set(names("executor"))
    assert {"jsonl", "tensorboard", "mlflow"} <= set(names("tracker"))

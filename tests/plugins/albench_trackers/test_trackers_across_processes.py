"""Trackers of worker processes, and trackers that fail."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FAILING = """
from dataclasses import dataclass
from albench.api import Tracker, hookimpl, option

@dataclass(frozen=True)
class Failing(Tracker):
    how: str = option("raise", "raise or exit")

    def fail(self, *told, **facts):
        if self.how == "exit":
            raise SystemExit(3)
        raise OSError("no room left")

    suite_start = trial_start = round_end = trial_end = suite_end = fail

@hookimpl
def albench_register(add):
    add.tracker("failing", Failing)
"""


def missing(*libraries: str) -> str:
    """Why a test that needs libraries cannot run."""
    return "".join(f"{name} is not installed" for name in libraries if importlib.util.find_spec(name) is None)


def test_the_trials_of_two_worker_processes_arrive(small_run: Callable[..., Any], tmp_path: Path) -> None:
    trackers = ["jsonl"] if missing("tensorboard") else ["jsonl", "tensorboard"]
    small_run(trackers=trackers, strategy=["random", "entropy"], seeds=2, executor="processes[workers=2]")
    folder = tmp_path / "results" / "blobs"
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    assert Counter(event["event"] for event in events) == {
        **{"suite_start": 1, "trial_start": 4, "round_end": 12, "trial_end": 4, "suite_end": 1}
    }
    rounds = Counter((e["trial"]["key"], e["record"]["round"]) for e in events if e["event"] == "round_end")
    assert set(rounds.values()) == {1}
    if "tensorboard" in trackers:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        found = [EventAccumulator(str(path)).Reload() for path in (folder / "tensorboard").iterdir()]
        assert [[event.step for event in run.Scalars("test/accuracy")] for run in found] == 4 * [[12, 20, 28]]


@pytest.mark.slow  # each process imports MLflow
@pytest.mark.skipif(bool(missing("mlflow", "sqlalchemy", "alembic")), reason="MLflow or SQLAlchemy is not installed")
@pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")  # MLflow's use of SQLAlchemy
def test_the_runs_of_two_worker_processes_arrive(
    small_run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    small_run(trackers=["mlflow"], seeds=2, executor="processes[workers=2]")
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'results' / 'blobs' / 'mlruns' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("blobs")
    runs = client.search_runs([experiment.experiment_id])
    assert [run.info.status for run in runs] == ["FINISHED", "FINISHED"]
    assert {run.data.params["seed"] for run in runs} == {"0", "1"}
    assert {len(client.get_metric_history(run.info.run_id, "test/accuracy")) for run in runs} == {3}


class Told:
    def __init__(self) -> None:
        self.notes: list[str] = []

    def plan(self, plan: Any) -> None: ...

    def event(self, event: Any) -> None:
        self.notes += [event.text] if hasattr(event, "text") else []

    def outcome(self, outcome: Any) -> None: ...


@pytest.mark.parametrize(
    ("spec", "error"), [("failing", "OSError: no room left"), ("failing[how=exit]", "SystemExit: 3")]
)
def test_a_failing_tracker_is_reported_and_ends_nothing(
    small_run: Callable[..., Any], tmp_path: Path, toy: str, spec: str, error: str
) -> None:
    path = tmp_path / "failing.py"
    path.write_text(FAILING)
    told = Told()
    results = small_run(trackers=[spec, "jsonl"], plugins=[toy, path], listener=told)
    assert results.failed.empty
    assert len(results.frame) == 3
    events = ("suite_start", "trial_start", "round_end", "trial_end", "suite_end")
    advice = "(the records are whole; mend it, or leave out its --tracker)"
    assert told.notes == [f"tracker {spec}: {event} failed: {error} {advice}" for event in events]
    lines = (tmp_path / "results" / "blobs" / "events.jsonl").read_text().splitlines()
    assert len(lines) == 7  # the other tracker is told all

"""MLflow's runs, read back by MLflow's client."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from interrupting import Interrupting

from albench.api import RoundEnd, TrialFacts, UserError
from albench.components.registry import registry
from albench.errors import OutOfTime
from albench.execution.jobs import run_job
from albench.results.records import read_trial, trial_folders

for library in ("mlflow", "sqlalchemy", "alembic"):
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")  # MLflow's use of SQLAlchemy


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store that several tests share, each with an experiment of its own: to make one takes a second or two."""
    return f"sqlite:///{tmp_path_factory.mktemp('store') / 'runs.db'}"


def client(uri: str) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri)


def runs(uri: str, experiment: str) -> list[Any]:
    """The experiment's runs, oldest first."""
    found = client(uri).get_experiment_by_name(experiment)
    return list(client(uri).search_runs([found.experiment_id], order_by=["attributes.start_time ASC"]))


def history(uri: str, run: Any, metric: str) -> list[tuple[int, float]]:
    return sorted((m.step, m.value) for m in client(uri).get_metric_history(run.info.run_id, metric))


def test_a_run_a_trial_in_the_folder_of_the_suite(small_run: Callable[..., Any], tmp_path: Path) -> None:
    small_run(trackers=["mlflow"], seeds=2)
    folder = tmp_path / "results" / "blobs"
    uri = f"sqlite:///{folder / 'mlruns' / 'mlflow.db'}"
    found = {run.info.run_name: run for run in runs(uri, "blobs")}
    trials = {path.name: path for path in trial_folders(folder)}
    assert found.keys() == trials.keys()
    for key, run in found.items():
        assert run.info.status == "FINISHED"
        assert run.data.params["method"] == "fixmatch"
        assert run.data.params["seed"] in ("0", "1")
        records = read_trial(trials[key]).records
        for split in ("test", "val"):
            for name in records[0][split]:
                wanted = [(r["n_labeled"], r[split][name]) for r in records if r[split][name] is not None]
                assert history(uri, run, f"{split}/{name}") == wanted
        assert history(uri, run, "training/loss") == [(r["n_labeled"], r["training"]["loss"][-1]) for r in records]
        assert run.info.artifact_uri.startswith(folder.as_uri())


def test_a_failed_trial_is_told_and_its_next_try_goes_on_in_its_run(small_run: Callable[..., Any], store: str) -> None:
    tracker = f"mlflow[uri={store},experiment=failing]"
    small_run(trackers=[tracker], strategy="wrong", on_failure="keep")
    (run,) = runs(store, "failing")
    assert run.info.status == "FAILED"
    assert "no idea what to pick" in run.data.tags["albench.reason"]
    small_run(trackers=[tracker], strategy="wrong", on_failure="keep")
    (again,) = runs(store, "failing")
    assert again.info.run_id == run.info.run_id
    assert again.info.status == "FAILED"


def test_an_interrupted_trial_goes_on_in_its_run(small_run: Callable[..., Any], tmp_path: Path, store: str) -> None:
    tracker = f"mlflow[uri={store},experiment=interrupted]"
    with pytest.raises(KeyboardInterrupt):
        small_run(trackers=[tracker], listener=Interrupting(1))
    (run,) = runs(store, "interrupted")
    assert run.info.status == "KILLED"
    assert run.data.tags["albench.reason"] == "interrupted"
    assert [step for step, _ in history(store, run, "test/accuracy")] == [12]
    small_run(trackers=[tracker])
    (again,) = runs(store, "interrupted")
    assert again.info.run_id == run.info.run_id
    assert again.info.status == "FINISHED"
    assert "albench.reason" not in again.data.tags
    (trial,) = trial_folders(tmp_path / "results" / "blobs")
    records = read_trial(trial).records
    wanted = [(r["n_labeled"], r["test"]["accuracy"]) for r in records]
    assert history(store, again, "test/accuracy") == wanted


def told(tracker: Any, trial: TrialFacts, steps: tuple[int, ...], first: int = 0) -> None:
    tracker.trial_start(trial=trial)
    for number, n_labeled in enumerate(steps, first):
        test = {"accuracy": 0.5, "auroc": None, "recall.T1/T2 (früh) %": 0.25}
        tracker.round_end(event=RoundEnd(trial, {"round": number, "n_labeled": n_labeled, "test": test}))


def test_a_trial_made_again_gets_a_new_run(tmp_path: Path, store: str) -> None:
    trial = TrialFacts("blobs--fixmatch--zufällig--s0", "blobs", "fixmatch", "random", "mlp", 0, folder=str(tmp_path))
    spec = f"mlflow[uri={store},experiment=again]"
    told(registry().build("tracker", spec), trial, (10, 20))
    tracker = registry().build("tracker", spec)
    told(tracker, trial, (30,), first=2)  # goes on
    assert len(runs(store, "again")) == 1
    told(tracker, trial, (10, 20, 30))  # from the start, as where its checkpoint was lost
    old, new = runs(store, "again")
    assert (old.info.status, new.info.status) == ("KILLED", "RUNNING")
    assert "in another run" in old.data.tags["albench.reason"]
    tracker.trial_end(trial=trial)
    tracker.trial_start(trial=trial)
    tracker.trial_end(trial=replace(trial, status="done"))  # told again of what is complete
    assert [run.info.status for run in runs(store, "again")] == ["KILLED", "FINISHED"]
    told(tracker, trial, (10,))  # as with --fresh
    assert [run.info.status for run in runs(store, "again")] == ["KILLED", "FINISHED", "RUNNING"]
    assert history(store, new, "test/recall.T1/T2 _früh_ _") == [(10, 0.25), (20, 0.25), (30, 0.25)]


def test_many_metrics_go_in_parts(tmp_path: Path, store: str) -> None:
    trial = TrialFacts("key", "blobs", "fixmatch", "random", "mlp", 0, folder=str(tmp_path))
    tracker = registry().build("tracker", f"mlflow[uri={store},experiment=many]")
    record = {"round": 0, "n_labeled": 10, "test": {f"recall.{i}": i / 1200 for i in range(1200)}}
    tracker.round_end(event=RoundEnd(trial, record))
    (run,) = runs(store, "many")
    assert len(run.data.metrics) == 1200


@pytest.mark.parametrize(
    ("missing", "command"),
    [("mlflow", r"pip install 'albench\[mlflow\]'"), ("sqlalchemy", r"or give a server: mlflow\[uri=http")],
)
def test_without_a_library_the_message_names_the_command(
    monkeypatch: pytest.MonkeyPatch, missing: str, command: str
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else find(name))
    with pytest.raises(UserError, match=command) as caught:
        registry().build("tracker", "mlflow")
    assert "\n" not in str(caught.value)


def test_a_trial_has_one_run_where_two_drivers_share_a_suite(job_of: Callable[..., Any], store: str) -> None:
    """The second driver looks at a trial that the first one completed meanwhile."""
    job = job_of(rounds=2, steps=2, trackers=[f"mlflow[uri={store},experiment=shared]"])
    run_job(job, lambda _: None)
    (run,) = runs(store, "shared")
    assert run.info.status == "FINISHED"
    assert run.data.metrics


def test_a_time_limit_stops_a_run_and_the_next_goes_on_in_it(
    small_run: Callable[..., Any], store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = iter([None, OutOfTime("over")])

    def once(_deadline: float | None) -> None:
        if error := next(rounds, None):
            raise error

    tracker = f"mlflow[uri={store},experiment=limited]"
    monkeypatch.setattr("albench.trial.rounds.in_time", once)
    small_run(rounds=3, steps=2, trackers=[tracker])
    (stopped,) = runs(store, "limited")
    assert (stopped.info.status, stopped.data.tags["albench.reason"]) == ("KILLED", "over")
    small_run(rounds=3, steps=2, trackers=[tracker])
    (whole,) = runs(store, "limited")
    assert (whole.info.run_id, whole.info.status) == (stopped.info.run_id, "FINISHED")

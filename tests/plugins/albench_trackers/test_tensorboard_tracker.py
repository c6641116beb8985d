"""TensorBoard's files, read back by TensorBoard."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from interrupting import Interrupting

from albench.api import RoundEnd, TrialFacts, UserError
from albench.components.registry import registry
from albench.results.records import read_trial, trial_folders

if importlib.util.find_spec("tensorboard") is None:
    pytest.skip("TensorBoard is not installed", allow_module_level=True)


def read(folder: Path) -> Any:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    return EventAccumulator(str(folder)).Reload()


def scalars(run: Any, tag: str) -> list[tuple[int, float]]:
    return [(event.step, event.value) for event in run.Scalars(tag)]


def texts(run: Any, tag: str) -> list[tuple[int, str]]:
    return [(event.step, event.tensor_proto.string_val[0].decode()) for event in run.Tensors(tag)]


def near(pairs: list[tuple[int, float]]) -> Any:
    return [(step, pytest.approx(value, rel=1e-6)) for step, value in pairs]


def test_a_run_a_trial_with_labels_as_steps(small_run: Callable[..., Any], tmp_path: Path) -> None:
    small_run(trackers=["tensorboard"], seeds=2)
    folder = tmp_path / "results" / "blobs"
    trials = list(trial_folders(folder))
    assert sorted(path.name for path in (folder / "tensorboard").iterdir()) == sorted(path.name for path in trials)
    for trial in trials:
        run, records = read(folder / "tensorboard" / trial.name), read_trial(trial).records
        for split in ("test", "val"):
            for name in records[0][split]:
                wanted = [(r["n_labeled"], r[split][name]) for r in records if r[split][name] is not None]
                assert scalars(run, f"{split}/{name}") == near(wanted)
        for name in ("loss", "supervised_loss", "unlabeled_loss"):
            wanted = [(r["n_labeled"], r["training"][name][-1]) for r in records]
            assert scalars(run, f"training/{name}") == near(wanted)
        assert [step for step, _ in scalars(run, "query/minority_share/all")] == [12, 20]
        assert [step for step, _ in scalars(run, "pseudo_label/accepted")] == [12, 20, 28]
        assert "queried" not in str(run.Tags())
        ((step, table),) = texts(run, "trial")
        assert step == 0
        assert "| method | `fixmatch` |" in table
        assert texts(run, "status") == [(28, "done")]


def test_a_failed_trial_is_told(small_run: Callable[..., Any], tmp_path: Path) -> None:
    small_run(trackers=["tensorboard[folder=curves/tb]"], strategy="wrong", on_failure="keep")
    (folder,) = (tmp_path / "results" / "blobs" / "curves" / "tb").iterdir()
    ((step, text),) = texts(read(folder), "status")
    assert step == 0
    assert text.startswith("failed: ")
    assert "no idea what to pick" in text


def test_an_interrupted_trial_goes_on_in_its_run(small_run: Callable[..., Any], tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        small_run(trackers=["tensorboard"], listener=Interrupting(1))
    (folder,) = (tmp_path / "results" / "blobs" / "tensorboard").iterdir()
    assert [step for step, _ in scalars(read(folder), "test/accuracy")] == [12]
    small_run(trackers=["tensorboard"])
    assert list((tmp_path / "results" / "blobs" / "tensorboard").iterdir()) == [folder]
    run = read(folder)
    (trial,) = trial_folders(tmp_path / "results" / "blobs")
    records = read_trial(trial).records
    assert scalars(run, "test/accuracy") == near([(r["n_labeled"], r["test"]["accuracy"]) for r in records])
    assert texts(run, "status") == [(12, "stopped: interrupted"), (28, "done")]
    assert len(texts(run, "trial")) == 1


def test_a_trial_made_again_takes_the_place_of_what_it_had_written(tmp_path: Path) -> None:
    trial = TrialFacts("key", "blobs", "fixmatch", "random", "mlp", 0, folder=str(tmp_path))

    def told(value: float, steps: tuple[int, ...], tracker: Any) -> None:
        tracker.trial_start(trial=trial)
        for number, n_labeled in enumerate(steps):
            record = {"round": number, "n_labeled": n_labeled, "test": {"accuracy": value, "auroc": None}}
            tracker.round_end(event=RoundEnd(trial, record))

    tracker = registry().build("tracker", "tensorboard")
    told(0.25, (10, 20, 30), tracker)
    told(0.5, (10, 20), tracker)  # in one process
    assert scalars(read(tmp_path / "tensorboard" / "key"), "test/accuracy") == [(10, 0.5), (20, 0.5)]
    tracker.trial_end(trial=trial)
    again = registry().build("tracker", "tensorboard")
    told(0.75, (10,), again)
    again.suite_end(suite=None)
    run = read(tmp_path / "tensorboard" / "key")
    assert scalars(run, "test/accuracy") == [(10, 0.75)]
    assert run.Tags()["scalars"] == ["test/accuracy"]


def test_without_the_library_the_message_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(UserError, match=r"pip install 'albench\[tensorboard\]'") as caught:
        registry().build("tracker", "tensorboard")
    assert "\n" not in str(caught.value)

"""Seeds that share their steps come out as they do alone, fail alone, and go on after an interruption."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from stepwise import stepwise

import albench
from albench.api import Batch, FeatureDataset, ImageDataset, Split, Splits, Task
from albench.cli.main import main
from albench.components.registry import registry
from albench.errors import SuiteError, TrialError
from albench.results.store import SuiteStore
from albench.session import suite_from
from albench.suite.protocol import Amounts, Protocol
from albench.suite.trials import Trial
from albench.training.lanes import Stack, pieces, takes_lanes
from albench.training.loop import Trained, train_round
from albench.trial.numerics import numerics
from albench.trial.parts import Parts
from albench.trial.run import TrialRun

Stable = Callable[[Path], dict[str, list[dict[str, Any]]]]
SMALL = {"batch_size": 16, "initial": 12, "query_size": 8, "rounds": 3, "steps": 20, "evaluations": 2}
FEATURES = Task("features", (24,), 3, ("a", "b", "c"), pool_size=240)
IMAGES = Task("image", (1, 12, 12), 3, ("a", "b", "c"), pool_size=240)


def splits(task: Task) -> Splits:
    """Classes that can be told: a mean of their own, or a stripe of their own."""
    rng = np.random.Generator(np.random.PCG64(0))
    parts = []
    for count in (240, 60, 60):
        y = np.arange(count) % 3
        if task.modality == "features":
            x = (rng.standard_normal((count, 24)) + 2 * np.eye(3, 24)[y]).astype(np.float32)
        else:
            rows = np.arange(12) // 4 == y[:, None]
            x = np.clip(rows[:, None, :, None] * 120 + rng.normal(60, 20, (count, 1, 12, 12)), 0, 255).astype(np.uint8)
        parts.append(Split(x, y))
    return Splits(*parts, task)


def run_of(method: str, backbone: str, seed: int, steps: int = 20, **settings: Any) -> TrialRun:
    task = FEATURES if backbone.startswith("mlp") else IMAGES
    found = registry()
    protocol = Protocol(steps=steps, batch_size=16, evaluations=1, **settings)
    trial = Trial("d", method, "random", backbone, seed, protocol, ("", "", "", ""))
    dataset = FeatureDataset() if task is FEATURES else ImageDataset()
    built = (found.build("method", method), found.build("strategy", "random"), found.build("backbone", backbone))
    return TrialRun(
        trial, Parts(dataset, splits(task), *built, Amounts(30, 10, 2), torch.device("cpu")), lambda _: None
    )


def alone(run: TrialRun, batches: Sequence[Batch] | None = None) -> list[float]:
    run.begin(0)
    made = run.batches(0) if batches is None else batches
    return [float(run.learner.step(step, [batch])["loss"]) for step, batch in enumerate(made)]


def together(runs: Sequence[TrialRun], batches: Sequence[Sequence[Batch]] | None = None) -> np.ndarray:
    """(lanes, steps) losses."""
    for run in runs:
        run.begin(0)
    stack = Stack([run.learner for run in runs])
    made = zip(*(batches or [run.batches(0) for run in runs]), strict=True)
    return torch.stack([stack.step(step, parts)["loss"] for step, parts in enumerate(made)]).T.numpy()


def alone_and_together(method: str, backbone: str, **settings: Any) -> tuple[np.ndarray, np.ndarray]:
    """(2, steps) losses of two seeds, each way; their batches, which are the same either way, are made once."""

    def runs() -> list[TrialRun]:
        return [run_of(method, backbone, seed, **settings) for seed in range(2)]

    with numerics(1):
        batches = []
        for run in runs():
            run.begin(0)
            batches.append(list(run.batches(0)))
        return np.array([alone(*each) for each in zip(runs(), batches, strict=True)]), together(runs(), batches)


def trained_together(runs: Sequence[TrialRun], number: int) -> list[Trained | TrialError]:
    """A round of all, in one step."""
    batches, validate = [run.batches(number) for run in runs], [run.validate for run in runs]
    return train_round(Stack([run.learner for run in runs]), batches, validate, lambda _: None)


METHODS = stepwise()


@pytest.mark.parametrize("method", [each for each in METHODS if registry().build("method", each).takes_lanes])
@pytest.mark.parametrize("settings", [{"optimizer": "sgd"}, {"optimizer": "adamw", "lr": 0.003, "clip": 0.5}])
def test_lanes_without_vmap_learn_to_the_bit_what_each_learns_alone(method: str, settings: dict[str, Any]) -> None:
    """Biases of three classes go lane by lane through the optimizer, whole vectors of numbers all at once."""
    runs = [run_of(method, "mlp[hidden=64]", seed, steps=12, **settings) for seed in range(3)]
    solo = [run_of(method, "mlp[hidden=64]", seed, steps=12, **settings) for seed in range(3)]
    assert takes_lanes(runs[0].method, runs[0].network.model)
    assert [len(pieces(torch.zeros(3, *shape))) for shape in [(64, 24), (64,), (3, 64), (3,)]] == [1, 1, 1, 3]
    with numerics(1):
        for run in (*runs, *solo):
            run.begin(0)
        trained_together(runs, 0)
        for run, other in zip(runs, solo, strict=True):
            train_round(other.network, [other.batches(0)], [other.validate], lambda _: None)
            ours, theirs = run.network.checkpoint(), other.network.checkpoint()
            torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


def test_a_method_with_class_counts_or_heads_in_its_loss_goes_through_vmap() -> None:
    model = run_of("fixmatch", "mlp[hidden=8]", 0).network.model
    build = registry().build
    assert takes_lanes(build("method", "fixmatch"), model)
    assert not takes_lanes(build("method", "fixmatch[loss=class-weighted]"), model)
    assert not takes_lanes(build("method", "vat"), model)
    assert not takes_lanes(build("method", "fixmatch"), run_of("fixmatch", "cnn[width=8]", 0).network.model)
    assert not takes_lanes(build("method", "fixmatch"), run_of("abc", "mlp[hidden=8]", 0).network.model)


@pytest.mark.parametrize("method", METHODS)
def test_lanes_follow_their_solo_runs_on_features(method: str) -> None:
    """As many steps as it takes until what a method keeps from step to step decides its losses."""
    solo, lanes = alone_and_together(method, "mlp[hidden=16]", steps=50)
    assert lanes.shape == (2, 50)
    assert np.abs(lanes - solo).max() < 1e-4


@pytest.mark.parametrize("method", METHODS)
def test_lanes_follow_their_solo_runs_on_images(method: str) -> None:
    """Convolutions of lanes round differently; the default learning rate would amplify that step by step."""
    solo, lanes = alone_and_together(method, "cnn[width=8]", steps=10, lr=0.001)
    assert np.abs(lanes - solo).max() < 1e-5


def test_lanes_drop_what_their_solo_runs_drop() -> None:
    with numerics(1):
        for method in ("fixmatch", "vat", "abc", "cossl"):
            solo = np.array([alone(run_of(method, "mlp[hidden=16,dropout=0.5]", seed)) for seed in range(3)])
            lanes = together([run_of(method, "mlp[hidden=16,dropout=0.5]", seed) for seed in range(3)])
            whole = np.array([alone(run_of(method, "mlp[hidden=16]", seed)) for seed in range(3)])
            assert np.abs(lanes - solo).max() < 1e-4
            assert np.abs(whole - solo).max() > 0.05


@pytest.mark.parametrize("backbone", ["mlp[hidden=16]", "mlp[hidden=16,dropout=0.5]", "cnn[width=8]"])
def test_a_lane_does_not_depend_on_the_lanes_beside_it(backbone: str) -> None:
    with numerics(1):
        many = together([run_of("fixmatch", backbone, seed) for seed in (0, 1, 2, 3)])
        few = together([run_of("fixmatch", backbone, seed) for seed in (3, 1)])
        one = together([run_of("fixmatch", backbone, 2)])
    np.testing.assert_array_equal(few, many[[3, 1]])
    np.testing.assert_array_equal(one[0], many[2])


@pytest.mark.parametrize("settings", [{"optimizer": "adamw", "lr": 0.003}, {"schedule": "constant"}, {"clip": 0.2}])
def test_lanes_follow_their_solo_runs_with_other_settings(settings: dict[str, Any]) -> None:
    with numerics(1):
        solo = np.array([alone(run_of("fixmatch", "mlp[hidden=16]", seed, **settings)) for seed in range(3)])
        lanes = together([run_of("fixmatch", "mlp[hidden=16]", seed, **settings) for seed in range(3)])
        few = together([run_of("fixmatch", "mlp[hidden=16]", seed, **settings) for seed in (2, 1)])
        default = together([run_of("fixmatch", "mlp[hidden=16]", seed) for seed in range(3)])
    assert np.abs(lanes - solo).max() < 1e-4
    np.testing.assert_array_equal(few, lanes[[2, 1]])
    assert np.abs(lanes - default).max() > 0.01


@pytest.mark.parametrize(
    "settings", [{}, {"epochs": 2}, {"optimizer": "adamw", "lr": 0.003, "clip": 1.0, "schedule": "constant"}]
)
def test_learners_are_handed_back_as_they_would_be_alone(settings: dict[str, Any]) -> None:
    """Weights, average, what the optimizer keeps, memory and best weights, over two rounds of a warm start."""
    runs = [run_of("boostmis", "mlp[hidden=16]", seed, steps=10, start="warm", **settings) for seed in (0, 1)]
    solo = run_of("boostmis", "mlp[hidden=16]", 1, steps=10, start="warm", **settings)
    with numerics(1):
        for number in (0, 1):
            for run in (*runs, solo):
                run.begin(number)
            _, trained = trained_together(runs, number)
            (expected,) = train_round(solo.learner, [solo.batches(number)], [solo.validate], lambda _: None)
    assert isinstance(trained, Trained)
    assert isinstance(expected, Trained)
    assert trained.best_step == expected.best_step
    assert trained.curves.keys() == expected.curves.keys()
    for ours, theirs in (
        (trained.best.state_dict(), expected.best.state_dict()),
        (runs[1].learner.model.state_dict(), solo.learner.model.state_dict()),
        (runs[1].learner.average.state_dict(), solo.learner.average.state_dict()),
        (runs[1].learner.state, solo.learner.state),
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)
    ours, theirs = (run.learner.optimizer.state_dict()["state"] for run in (runs[1], solo))
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)
    assert runs[1].learner.first_step == solo.learner.first_step == 2 * solo.learner.steps


def test_a_lane_that_diverges_leaves_the_others_alone() -> None:
    runs = [run_of("fixmatch", "mlp[hidden=16]", seed, steps=50) for seed in (0, 1, 2)]
    undisturbed = together([run_of("fixmatch", "mlp[hidden=16]", seed, steps=50) for seed in (0, 2)])
    for run in runs:
        run.begin(0)
    with torch.no_grad():
        next(runs[1].learner.model.parameters()).fill_(float("nan"))
    found = trained_together(runs, 0)
    assert isinstance(found[1], TrialError)
    assert "lower lr" in str(found[1])
    for trained, losses in ((found[0], undisturbed[0]), (found[2], undisturbed[1])):
        assert not isinstance(trained, TrialError)
        assert trained.curves["loss"][-1] == pytest.approx(losses[-2:].mean(), abs=0.05)


def weights(folder: Path, stable: Stable) -> dict[tuple[str, ...], list[str]]:
    """Names and seed -> the hash of each round's weights; keys of trials differ by the setting."""
    return {
        tuple(key.split("--")[:5]): [record["training"]["weights"] for record in records]
        for key, records in stable(folder).items()
    }


@pytest.mark.parametrize("method", ["fixmatch", "abc", "crest"])
def test_whole_trials_buy_and_learn_the_same_in_lanes(
    method: str, small_run: Callable[..., Any], tmp_path: Path, stable_records: Stable
) -> None:
    for lanes in ("off", "auto", "2"):
        small_run(seeds=3, method=method, strategy=["random", "entropy"], lanes=lanes, out=tmp_path / lanes)
    off, auto, two = (weights(tmp_path / lanes / "blobs", stable_records) for lanes in ("off", "auto", "2"))
    assert len(off) == 6
    assert off == auto == two


def test_lanes_are_chosen_where_no_trial_can_share_its_steps(small_run: Callable[..., Any]) -> None:
    results = small_run(dataset="stripes", method="supervised", seeds=2, rounds=1, lanes="auto")  # images, on a CPU
    assert sorted(results.frame["seed"]) == [0, 1]


def test_an_interrupted_suite_goes_on_in_lanes_of_other_company(
    small_run: Callable[..., Any], tmp_path: Path, stable_records: Stable
) -> None:
    small_run(seeds=3, lanes="3", out=tmp_path / "whole")
    small_run(seeds=3, lanes="3", out=tmp_path / "torn")
    store = SuiteStore(tmp_path / "torn" / "blobs")
    whole = stable_records(tmp_path / "whole" / "blobs")
    for key, rounds in zip(sorted(whole), (0, 1, 2), strict=True):  # each trial stopped in another round
        store.trial(key).truncate(rounds)
    small_run(seeds=3, lanes="3", out=tmp_path / "torn")
    assert stable_records(tmp_path / "torn" / "blobs") == whole


def test_a_trial_that_fails_fails_alone(small_run: Callable[..., Any]) -> None:
    results = small_run(strategy="unlucky", seeds=6, lanes="6", on_failure="keep")
    done = set(results.frame[results.frame["round"] == 2]["seed"])
    failed = set(results.failed["seed"])
    assert done
    assert failed
    assert done | failed == set(range(6))
    assert not done & failed
    assert set(results.failed["reason"]) == {"RuntimeError: an even sum"}


def test_a_worker_that_dies_fails_all_of_its_lanes(small_run: Callable[..., Any]) -> None:
    results = small_run(
        strategy=["wrong[how=die]", "random"], seeds=3, lanes="3", executor="processes[workers=1]", on_failure="keep"
    )
    assert set(results.failed["seed"]) == {0, 1, 2}
    assert all("killed by SIGKILL" in reason for reason in results.failed["reason"])
    assert set(results.frame[results.frame["strategy"] == "random"]["seed"]) == {0, 1, 2}


def test_what_cannot_share_steps_says_why_and_runs_alone(
    toy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["run", "-d", "stripes", "--backbone", "wrn[depth=10,widen=1]", "-m", "supervised", "-s", "random"]
    small = ["--initial", "8", "--query-size", "4", "--rounds", "2", "--steps", "2", "--seeds", "2", "--lanes", "2"]
    with pytest.raises(SystemExit) as ended:
        main([*words, *small, "--plugin", toy, "--out", str(tmp_path), "--executor", "local"])
    assert not ended.value.code
    shown = " ".join(capsys.readouterr().out.split())
    assert "backbone wrn[depth=10,widen=1] does not say that it is vmap_safe, so its seeds train" in shown


@pytest.mark.parametrize("lanes", ["1", "0", "many", "-2", "2.5"])
def test_a_wrong_number_of_lanes_is_told(lanes: str) -> None:
    with pytest.raises(SuiteError, match="write off, auto or a number from 2 on"):
        suite_from(dataset="digits", lanes=lanes)


def test_lanes_are_part_of_the_key_only_where_they_are_on() -> None:
    trial = Trial("d", "m", "s", "b", 0, Protocol(), ("d", "m", "s", "b"))
    on = dataclasses.replace(trial, protocol=Protocol(lanes="8"))
    assert "lanes" not in trial.protocol.content
    assert trial.key != on.key


def test_results_of_lanes_are_read_like_any_others(small_run: Callable[..., Any]) -> None:
    results = small_run(seeds=2, lanes="2")
    assert set(results.frame["seed"]) == {0, 1}
    assert (results.frame["seconds.train"] > 0).all()
    assert albench.load(results.folders[0]).frame.equals(results.frame)

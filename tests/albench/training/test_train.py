"""One round's training: schedule, moving average, checkpoints, what is charged for which view, broken methods."""

from __future__ import annotations

import copy
import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from albench.api import FeatureDataset, Method, Split, Splits, Strategy, Task
from albench.api.executor import Progress
from albench.errors import ContractError, TrialError
from albench.results.records import read_trial
from albench.results.store import TrialStore
from albench.suite.plan import Amounts, Protocol, Trial
from albench.training.batches import balanced, endless
from albench.training.lanes import Stack
from albench.training.train import Curves, Learner, ModelForward, cosine, ema_decay
from albench.trial.numerics import flushes_denormals, numerics
from albench.trial.parts import Parts
from albench.trial.run import Run
from albench.trial.stored import run_trial

CPU = torch.device("cpu")
TASK = Task("features", (4,), 2, ("a", "b"), pool_size=40)


class Net(nn.Module):
    def __init__(self, scale: float = 0.1) -> None:
        super().__init__()
        self.head = nn.Linear(4, 2)
        with torch.no_grad():
            self.head.weight.copy_(torch.arange(8.0).view(2, 4) * scale)
            self.head.bias.zero_()

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.head(x), x


class NetBackbone:
    def build(self, task: Task, generator: torch.Generator) -> nn.Module:
        return Net()


@dataclass(frozen=True)
class Plain(Method):
    def loss(self, forward: Any, batch: Any, state: Any, step: Any) -> Any:
        return functional.cross_entropy(forward(batch.x_lab), batch.y_lab), state, {"step": step.float()}


class Pick(Strategy):
    def select(self, view: Any, budget: int) -> torch.Tensor:
        return torch.arange(budget)


def splits() -> Splits:
    rng = np.random.Generator(np.random.PCG64(0))
    parts = []
    for count in (40, 20, 20):
        y = np.arange(count) % 2
        parts.append(Split((rng.standard_normal((count, 4)) + 2 * y[:, None]).astype(np.float32), y))
    return Splits(*parts, TASK)


def make(method: Method | None = None, **settings: Any) -> tuple[Trial, Parts]:
    protocol = Protocol(**{"steps": 10, "batch_size": 4, "rounds": 2, "evaluations": 2, **settings})
    trial = Trial("d", "m", "s", "b", 0, protocol, ("d", "m", "s", "b"))
    parts = Parts(FeatureDataset(), splits(), method or Plain(), Pick(), NetBackbone(), Amounts(6, 4, 2), CPU)  # type: ignore[arg-type]
    return trial, parts


def carry_out(tmp_path: Path, trial: Trial, parts: Parts) -> list[dict[str, Any]]:
    store = TrialStore(tmp_path / "t")
    store.folder.mkdir(exist_ok=True)
    facts = {"data_hash": "x", "protocol": dataclasses.asdict(trial.protocol)}
    run_trial(trial, parts, store, facts, lambda _: None, lambda _: None)
    return read_trial(store.folder).records


def one_step(run: Run, batch: Any, lanes: bool) -> None:
    if lanes:
        Stack([run.learner]).step(0, [batch])
    else:
        run.learner._step(0, batch)


LOSS = torch.zeros((), requires_grad=True)


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (None, r"the method's loss must return \(loss, state, logs\), not None: does it end in a return\?"),
        (LOSS, r"must return \(loss, state, logs\), not a tensor of shape \(\)"),
        ((LOSS, {}), r"must return \(loss, state, logs\), not tuple of Tensor, dict"),
        ((torch.zeros(4), {}, {}), r"the method's 'loss' must be a tensor of shape \(\), not a tensor of shape \(4,\)"),
        ((0.5, {}, {}), r"the method's 'loss' must be a tensor of shape \(\), not float"),
        ((LOSS, {}, {"share": 0.5}), r"the method's 'share' must be a tensor of shape \(\), not float"),
    ],
)
@pytest.mark.parametrize("lanes", [False, True])
def test_what_a_loss_returns_is_told_in_words(lanes: bool, returned: Any, message: str) -> None:
    class Odd(Method):
        def loss(self, forward: Any, batch: Any, state: Any, step: Any) -> Any:
            return returned

    trial, parts = make(Odd())
    run = Run(trial, parts, lambda _: None)
    run.begin(0)
    batch = next(iter(run.batches(0)))
    with pytest.raises(ContractError, match=message):
        one_step(run, batch, lanes)


@pytest.mark.parametrize("lanes", [False, True])
def test_a_model_that_gives_logits_alone_is_told_and_not_taken_apart(lanes: bool) -> None:
    class Alone(Net):
        def forward(self, x: torch.Tensor) -> Any:
            return self.head(x)

    class Built:
        def build(self, task: Task, generator: torch.Generator) -> nn.Module:
            return Alone()

    trial, parts = make()
    run = Run(trial, dataclasses.replace(parts, backbone=Built()), lambda _: None)  # type: ignore[arg-type]
    run.begin(0)
    batch = next(iter(run.batches(0)))
    with pytest.raises(ContractError, match=r"must return \(logits, embedding\), not a tensor of shape \(4, 2\)"):
        one_step(run, batch, lanes)


def test_denormal_floats_are_flushed_inside_a_trial_and_as_they_were_after_it() -> None:
    for before in (True, False):
        torch.set_flush_denormal(before)
        with numerics(1):
            assert flushes_denormals()
        assert flushes_denormals() is before


def test_the_schedule_is_fixmatchs() -> None:
    assert cosine(0, 100) == 1
    assert cosine(100, 100) == pytest.approx(math.cos(7 * math.pi / 16))


def test_the_average_forgets_the_initial_weights_soon_and_then_remembers_long() -> None:
    assert ema_decay(0, 0.999) == 0.1
    assert ema_decay(10**6, 0.999) == 0.999
    kept = math.prod(ema_decay(step, 0.999) for step in range(200))
    assert kept < 1e-4


def test_a_step_is_sgd_with_nesterov_and_decay_on_matrices_alone() -> None:
    """One step by hand: v = g + wd w; w -= lr (v + momentum v)."""
    trial, parts = make(steps=1, weight_decay=0.1)
    run = Run(trial, parts, lambda _: None)
    run._start_round(0)
    (batch,) = run.batches(0)
    by_hand = Net()
    functional.cross_entropy(by_hand(batch.x_lab)[0], batch.y_lab).backward()
    weight, bias = by_hand.head.weight, by_hand.head.bias
    assert weight.grad is not None
    assert bias.grad is not None
    expected_weight = weight - 0.03 * 1.9 * (weight.grad + 0.1 * weight)
    expected_bias = bias - 0.03 * 1.9 * bias.grad
    run.learner.train_round([batch], lambda _: 0.0, lambda _: None)
    head: Any = run.learner.model.head
    assert torch.allclose(head.weight, expected_weight, atol=1e-7)
    assert torch.allclose(head.bias, expected_bias, atol=1e-7)
    average: Any = run.learner.average.head
    assert torch.allclose(average.weight, 0.1 * Net().head.weight + 0.9 * expected_weight, atol=1e-7)


def test_the_weights_that_validate_best_are_kept() -> None:
    trial, parts = make(steps=4, evaluations=4)
    run = Run(trial, parts, lambda _: None)
    run._start_round(0)
    seen: list[torch.Tensor] = []
    scores = iter([0.1, 0.9, 0.3, 0.9])

    def validate(model: Any) -> float:
        seen.append(model.head.weight.clone())
        return next(scores)

    trained = run.learner.train_round(run.batches(0), validate, lambda _: None)
    assert trained.best_step == 2, "the first of two equals"
    assert torch.equal(trained.best.head.weight, seen[1])
    assert not torch.equal(seen[1], seen[3])


def test_a_method_is_charged_for_the_views_that_it_asks_for() -> None:
    class Counting:
        def __init__(self) -> None:
            self.calls: list[tuple[str, int]] = []

        def weak(self, x: torch.Tensor, noise: torch.Tensor, consume: bool = False) -> torch.Tensor:
            self.calls.append(("weak", len(x)))
            return x

        def strong(self, x: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
            self.calls.append(("strong", len(x)))
            return x

    def calls(views: set[str]) -> list[tuple[str, int]]:
        @dataclass(frozen=True)
        class Asking(Plain):
            pass

        Asking.views = frozenset(views)
        trial, parts = make(Asking())
        run = Run(trial, parts, lambda _: None)
        counting = Counting()
        run.augmenter = counting  # type: ignore[assignment]
        batch = next(iter(run.batches(0)))
        assert set(batch.views) == views
        return counting.calls

    assert calls(set()) == [("weak", 4)]
    assert calls({"weak"}) == [("weak", 4), ("weak", 8)]
    assert calls({"weak", "strong"}) == [("weak", 4), ("strong", 8), ("weak", 8)]


def test_views_of_one_batch_show_the_same_items_under_other_noise() -> None:
    @dataclass(frozen=True)
    class Two(Plain):
        pass

    Two.views = frozenset({"weak", "weak2"})
    trial, parts = make(Two())
    run = Run(trial, parts, lambda _: None)
    batch = next(iter(run.batches(0)))
    items = torch.from_numpy(parts.splits.train.x)[batch.index]
    for view in batch.views.values():
        assert not torch.equal(view, items)
        assert torch.allclose(view, items, atol=2.0)
    assert not torch.equal(batch.views["weak"], batch.views["weak2"])


def test_the_data_order_is_the_seeds_alone() -> None:
    @dataclass(frozen=True)
    class One(Plain):
        unlabeled_ratio: int = 2

    One.views = frozenset({"weak"})

    def order(seed: int) -> list[list[int]]:
        trial, parts = make(One())
        trial = Trial(trial.dataset, "other", "other", "b", seed, trial.protocol, trial.resolved)
        return [batch.index.tolist() for batch in Run(trial, parts, lambda _: None).batches(0)]

    assert order(0) == order(0) != order(1)


def test_endless_sees_each_item_equally_often() -> None:
    rng = np.random.Generator(np.random.PCG64(0))
    drawn = endless(np.arange(7), 50, rng)
    assert set(np.bincount(drawn)) == {7, 8}


def test_balanced_batches_hold_each_bought_class_equally_often() -> None:
    rng = np.random.Generator(np.random.PCG64(0))
    ids, y = np.arange(10, 20), np.array([0] * 8 + [2] * 2)
    drawn = balanced(ids, y, 40, rng)
    assert np.bincount(y[drawn - 10]).tolist() == [20, 0, 20]


def test_with_everything_labelled_the_labelled_items_serve_as_unlabelled(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class One(Plain):
        unlabeled_ratio: int = 2

    One.views = frozenset({"weak"})
    trial, parts = make(One())
    parts = Parts(
        *(getattr(parts, n) for n in ("dataset", "splits", "method", "strategy", "backbone")), Amounts(36, 4, 2), CPU
    )
    records = carry_out(tmp_path, trial, parts)
    assert [r["n_labeled"] for r in records] == [36, 40]
    assert records[1]["pseudo_label"] == {"accepted": None, "accuracy": None, "rejected_per_class": None}


def test_a_loss_that_is_no_number_stops_the_trial(tmp_path: Path) -> None:
    class Exploding(Plain):
        def loss(self, forward: Any, batch: Any, state: Any, step: Any) -> Any:
            loss, state, logs = super().loss(forward, batch, state, step)
            return loss + torch.where(step >= 13, float("nan"), 0.0), state, logs

    trial, parts = make(Exploding(), start="warm")
    message = r"the loss became nan in round 1, step 3; the steps before had [\d.]+, [\d.]+, [\d.]+: lower lr"
    with pytest.raises(TrialError, match=message):
        carry_out(tmp_path, trial, parts)
    assert len(read_trial(tmp_path / "t").records) == 1


def test_a_memory_that_is_no_number_stops_the_trial(tmp_path: Path) -> None:
    class Forgetful(Plain):
        def init(self, task: Any, device: Any) -> Any:
            return {"scale": torch.ones(2), "far": torch.full((1,), float("inf"))}

        def loss(self, forward: Any, batch: Any, state: Any, step: Any) -> Any:
            loss, _, logs = super().loss(forward, batch, {}, step)
            return loss, {**state, "scale": torch.where(step >= 3, state["scale"] * float("nan"), state["scale"])}, logs

    trial, parts = make(Forgetful())
    with pytest.raises(TrialError, match=r"the method's state 'scale' became NaN in round 0, by step 4"):
        carry_out(tmp_path, trial, parts)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"memory": torch.zeros(3)}, "'memory' changed its shape"),
        ({"memory": torch.zeros(2, dtype=torch.float64)}, "'memory' changed its shape or type"),
        ({}, "'memory'.* went missing"),
        ({"memory": torch.zeros(2), "more": torch.zeros(1)}, r"gained \['more'\]"),
    ],
)
def test_a_state_that_changes_its_shape_is_named(tmp_path: Path, change: dict, message: str) -> None:
    class Forgetful(Plain):
        def init(self, task: Task, device: torch.device) -> dict[str, torch.Tensor]:
            return {"memory": torch.zeros(2)}

        def loss(self, forward: Any, batch: Any, state: Any, step: Any) -> Any:
            return (*super().loss(forward, batch, state, step)[:1], change, {})

    trial, parts = make(Forgetful())
    with pytest.raises(ContractError, match=message):
        carry_out(tmp_path, trial, parts)


def test_pseudo_label_passes_leave_batch_statistics_alone() -> None:
    class Normalized(Net):
        def __init__(self) -> None:
            super().__init__()
            self.norm = nn.BatchNorm1d(4)

        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            x = self.norm(x)
            return self.head(x), x

    model = Normalized().train()
    forward = ModelForward(model, Normalized().eval())
    x = torch.randn(8, 4, generator=torch.Generator().manual_seed(0)) + 3
    frozen = forward.frozen(x)
    assert torch.equal(model.norm.running_mean, torch.zeros(4))
    assert torch.allclose(frozen, forward(x)), "the batch's own statistics are used"
    assert not torch.equal(model.norm.running_mean, torch.zeros(4))
    assert not frozen.requires_grad


def test_learning_reduces_the_loss_and_progress_is_told(tmp_path: Path) -> None:
    trial, parts = make(steps=60, lr=0.1)
    told: list[Progress] = []
    store = TrialStore(tmp_path / "t")
    store.folder.mkdir()
    facts = {"data_hash": "x", "protocol": dataclasses.asdict(trial.protocol)}
    run_trial(trial, parts, store, facts, told.append, lambda _: None)
    losses = read_trial(store.folder).records[0]["training"]["loss"]
    assert losses[-1] < 0.7 * losses[0]
    assert [(p.round, p.step) for p in told if p.step == 60] == [(0, 60), (1, 60)]
    assert told[-1].metric is not None


def test_a_checkpoint_restores_everything() -> None:
    trial, parts = make(steps=6)
    first = Run(trial, parts, lambda _: None)
    first._train(0)
    saved = copy.deepcopy(first.learner.checkpoint())
    second = Run(trial, parts, lambda _: None)
    second.learner.restore(saved)
    for run in (first, second):
        run._train(1)
    assert all(
        torch.equal(a, b)
        for a, b in zip(
            first.learner.model.state_dict().values(), second.learner.model.state_dict().values(), strict=True
        )
    )
    assert first.learner.first_step == second.learner.first_step == 12


def test_curves_are_means_of_stretches() -> None:
    curves = Curves(40)
    for step in range(40):
        curves.add(step, {"loss": torch.tensor(float(step))})
    assert curves.means()["loss"] == [0.5 + 2 * i for i in range(20)]
    short = Curves(3)
    for step in range(3):
        short.add(step, {"loss": torch.tensor(1.0)})
    assert short.means() == {"loss": [1.0, 1.0, 1.0]}


def test_a_learner_takes_any_device_that_it_is_given() -> None:
    learner = Learner(Net(), Plain(), TASK, Protocol(), torch.device("cpu"))
    assert {p.device.type for p in learner.model.parameters()} == {"cpu"}
    assert not any(p.requires_grad for p in learner.average.parameters())

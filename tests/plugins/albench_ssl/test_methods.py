"""Losses on hand-made logits against plain NumPy, and every method with seeds stacked against each seed alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from rounds import begun
from torch import Tensor

from albench.api import Batch, Method, RoundFacts, State, Task
from albench_ssl.boostmis import BoostMIS
from albench_ssl.fixmatch import FixMatch
from albench_ssl.losses import masked_cross_entropy, pseudo_labels
from albench_ssl.pseudo_label import PseudoLabel
from albench_ssl.supervised import Supervised

METHODS = [Supervised(), PseudoLabel(ramp_steps=0, threshold=0.5), FixMatch(threshold=0.5), BoostMIS(alpha=0.45)]
TASK = Task("features", (3,), 3, ("a", "b", "c"), pool_size=7)


@dataclass
class Model:
    """A forward that multiplies by ``weight`` (D, C): the identity leaves hand-made logits as they are."""

    weight: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        return x @ self.weight

    def embed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self(x), x

    def frozen(self, x: Tensor) -> Tensor:
        return x @ self.weight.detach()

    def ema(self, x: Tensor) -> Tensor:
        return self.frozen(x)


# Weak view: sure of 0 (p = 0.964), unsure, sure of 2 (p = 0.9997).
WEAK = np.array([[4.0, 0.0, 0.0], [0.3, 0.1, 0.0], [0.0, 1.0, 9.0]])
STRONG = np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 5.0], [0.5, 0.0, 1.5]])
LABELED = np.array([[1.0, 0.0, -1.0], [0.0, 2.0, 0.0]])
Y = np.array([0, 2])


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(labels)), labels]


def top(logits: np.ndarray) -> np.ndarray:
    exp = np.exp(logits)
    return (exp / exp.sum(axis=1, keepdims=True)).max(axis=1)


def batch(method: Method, weak: np.ndarray = WEAK) -> Batch:
    views = {"weak": weak, "strong": STRONG}
    return Batch(
        x_lab=torch.tensor(LABELED),
        y_lab=torch.tensor(Y),
        views={name: torch.tensor(views[name]) for name in method.views},
        index=torch.tensor([4, 1, 6]),
        noise={},
        class_counts=torch.ones(3),
    )


def run(method: Method, weak: np.ndarray = WEAK, step: int = 0) -> tuple[float, State, dict[str, float]]:
    model = Model(torch.eye(3, dtype=torch.float64))
    loss, state, logs = method.loss(model, batch(method, weak), begun(method, TASK), torch.tensor(step))
    assert loss.shape == ()
    assert all(value.shape == () for value in logs.values())
    return loss.item(), state, {name: value.item() for name, value in logs.items()}


def test_supervised_is_the_mean_cross_entropy() -> None:
    assert Supervised().views == frozenset()
    loss, state, logs = run(Supervised())
    assert loss == pytest.approx(cross_entropy(LABELED, Y).mean())
    assert state == {}
    assert logs == {"supervised_loss": pytest.approx(loss)}


@pytest.mark.parametrize("method", [FixMatch(), BoostMIS(), BoostMIS(adaptive=False)])
def test_consistency_averages_over_the_whole_unlabelled_batch(method: Method) -> None:
    loss, _, logs = run(method)
    each = cross_entropy(STRONG, np.array([0, 0, 2]))
    unlabeled = (each[0] + each[2]) / 3
    assert loss == pytest.approx(cross_entropy(LABELED, Y).mean() + unlabeled)
    assert logs["accepted"] == pytest.approx(2 / 3)
    assert logs["unlabeled_loss"] == pytest.approx(unlabeled)


def test_weights_of_the_unlabelled_loss() -> None:
    supervised = cross_entropy(LABELED, Y).mean()
    once = run(FixMatch())[0] - supervised
    assert run(FixMatch(weight=0.25))[0] - supervised == pytest.approx(0.25 * once)
    assert run(BoostMIS(mu=3.0))[0] - supervised == pytest.approx(3 * once)
    assert run(FixMatch(weight=0.0))[0] == pytest.approx(supervised)


def test_pseudo_label_learns_on_the_weak_view_and_ramps_up() -> None:
    supervised = cross_entropy(LABELED, Y).mean()
    each = cross_entropy(WEAK, np.array([0, 0, 2]))
    unlabeled = (each[0] + each[2]) / 3
    method = PseudoLabel(ramp_steps=10)
    for step, share in ((0, 0.0), (4, 0.4), (10, 1.0), (25, 1.0)):
        loss, _, logs = run(method, step=step)
        assert loss == pytest.approx(supervised + share * unlabeled)
        assert logs["accepted"] == pytest.approx(2 / 3)
    assert run(PseudoLabel(ramp_steps=0))[0] == pytest.approx(supervised + unlabeled)
    assert run(PseudoLabel(ramp_steps=0, weight=2.0))[0] == pytest.approx(supervised + 2 * unlabeled)


@pytest.mark.parametrize("method", [PseudoLabel(ramp_steps=0), FixMatch(), BoostMIS()])
def test_nothing_accepted_leaves_the_supervised_loss_and_a_finite_gradient(method: Method) -> None:
    unsure = np.zeros((3, 3))
    loss, _, logs = run(method, weak=unsure)
    assert loss == pytest.approx(cross_entropy(LABELED, Y).mean())
    assert logs["accepted"] == 0.0
    weight = torch.eye(3, dtype=torch.float64, requires_grad=True)
    state = method.init(TASK, torch.device("cpu"))
    method.loss(Model(weight), batch(method, unsure), state, torch.tensor(3))[0].backward()
    assert weight.grad is not None
    assert weight.grad.isfinite().all()


def test_a_refused_item_with_an_infinite_loss_does_no_harm() -> None:
    logits = torch.tensor([[0.0, -torch.inf], [1.0, 0.0]])
    loss = masked_cross_entropy(logits, torch.tensor([1, 0]), torch.tensor([False, True]))
    assert loss.item() == pytest.approx(np.log(1 + np.exp(-1)) / 2)


def test_pseudo_labels_carry_no_gradient() -> None:
    logits = torch.tensor(WEAK, requires_grad=True)
    confidence, label = pseudo_labels(logits)
    assert not confidence.requires_grad
    np.testing.assert_allclose(confidence.numpy(), top(WEAK), rtol=1e-6)
    assert label.tolist() == [0, 0, 2]


def test_gradient_of_the_strong_view_only() -> None:
    """FixMatch's gradient with respect to the weights is that of l_s + CE(fixed label, strong)."""
    weight = torch.eye(3, dtype=torch.float64, requires_grad=True)
    FixMatch().loss(Model(weight), batch(FixMatch()), {}, torch.tensor(0))[0].backward()

    def gradient(x: np.ndarray, labels: np.ndarray, share: np.ndarray) -> np.ndarray:
        probs = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
        return x.T @ ((probs - np.eye(3)[labels]) * share[:, None])

    wanted = gradient(LABELED, Y, np.full(2, 1 / 2)) + gradient(STRONG, np.array([0, 0, 2]), np.array([1, 0, 1]) / 3)
    assert weight.grad is not None
    np.testing.assert_allclose(weight.grad.numpy(), wanted, rtol=1e-6)


def test_rejected_is_what_the_loss_refuses() -> None:
    probs = torch.tensor([[0.95, 0.05], [0.96, 0.04], [0.5, 0.5]])
    assert FixMatch().rejected(probs, {}).tolist() == [False, False, True]
    assert PseudoLabel().rejected(probs, {}).tolist() == [True, False, True]
    assert Supervised().rejected(probs, {}).tolist() == [True, True, True]
    assert BoostMIS().rejected(probs, {"threshold": torch.tensor(0.955)}).tolist() == [True, False, True]


def stacked(make: Callable[[int], Tensor]) -> Tensor:
    return torch.stack([make(seed) for seed in range(3)])


def draw(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("method", METHODS, ids=lambda m: type(m).__name__)
def test_stacked_seeds_match_each_seed_alone(method: Method) -> None:
    """Two steps of gradient descent under vmap(grad), each seed with its own weights, batch and memory."""
    ids = torch.tensor([[0, 3, 3, 6, 2], [1, 1, 1, 0, 5], [6, 5, 4, 3, 2]])

    def parts(seed: int, step: int) -> tuple[Tensor, Tensor, dict[str, Tensor], Tensor]:
        views = {name: 2 * draw(100 * step + 10 * seed + len(name), 5, 3) for name in method.views}
        return draw(seed + step, 4, 3), torch.tensor([seed, 1, 2, 0]), views, ids[seed]

    def loss(
        weight: Tensor, x: Tensor, y: Tensor, views: dict[str, Tensor], index: Tensor, state: State, step: Tensor
    ) -> tuple[Tensor, tuple[State, dict[str, Tensor]]]:
        value, state, logs = method.loss(
            Model(weight),
            Batch(x_lab=x, y_lab=y, views=views, index=index, noise={}, class_counts=torch.ones(3)),
            state,
            step,
        )
        return value, (state, logs)

    def start(seed: int) -> State:
        labeled = torch.zeros(7, dtype=torch.bool)
        labeled[seed] = True
        facts = RoundFacts(1, 2, 2, 1, 7, 1, 2, 5, labeled, torch.ones(3))
        return method.round_start(method.init(TASK, torch.device("cpu")), facts)

    gradient = torch.func.grad(loss, has_aux=True)
    together = torch.func.vmap(gradient, in_dims=(0, 0, 0, 0, 0, 0, None))
    weights = stacked(lambda seed: draw(seed, 3, 3))
    alone = [draw(seed, 3, 3) for seed in range(3)]
    states = [start(seed) for seed in range(3)]
    joined = {name: torch.stack([state[name] for state in states]) for name in states[0]}
    accepted = []
    for step in range(2):
        rows = [parts(seed, step) for seed in range(3)]
        views = {name: torch.stack([row[2][name] for row in rows]) for name in method.views}
        inputs = [torch.stack([row[place] for row in rows]) for place in (0, 1, 3)]
        found, (joined, logs) = together(weights, *inputs[:2], views, inputs[2], joined, torch.tensor(step))
        weights = weights - 0.5 * found
        for seed in range(3):
            one, (states[seed], solo) = gradient(alone[seed], *rows[seed], states[seed], torch.tensor(step))
            alone[seed] = alone[seed] - 0.5 * one
            torch.testing.assert_close(weights[seed], alone[seed])
            for name, value in states[seed].items():
                torch.testing.assert_close(joined[name][seed], value)
            for name, value in solo.items():
                torch.testing.assert_close(logs[name][seed], value)
            accepted.append(solo.get("accepted", torch.tensor(0.5)))
    assert 0 < torch.stack(accepted).mean() < 1  # both branches of the threshold were taken


@pytest.mark.parametrize("method", METHODS, ids=lambda m: type(m).__name__)
def test_a_step_changes_nothing_that_it_was_given(method: Method) -> None:
    state = method.init(TASK, torch.device("cpu"))
    given = batch(method)
    before = {name: value.clone() for name, value in state.items()}
    views = {name: value.clone() for name, value in given.views.items()}
    _, after, _ = method.loss(Model(torch.eye(3, dtype=torch.float64)), given, state, torch.tensor(0))
    assert all(torch.equal(state[name], before[name]) for name in before)
    assert all(torch.equal(given.views[name], views[name]) for name in views)
    assert {n: (v.shape, v.dtype) for n, v in after.items()} == {n: (v.shape, v.dtype) for n, v in before.items()}

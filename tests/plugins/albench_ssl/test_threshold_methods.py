"""FlexMatch, FreeMatch, SoftMatch and Dash against plain NumPy, and what all adaptive methods have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from by_hand import cross_entropy, softmax
from torch import Tensor

from albench.api import Batch, Method, RoundFacts, State, Task
from albench_ssl.adamatch import AdaMatch
from albench_ssl.dash import Dash
from albench_ssl.debiaspl import DebiasPL
from albench_ssl.flexmatch import FlexMatch, class_thresholds, remember_confident
from albench_ssl.freematch import FreeMatch, fairness_loss
from albench_ssl.simmatch import SimMatch
from albench_ssl.softmatch import SoftMatch

TASK = Task("features", (3,), 3, ("a", "b", "c"), pool_size=7, embedding_size=3)
CPU = torch.device("cpu")
ALL = [
    FlexMatch(threshold=0.6),
    FreeMatch(momentum=0.3),
    SoftMatch(momentum=0.3),
    AdaMatch(momentum=0.3, ramp_steps=0),
    Dash(warm_up_steps=0, drop_steps=1),
    SimMatch(threshold=0.5, bank_size=6),
    DebiasPL(threshold=0.6, momentum=0.3),
]
every_method = pytest.mark.parametrize("method", ALL, ids=lambda m: type(m).__name__)


@dataclass
class Model:
    """A forward that multiplies by ``weight`` (D, C): the identity leaves hand-made logits as they are."""

    weight: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        return x @ self.weight

    def embed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self(x), torch.tanh(x @ self.weight)

    def frozen(self, x: Tensor) -> Tensor:
        return x @ self.weight.detach()

    def frozen_embed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.frozen(x), torch.tanh(self.frozen(x))

    def probe(self, x: Tensor) -> Tensor:
        return self(x)

    def ema(self, x: Tensor) -> Tensor:
        return self.frozen(x)


# Weak views: sure of 0 (0.96), unsure (0.39 of 0), sure of 2 (0.9997), for 1 (0.67).
WEAK = np.array([[4.0, 0.0, 0.0], [0.3, 0.1, 0.0], [0.0, 1.0, 9.0], [0.0, 1.5, 0.2]])
WEAK_2 = np.array([[0.0, 5.0, 0.1], [6.0, 0.0, 0.0], [0.2, 0.0, 3.5], [0.0, 0.9, 0.0]])
STRONG = np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 5.0], [0.5, 0.0, 1.5], [0.4, 0.3, 0.1]])
LABELED = np.array([[1.0, 0.0, -1.0], [0.0, 2.0, 0.0]])
Y = np.array([0, 2])
INDEX = np.array([4, 1, 6, 0])
INDEX_2 = np.array([4, 2, 1, 0])
ROWS = np.arange(4)


SUPERVISED = cross_entropy(LABELED, Y).mean()


def batch(method: Method, weak: np.ndarray = WEAK, index: np.ndarray = INDEX, strong: np.ndarray = STRONG) -> Batch:
    views = {"weak": torch.tensor(weak), "strong": torch.tensor(strong)}
    noise = dict(method.draw(torch.Generator().manual_seed(0), 2, len(weak)))
    return Batch(
        x_lab=torch.tensor(LABELED),
        y_lab=torch.tensor(Y),
        views=views,
        index=torch.tensor(index),
        noise=noise,
        class_counts=torch.ones(3),
    )


def run(method: Method, state: State, given: Batch, step: int) -> tuple[float, State, dict[str, float]]:
    loss, state, logs = method.loss(Model(torch.eye(3, dtype=torch.float64)), given, state, torch.tensor(step))
    assert loss.shape == ()
    assert {"accepted", "supervised_loss", "unlabeled_loss"} <= set(logs)
    assert all(value.shape == () for value in logs.values())
    return loss.item(), state, {name: value.item() for name, value in logs.items()}


def facts(labeled: list[int], first_step: int, pool_size: int = 7, steps: int = 10) -> RoundFacts:
    mask = torch.zeros(pool_size, dtype=torch.bool)
    mask[labeled] = True
    return RoundFacts(1, 3, steps, len(labeled), pool_size, 1, 2, first_step, mask, torch.ones(3))


def two_steps(method: Method, labeled: list[int], first: int = 0) -> tuple[list[float], State, list[dict[str, float]]]:
    state = method.round_start(method.init(TASK, CPU), facts(labeled, 0))
    one, state, logs = run(method, state, batch(method), first)
    two, state, more = run(method, state, batch(method, WEAK_2, INDEX_2), first + 1)
    return [one, two], state, [logs, more]


def test_flexmatch_two_steps_written_out() -> None:
    """Seven items, one labelled. Nothing is learnt at step 0, so all thresholds are 0 and every item is accepted."""
    losses, state, logs = two_steps(FlexMatch(), [3])
    assert logs[0]["accepted"] == 1
    assert logs[0]["threshold"] == 0
    assert losses[0] == pytest.approx(SUPERVISED + cross_entropy(STRONG, WEAK.argmax(axis=1)).mean(), rel=1e-6)

    # After it items 4 (class 0) and 6 (class 2) are learnt and four of six unused: beta = (1, 0, 1) / 4.
    wanted = 0.95 * 0.25 / 1.75
    assert logs[1]["threshold"] == pytest.approx(2 * wanted / 3)
    accepted = softmax(WEAK_2).max(axis=1) > np.array([wanted, 0, wanted])[WEAK_2.argmax(axis=1)]
    assert accepted.all()
    # Item 4 changes to class 1, item 2 is learnt as 0; item 1 (0.94 of 2) is not, item 6 keeps what was seen of it.
    assert state["memory"].tolist() == [-1, -1, 0, -1, 1, -1, 2]


def test_flexmatch_thresholds_follow_counts() -> None:
    memory = torch.tensor([0, 0, 0, 0, 1, 1, 2, 2, -1, -1])
    unlabeled = torch.ones(10, dtype=torch.bool)
    beta = np.array([1, 0.5, 0.5])
    np.testing.assert_allclose(class_thresholds(memory, unlabeled, 3), 0.95 * beta / (2 - beta), rtol=1e-6)
    # Labelled items leave the count: class 0 keeps one item, class 2 one.
    unlabeled[[0, 1, 2, 6]] = False
    beta = np.array([0.5, 1, 0.5])
    np.testing.assert_allclose(class_thresholds(memory, unlabeled, 3), 0.95 * beta / (2 - beta), rtol=1e-6)
    # Three unused items outnumber every class, unless there is no warm-up.
    memory[4] = -1
    beta = np.array([1, 1, 1]) / 3
    np.testing.assert_allclose(class_thresholds(memory, unlabeled, 3), 0.95 * beta / (2 - beta), rtol=1e-6)
    found = class_thresholds(memory, unlabeled, 3, warm_up=False)
    np.testing.assert_allclose(found, [0.95] * 3, rtol=1e-6)


def test_flexmatch_memory_over_rounds() -> None:
    method = FlexMatch()
    _, state, _ = two_steps(method, [3])
    warm = method.round_start(state, facts([3, 6], first_step=10))
    assert torch.equal(warm["memory"], state["memory"])
    assert warm["unlabeled"].tolist() == [True, True, True, False, True, True, False]
    cold = method.round_start(state, facts([3, 6], first_step=0))
    assert (cold["memory"] == -1).all()
    # With nothing unlabelled the labelled items stand in for it and are counted.
    assert method.round_start(state, facts(list(range(7)), first_step=10))["unlabeled"].all()
    # Warm: item 2 learnt as 0, item 4 as 1, three of five unused.
    bar = 0.95 * (1 / 3) / (2 - 1 / 3)
    probs = torch.tensor([[bar + 0.01, 0, 0], [bar - 0.01, 0, 0], [0, 0, 0.01]])
    assert method.rejected(probs, warm).tolist() == [False, True, False]
    assert method.skip(TASK) is None
    assert "pool" in (method.skip(Task("features", (2,), 2, ("low", "high"))) or "")


def test_the_last_confident_label_of_an_item_stays() -> None:
    generator = torch.Generator().manual_seed(0)
    memory = torch.randint(-1, 3, (40,), generator=generator)
    index = torch.randint(0, 40, (200,), generator=generator)
    labels = torch.randint(0, 3, (200,), generator=generator)
    confident = torch.rand(200, generator=generator) < 0.3
    wanted = memory.clone()
    for item, label, sure in zip(index.tolist(), labels.tolist(), confident.tolist(), strict=True):
        if sure:
            wanted[item] = label
    assert torch.equal(remember_confident(memory, index, labels, confident), wanted)


def fairness(strong: np.ndarray, accepted: np.ndarray, local: np.ndarray, histogram: np.ndarray) -> float:
    probs = softmax(strong)[accepted]
    count = np.bincount(probs.argmax(axis=1), minlength=3)
    present = count > 0
    expected = local / histogram / (local / histogram).sum()
    found = probs.mean(axis=0)[present] / count[present]
    return float((expected[present] * np.log(found / found.sum())).sum())


def kept(momentum: float, step: int) -> float:
    """The share of an average that stays at a step."""
    return min(momentum, (1 + step) / (10 + step))


def test_an_average_keeps_what_the_rule_says() -> None:
    assert [kept(0.6, step) for step in (0, 1, 12, 13, 1000)] == pytest.approx([0.1, 2 / 11, 13 / 22, 0.6, 0.6])


@pytest.mark.parametrize("first", [0, 1000], ids=["at the start", "later"])
def test_freematch_two_steps_written_out(first: int) -> None:
    fair = 0.05
    losses, state, logs = two_steps(FreeMatch(momentum=0.6, fairness=fair), [], first)
    tau, local, histogram = 1 / 3, np.full(3, 1 / 3), np.full(3, 1 / 3)
    shares = []
    for step, (loss, log, weak) in enumerate(zip(losses, logs, (WEAK, WEAK_2), strict=True), first):
        probs = softmax(weak)
        label, momentum = probs.argmax(axis=1), kept(0.6, step)
        tau = momentum * tau + (1 - momentum) * probs.max(axis=1).mean()
        local = momentum * local + (1 - momentum) * probs.mean(axis=0)
        histogram = momentum * histogram + (1 - momentum) * np.bincount(label, minlength=3) / 4
        accepted = probs.max(axis=1) >= (tau * local / local.max())[label]
        unlabeled = (accepted * cross_entropy(STRONG, label)).mean()
        wanted = SUPERVISED + unlabeled + fair * fairness(STRONG, accepted, local, histogram)
        assert loss == pytest.approx(wanted, rel=1e-5)
        assert log["threshold"] == pytest.approx(tau, rel=1e-6)
        shares.append(accepted.mean())
        assert log["accepted"] == pytest.approx(shares[-1])
    assert min(shares) < 1
    np.testing.assert_allclose(state["local"], local, rtol=1e-6)
    np.testing.assert_allclose(state["histogram"], histogram, rtol=1e-6)
    bars = tau * local / local.max()
    around = torch.tensor(np.concatenate([np.diag(bars + 0.01), np.diag(bars - 0.01)]))
    assert FreeMatch().rejected(around, state).tolist() == [False] * 3 + [True] * 3


def test_fairness_rewards_diverse_predictions_and_is_zero_without_any() -> None:
    uniform = torch.full((3,), 1 / 3)
    strong = torch.tensor([[3.0, 0, 0], [0, 3.0, 0], [0, 0, 3.0], [3.0, 0, 0]])
    skewed = torch.tensor([[3.0, 0, 0], [0, 0.1, 0], [0, 0, 0.1], [3.0, 0, 0]])
    everything = torch.ones(4, dtype=torch.bool)
    # Minus a cross-entropy with the flat distribution is at most -log 3, where predictions are flat too.
    assert fairness_loss(strong, everything, uniform, uniform).item() <= -np.log(3) + 1e-6
    assert fairness_loss(skewed, everything, uniform, uniform).item() <= -np.log(3) + 1e-6
    assert fairness_loss(strong, ~everything, uniform, uniform).item() == 0


@pytest.mark.parametrize("first", [0, 1000], ids=["at the start", "later"])
def test_softmatch_two_steps_written_out(first: int) -> None:
    for n_sigma, aligned in ((2.0, True), (1.0, False)):
        method = SoftMatch(momentum=0.6, n_sigma=n_sigma, align=aligned)
        losses, state, logs = two_steps(method, [], first)
        mean, mu, variance = np.full(3, 1 / 3), 1 / 3, 1.0
        for step, (loss, log, weak) in enumerate(zip(losses, logs, (WEAK, WEAK_2), strict=True), first):
            probs, momentum = softmax(weak), kept(0.6, step)
            mean = momentum * mean + (1 - momentum) * probs.mean(axis=0)
            scaled = probs / mean if aligned else probs
            top = (scaled / scaled.sum(axis=1, keepdims=True)).max(axis=1)
            mu = momentum * mu + (1 - momentum) * top.mean()
            variance = momentum * variance + (1 - momentum) * top.var(ddof=1)
            weights = np.where(top < mu, np.exp(-((top - mu) ** 2) / (2 * variance / n_sigma**2)), 1)
            wanted = SUPERVISED + (weights * cross_entropy(STRONG, probs.argmax(axis=1))).mean()
            assert loss == pytest.approx(wanted, rel=1e-5)
            assert log["threshold"] == pytest.approx(mu, rel=1e-5)
            assert log["accepted"] == pytest.approx((top >= mu).mean())
            assert log["mean_weight"] == pytest.approx(weights.mean(), rel=1e-5)
        np.testing.assert_allclose(state["variance"], variance, rtol=1e-5)
        np.testing.assert_allclose(state["mean_probs"], mean, rtol=1e-6)
        assert method.rejected(torch.tensor(softmax(WEAK_2)), state).tolist() == (top < mu).tolist()


def test_dash_falls_from_the_labelled_loss_to_its_floor() -> None:
    """Warm-up of one step, then a drop every two; soft labels until the floor is reached, the top class there."""
    method = Dash(warm_up_steps=1, drop_steps=2, gamma=2.0, rho_min=0.3)
    state = method.init(TASK, CPU)
    probs, top = softmax(WEAK), WEAK.argmax(axis=1)
    log_strong = np.log(softmax(STRONG))
    for step in range(9):
        loss, state, logs = run(method, state, batch(method), step)
        drops = max(step - 1, 0) // 2
        falling = 1.0001 * SUPERVISED / 2**drops
        rho = max(falling, 0.3) if step else 0
        accepted = -np.log(probs.max(axis=1)) <= rho
        target = probs if falling > 0.3 else np.eye(3)[top]
        wanted = SUPERVISED - (accepted[:, None] * target * log_strong).sum() / 4 if step else SUPERVISED
        assert logs["threshold"] == pytest.approx(rho, rel=1e-5)
        assert loss == pytest.approx(wanted, rel=1e-5)
        assert logs["accepted"] == pytest.approx(accepted.mean() if step else 0)
    assert state["rho_hat"].item() == pytest.approx(SUPERVISED)
    bar = np.exp(-0.3)
    assert method.rejected(torch.tensor([[bar + 0.001, 0], [bar - 0.001, 0]]), state).tolist() == [False, True]
    assert method.round_start(state, facts([0], first_step=9)) == state
    assert method.round_start(state, facts([0], first_step=0))["rho_hat"] == 0


def test_dash_at_its_floor_is_fixmatch() -> None:
    """A floor above the measured loss: FixMatch with threshold exp(-floor)."""
    loss, _, logs = run(Dash(warm_up_steps=0, rho_min=2.0), Dash().init(TASK, CPU), batch(Dash()), 0)
    assert loss == pytest.approx(SUPERVISED + cross_entropy(STRONG, WEAK.argmax(axis=1)).mean(), rel=1e-6)
    assert logs["threshold"] == 2


@every_method
def test_a_cold_start_begins_again_and_a_warm_one_goes_on(method: Method) -> None:
    fresh = method.round_start(method.init(TASK, CPU), facts([0], 0))
    _, used, _ = two_steps(method, [0])
    assert any(not torch.equal(used[name], fresh[name]) for name in fresh)
    again = method.round_start(used, facts([0], 0))
    assert all(torch.equal(again[name], fresh[name]) for name in fresh)
    warm = method.round_start(used, facts([0], 20))
    assert all(torch.equal(warm[name], used[name]) for name in used)


@every_method
@pytest.mark.parametrize("weak", [np.zeros((4, 3)), np.array([[400.0, 0, 0]] * 4)], ids=["unsure", "certain"])
def test_extreme_predictions_leave_finite_gradients(method: Method, weak: np.ndarray) -> None:
    """Nothing accepted, or every item certain of one class."""
    state = method.round_start(method.init(TASK, CPU), facts([3], 0))
    weight = torch.eye(3, dtype=torch.float64, requires_grad=True)
    for step in range(3):
        loss, state, _ = method.loss(Model(weight), batch(method, weak), state, torch.tensor(step))
        loss.backward()
        assert loss.isfinite()
        assert weight.grad is not None
        assert weight.grad.isfinite().all()
        assert all(value.isfinite().all() for value in state.values())
    assert method.rejected(torch.softmax(torch.tensor(weak), dim=1), state).shape == (4,)


@pytest.mark.parametrize("method", [AdaMatch(threshold=1.0), Dash(), SimMatch(instance_weight=0.0), DebiasPL()])
def test_nothing_accepted_leaves_the_supervised_loss(method: Method) -> None:
    state = method.round_start(method.init(TASK, CPU), facts([], 0, steps=200))
    loss, _, logs = run(method, state, batch(method, np.zeros((4, 3))), 0)
    assert logs["accepted"] == 0
    assert loss == pytest.approx(SUPERVISED)


@every_method
def test_a_step_changes_nothing_that_it_was_given(method: Method) -> None:
    _, state, _ = two_steps(method, [0])
    before = {name: value.clone() for name, value in state.items()}
    given = batch(method)
    views = {name: value.clone() for name, value in given.views.items()}
    _, after, _ = run(method, state, given, 2)
    assert all(torch.equal(state[name], before[name]) for name in before)
    assert all(torch.equal(given.views[name], views[name]) for name in views)
    assert {n: (v.shape, v.dtype) for n, v in after.items()} == {n: (v.shape, v.dtype) for n, v in before.items()}


@every_method
def test_two_seeds_stacked_match_each_alone(method: Method) -> None:
    """Three steps of gradient descent under vmap(grad), each seed with its own weights, batches and memory."""

    def draw(seed: int, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))

    def parts(seed: int, step: int) -> tuple[Tensor, ...]:
        place = 100 * step + 10 * seed
        index = torch.randint(0, 7, (5,), generator=torch.Generator().manual_seed(place))
        noise = method.draw(torch.Generator().manual_seed(place), 4, 5).get("share", torch.zeros(1))
        y = torch.tensor([seed, 1, 2, 0])
        return draw(place, 4, 3), y, 2 * draw(place + 1, 5, 3), 2 * draw(place + 2, 5, 3), index, noise

    def loss(
        weight: Tensor, state: State, step: Tensor, given: tuple[Tensor, ...]
    ) -> tuple[Tensor, tuple[State, dict[str, Tensor]]]:
        x, y, weak, strong, index, noise = given
        views = {"weak": weak, "strong": strong}
        value, state, logs = method.loss(
            Model(weight),
            Batch(x_lab=x, y_lab=y, views=views, index=index, noise={"share": noise}, class_counts=torch.ones(3)),
            state,
            step,
        )
        return value, (state, logs)

    gradient = torch.func.grad(loss, has_aux=True)
    together = torch.func.vmap(gradient, in_dims=(0, 0, None, 0))
    alone = [draw(seed, 3, 3) for seed in range(2)]
    weights = torch.stack(alone)
    states = [method.round_start(method.init(TASK, CPU), facts([seed], 0)) for seed in range(2)]
    joined = {name: torch.stack([state[name] for state in states]) for name in states[0]}
    for step in range(3):
        given = [parts(seed, step) for seed in range(2)]
        stacked = tuple(torch.stack(part) for part in zip(*given, strict=True))
        found, (joined, logs) = together(weights, joined, torch.tensor(step), stacked)
        weights = weights - 0.5 * found
        for seed in range(2):
            one, (states[seed], solo) = gradient(alone[seed], states[seed], torch.tensor(step), given[seed])
            alone[seed] = alone[seed] - 0.5 * one
            torch.testing.assert_close(weights[seed], alone[seed])
            for name, value in states[seed].items():
                torch.testing.assert_close(joined[name][seed], value)
            for name, value in solo.items():
                torch.testing.assert_close(logs[name][seed], value)

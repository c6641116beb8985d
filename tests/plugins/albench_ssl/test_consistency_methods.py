"""Consistency and mixing methods against plain NumPy: values, gradients, stacked seeds and hard inputs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from by_hand import softmax
from rounds import begun
from torch import Tensor

from albench.api import Batch, Method, Task
from albench_ssl.entropy_minimization import EntropyMinimization
from albench_ssl.ict import ICT
from albench_ssl.mean_teacher import MeanTeacher
from albench_ssl.mixing import beta_shares, mix
from albench_ssl.mixmatch import MixMatch, sharpen
from albench_ssl.pi_model import PiModel
from albench_ssl.ramps import gaussian_ramp, linear_ramp
from albench_ssl.uda import UDA
from albench_ssl.vat import VAT, unit

TASK = Task("features", (4,), 3, ("a", "b", "c"), pool_size=9)
CPU = torch.device("cpu")
STEP = 30

rng = np.random.default_rng(0)
X = rng.normal(size=(2, 4))
Y = np.array([0, 2])
VIEWS = {name: 2 * rng.normal(size=(5, 4)) for name in ("weak", "weak2", "strong")}
STUDENT, TEACHER = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
NOISE = {
    "share": np.array([0.9, 0.6, 0.55, 0.7, 1.0, 0.5, 0.8, 0.65, 0.75, 0.95, 0.85, 0.5]),
    "order": np.array([3, 0, 11, 5, 1, 7, 2, 9, 4, 10, 6, 8]),
    "direction": rng.normal(size=(5, 5)),
}


@dataclass
class Model:
    """Logits ``x @ weight``, the teacher's ``x @ average``."""

    weight: Tensor
    average: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        return x @ self.weight

    def embed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self(x), x

    def frozen(self, x: Tensor) -> Tensor:
        return x @ self.weight.detach()

    def frozen_embed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.frozen(x), x

    def probe(self, x: Tensor) -> Tensor:
        return self(x)

    def ema(self, x: Tensor) -> Tensor:
        return x @ self.average.detach()


def noise_for(method: Method) -> dict[str, np.ndarray]:
    if isinstance(method, ICT):
        return {"share": np.array([0.3]), "order": np.array([2, 0, 1, 4, 3])}
    if isinstance(method, MixMatch):
        return {name: NOISE[name] for name in ("share", "order")}
    return {"direction": NOISE["direction"]} if isinstance(method, VAT) else {}


def batch(method: Method) -> Batch:
    return Batch(
        x_lab=torch.tensor(X),
        y_lab=torch.tensor(Y),
        views={name: torch.tensor(VIEWS[name]) for name in method.views},
        index=torch.tensor([4, 1, 6, 8, 0]),
        noise={name: torch.tensor(value) for name, value in noise_for(method).items()},
        class_counts=torch.ones(3),
    )


def cross_entropy(logits: np.ndarray, target: np.ndarray) -> np.ndarray:
    return -(target * np.log(softmax(logits))).sum(axis=1)


def kl(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    return (p * np.log(p / q)).sum(axis=1)


def rise(step: int, steps: int) -> float:
    return math.exp(-5 * (1 - min(step / steps, 1)) ** 2)


ONE_HOT = np.eye(3)[Y]

# Each reference: (weights that carry the gradient, the same weights where none flows, step) -> the loss.
Reference = Callable[[np.ndarray, np.ndarray, int], float]


def entropy_minimization(w: np.ndarray, _fixed: np.ndarray, _step: int) -> float:
    p = softmax(VIEWS["weak"] @ w)
    return cross_entropy(X @ w, ONE_HOT).mean() + 0.1 * -(p * np.log(p)).sum(axis=1).mean()


def pi_model(w: np.ndarray, _fixed: np.ndarray, step: int) -> float:
    difference = softmax(VIEWS["weak"] @ w) - softmax(VIEWS["weak2"] @ w)
    return cross_entropy(X @ w, ONE_HOT).mean() + 100 * rise(step, 200) * (difference**2).mean()


def mean_teacher(w: np.ndarray, _fixed: np.ndarray, step: int) -> float:
    difference = softmax(VIEWS["weak"] @ w) - softmax(VIEWS["weak2"] @ TEACHER)
    return cross_entropy(X @ w, ONE_HOT).mean() + 100 * rise(step, 200) * (difference**2).mean()


def ict(w: np.ndarray, _fixed: np.ndarray, step: int) -> float:
    u, order = VIEWS["weak"], [2, 0, 1, 4, 3]
    p = softmax(u @ TEACHER)
    difference = softmax((0.3 * u + 0.7 * u[order]) @ w) - (0.3 * p + 0.7 * p[order])
    return cross_entropy(X @ w, ONE_HOT).mean() + 100 * rise(step, 200) * (difference**2).mean()


def mixmatch(w: np.ndarray, fixed: np.ndarray, step: int) -> float:
    q = ((softmax(VIEWS["weak"] @ fixed) + softmax(VIEWS["weak2"] @ fixed)) / 2) ** 2
    q /= q.sum(axis=1, keepdims=True)
    items, labels = np.concatenate([X, VIEWS["weak"], VIEWS["weak2"]]), np.concatenate([ONE_HOT, q, q])
    share, order = NOISE["share"][:, None], NOISE["order"]
    items, labels = (share * rows + (1 - share) * rows[order] for rows in (items, labels))
    difference = softmax(items[2:] @ w) - labels[2:]
    return cross_entropy(items[:2] @ w, labels[:2]).mean() + 75 * min(step / 200, 1) * (difference**2).mean()


def uda(w: np.ndarray, fixed: np.ndarray, _step: int) -> float:
    weak = VIEWS["weak"] @ fixed
    accepted = softmax(weak).max(axis=1) > 0.8
    assert 0 < accepted.sum() < 5
    each = kl(softmax(weak / 0.4), softmax(VIEWS["strong"] @ w))
    return cross_entropy(X @ w, ONE_HOT).mean() + each[accepted].sum() / 5


def push_of(fixed: np.ndarray, iterations: int, eps: float = 0.2, xi: float = 0.1) -> np.ndarray:
    u = VIEWS["weak"]
    centred = u - u.mean(axis=0)
    spread = np.sqrt((centred**2).sum(axis=1).mean())
    d = NOISE["direction"] @ centred
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    for _ in range(iterations):
        # The gradient of KL(p || softmax(z)) by z is softmax(z) - p.
        d = (softmax((u + xi * spread * d) @ fixed) - softmax(u @ fixed)) @ fixed.T
        d /= np.linalg.norm(d, axis=1, keepdims=True)
    return eps * spread * d


def vat(w: np.ndarray, fixed: np.ndarray, _step: int, iterations: int = 1) -> float:
    u = VIEWS["weak"]
    each = kl(softmax(u @ fixed), softmax((u + push_of(fixed, iterations)) @ w))
    return cross_entropy(X @ w, ONE_HOT).mean() + each.mean()


def vat_random(w: np.ndarray, fixed: np.ndarray, step: int) -> float:
    return vat(w, fixed, step, iterations=0)


def vat_entropy(w: np.ndarray, fixed: np.ndarray, step: int) -> float:
    p = softmax(VIEWS["weak"] @ w)
    return vat(w, fixed, step, iterations=2) - 0.5 * (p * np.log(p)).sum(axis=1).mean()


CASES: list[tuple[Method, Reference]] = [
    (EntropyMinimization(), entropy_minimization),
    (PiModel(), pi_model),
    (MeanTeacher(), mean_teacher),
    (ICT(), ict),
    (MixMatch(), mixmatch),
    (UDA(), uda),
    (VAT(eps=0.2), vat),
    (VAT(eps=0.2, power_iterations=0), vat_random),
    (VAT(eps=0.2, power_iterations=2, entropy_weight=0.5), vat_entropy),
]
METHODS = [*(method for method, _ in CASES), UDA(tsa="linear"), UDA(tsa="exp", tsa_steps=1)]
NAMES = [type(method).__name__ for method in METHODS]


def run(method: Method, given: Batch, weight: Tensor, step: int = STEP) -> tuple[Tensor, dict[str, Tensor]]:
    given_state = begun(method, TASK)
    loss, state, logs = method.loss(Model(weight, torch.tensor(TEACHER)), given, given_state, torch.tensor(step))
    assert loss.shape == ()
    assert state == given_state  # of a round's length alone, which no step changes
    assert all(value.shape == () and not value.requires_grad for value in logs.values())
    assert {"supervised_loss", "unlabeled_loss"} <= set(logs)
    return loss, logs


@pytest.mark.parametrize(("method", "wanted"), CASES, ids=NAMES[: len(CASES)])
def test_value_and_gradient(method: Method, wanted: Reference) -> None:
    """The loss in NumPy, and its central differences with the targets held fixed."""
    for step in (0, STEP, 1000):
        weight = torch.tensor(STUDENT, requires_grad=True)
        loss, logs = run(method, batch(method), weight, step)
        # Softmax in float32: targets are good to about 1e-7.
        assert loss.item() == pytest.approx(wanted(STUDENT, STUDENT, step), rel=1e-5)
        loss.backward()
        slopes = np.zeros_like(STUDENT)
        for place in np.ndindex(*STUDENT.shape):
            up, down = STUDENT.copy(), STUDENT.copy()
            up[place] += 1e-5
            down[place] -= 1e-5
            slopes[place] = (wanted(up, STUDENT, step) - wanted(down, STUDENT, step)) / 2e-5
        assert weight.grad is not None
        np.testing.assert_allclose(weight.grad.numpy(), slopes, rtol=1e-4, atol=1e-5)
    assert ("accepted" in logs) == isinstance(method, UDA)


@pytest.mark.parametrize(("tsa", "wanted"), [("linear", 0.4), ("log", 1 - math.exp(-2)), ("exp", math.exp(-3))])
def test_training_signal_annealing(tsa: Any, wanted: float) -> None:
    """At 40 % of the schedule: which labelled items stay, and the mean over those."""
    bar = wanted * (1 - 1 / 3) + 1 / 3
    logits = np.array([[4.0, 0, 0], [0, 0.5, 0], [0, 0, 0.2], [0.7, 0, 0], [0, 3.0, 0], [-1.0, 2.0, 0]])
    y = np.array([0, 1, 2, 0, 1, 0])
    stays = softmax(logits)[np.arange(6), y] <= bar
    each = cross_entropy(logits, np.eye(3)[y])
    weak = torch.zeros(2, 3, dtype=torch.float64)
    given = Batch(
        x_lab=torch.tensor(logits),
        y_lab=torch.tensor(y),
        views={"weak": weak, "strong": weak},
        index=torch.tensor([0, 1]),
        noise={},
        class_counts=torch.ones(3),
    )
    identity = torch.eye(3, dtype=torch.float64)
    method = UDA(tsa=tsa, tsa_steps=100)
    state = begun(method, TASK)
    loss, _, logs = method.loss(Model(identity, identity), given, state, torch.tensor(40))
    assert 0 < stays.sum() < 6
    assert loss.item() == pytest.approx(each[stays].mean())
    assert logs["supervised_loss"].item() == pytest.approx(each[stays].mean())
    # At the end every item stays; where all are known already, none does and the loss is 0.
    loss, _, _ = method.loss(Model(identity, identity), given, state, torch.tensor(100))
    assert loss.item() == pytest.approx(each.mean())
    known = Batch(
        x_lab=10 * identity,
        y_lab=torch.arange(3),
        views=given.views,
        index=given.index,
        noise={},
        class_counts=torch.ones(3),
    )
    assert method.loss(Model(identity, identity), known, state, torch.tensor(1))[0].item() == 0


def test_ramps() -> None:
    steps = torch.tensor([0, 25, 50, 80])
    half, none = torch.tensor(50.0), torch.tensor(0.0)
    np.testing.assert_allclose(linear_ramp(steps, half), [0, 0.5, 1, 1])
    np.testing.assert_allclose(gaussian_ramp(steps, half), np.exp([-5, -1.25, 0, 0]), rtol=1e-6)
    assert linear_ramp(steps, none).tolist() == gaussian_ramp(steps, none).tolist() == [1, 1, 1, 1]


def test_rejected_is_what_uda_refuses() -> None:
    probs = torch.tensor([[0.75, 0.25], [0.7, 0.3], [0.8, 0.2]])
    assert UDA(threshold=0.75).rejected(probs, {}).tolist() == [True, True, False]
    for method in (EntropyMinimization(), PiModel(), MeanTeacher(), VAT(), ICT(), MixMatch()):
        assert method.rejected(probs, {}).all()


def test_nothing_accepted_leaves_udas_supervised_loss() -> None:
    given = batch(UDA())
    flat = Batch(
        x_lab=given.x_lab,
        y_lab=given.y_lab,
        views={k: 0 * v for k, v in given.views.items()},
        index=given.index,
        noise={},
        class_counts=torch.ones(3),
    )
    loss, logs = run(UDA(), flat, torch.tensor(STUDENT))
    assert logs["accepted"] == 0
    assert loss.item() == pytest.approx(cross_entropy(X @ STUDENT, ONE_HOT).mean())


@pytest.mark.parametrize("method", METHODS, ids=NAMES)
@pytest.mark.parametrize("scale", [0.0, 1e-6, 1e4], ids=["constant", "tiny", "saturated"])
def test_hard_inputs_leave_everything_finite(method: Method, scale: float) -> None:
    given = batch(method)
    views = {name: scale * view for name, view in given.views.items()}
    given = Batch(
        x_lab=scale * given.x_lab,
        y_lab=given.y_lab,
        views=views,
        index=given.index,
        noise=given.noise,
        class_counts=given.class_counts,
    )
    weight = torch.tensor(STUDENT, requires_grad=True)
    loss, logs = run(method, given, weight)
    loss.backward()
    assert loss.isfinite()
    assert all(value.isfinite() for value in logs.values())
    assert weight.grad is not None
    assert weight.grad.isfinite().all()


@pytest.mark.parametrize("method", METHODS, ids=NAMES)
def test_one_item_is_enough(method: Method) -> None:
    generator = torch.Generator().manual_seed(0)
    one = {name: torch.ones(1, 4) for name in method.views}
    noise = dict(method.draw(generator, 1, 1))
    given = Batch(
        x_lab=torch.ones(1, 4),
        y_lab=torch.tensor([1]),
        views=one,
        index=torch.tensor([3]),
        noise=noise,
        class_counts=torch.ones(3),
    )
    model = Model(torch.tensor(STUDENT).float(), torch.tensor(TEACHER).float())
    assert method.loss(model, given, begun(method, TASK), torch.tensor(0))[0].isfinite()


def drawn(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("method", METHODS, ids=NAMES)
def test_stacked_seeds_match_each_seed_alone(method: Method) -> None:
    """Two steps of gradient descent of two seeds under ``vmap``, each with its own weights and batch."""

    def loss(
        weight: Tensor, average: Tensor, x: Tensor, y: Tensor, views: dict[str, Tensor], noise: dict[str, Tensor]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        model = Model(weight, average)
        given = Batch(x_lab=x, y_lab=y, views=views, index=torch.arange(6), noise=noise, class_counts=torch.ones(3))
        value, _, logs = method.loss(model, given, begun(method, TASK), torch.tensor(step))
        return value, logs

    gradient = torch.func.grad(loss, has_aux=True)
    weights, averages = drawn(0, 2, 4, 3), drawn(1, 2, 4, 3)
    alone = list(weights)
    for step in range(2):
        views = {name: 2 * drawn(10 * step + len(name), 2, 6, 4) for name in method.views}
        generator = torch.Generator().manual_seed(step)
        draws = [dict(method.draw(generator, 3, 6)) for _ in range(2)]
        noise = {name: torch.stack([draw[name] for draw in draws]) for name in draws[0]}
        x, y = drawn(step + 5, 2, 3, 4), torch.tensor([[0, 1, 2], [2, 2, 1]])
        found, logs = torch.func.vmap(gradient)(weights, averages, x, y, views, noise)
        weights = weights - 0.1 * found
        for seed in range(2):
            own = {name: view[seed] for name, view in views.items()}
            one, solo = gradient(alone[seed], averages[seed], x[seed], y[seed], own, draws[seed])
            alone[seed] = alone[seed] - 0.1 * one
            torch.testing.assert_close(weights[seed], alone[seed])
            for name, value in solo.items():
                torch.testing.assert_close(logs[name][seed], value)


@pytest.mark.parametrize("method", METHODS, ids=NAMES)
def test_a_step_changes_nothing_that_it_was_given(method: Method) -> None:
    given = batch(method)
    tensors = {**given.views, **given.noise, "x": given.x_lab}
    before = {name: value.clone() for name, value in tensors.items()}
    run(method, given, torch.tensor(STUDENT))
    assert all(torch.equal(value, before[name]) for name, value in tensors.items())


@pytest.mark.parametrize("method", [VAT(), ICT(), MixMatch()], ids=lambda m: type(m).__name__)
def test_draws_come_from_the_generator_alone(method: Method) -> None:
    first = method.draw(torch.Generator().manual_seed(3), 4, 6)
    torch.rand(1)
    again = method.draw(torch.Generator().manual_seed(3), 4, 6)
    other = method.draw(torch.Generator().manual_seed(4), 4, 6)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)
    if "order" in first:
        count = 6 if isinstance(method, ICT) else 16
        assert first["order"].sort().values.tolist() == list(range(count))


@pytest.mark.parametrize("alpha", [0.5, 0.75, 1.0, 8.0])
def test_beta_shares(alpha: float) -> None:
    from scipy import stats

    shares = beta_shares(torch.Generator().manual_seed(1), alpha, 4000)
    assert shares.dtype == torch.float32
    assert stats.kstest(shares.numpy(), stats.beta(alpha, alpha).cdf).pvalue > 0.01


def test_mixmatch_keeps_each_item_nearer_to_itself() -> None:
    share = MixMatch().draw(torch.Generator().manual_seed(0), 100, 200)["share"]
    assert share.shape == (500,)
    assert share.min() >= 0.5
    assert share.max() <= 1


def test_mix_broadcasts_over_images() -> None:
    images = torch.arange(24.0).reshape(3, 2, 2, 2)
    found = mix(images, torch.tensor([1, 2, 0]), torch.tensor([1.0, 0.5, 0.0]))
    torch.testing.assert_close(found, torch.stack([images[0], (images[1] + images[2]) / 2, images[0]]))


def test_sharpen() -> None:
    p = np.array([[0.5, 0.3, 0.2], [1.0, 0.0, 0.0]])
    np.testing.assert_allclose(sharpen(torch.tensor(p), 0.5), p**2 / (p**2).sum(axis=1, keepdims=True), atol=1e-12)
    np.testing.assert_allclose(sharpen(torch.tensor(p), 1.0), p, atol=1e-12)


def test_unit_rows() -> None:
    rows = torch.tensor([[3e-30, 4e-30], [0.0, 0.0], [3e30, -4e30]]).reshape(3, 1, 2)
    torch.testing.assert_close(unit(rows), torch.tensor([[0.6, 0.8], [0.0, 0.0], [0.6, -0.8]]).reshape(3, 1, 2))


def test_the_push_is_worse_than_random_ones_and_as_long() -> None:
    u = VIEWS["weak"]
    method = VAT(power_iterations=4, eps=0.05, xi=1e-3)
    model = Model(torch.tensor(STUDENT), torch.tensor(TEACHER))
    x = torch.tensor(u)
    log_p = torch.tensor(np.log(softmax(u @ STUDENT)))
    push = method._push(model, x, log_p, torch.tensor(NOISE["direction"])).numpy()
    length = 0.05 * np.sqrt(((u - u.mean(axis=0)) ** 2).sum(axis=1).mean())
    np.testing.assert_allclose(np.linalg.norm(push, axis=1), length)
    worst = kl(softmax(u @ STUDENT), softmax((u + push) @ STUDENT))
    unsure = softmax(u @ STUDENT).max(axis=1) < 0.999  # of others a float32 softmax cannot tell the worst push
    assert unsure.sum() >= 3
    for _ in range(300):
        d = rng.normal(size=u.shape)
        d *= length / np.linalg.norm(d, axis=1, keepdims=True)
        # To second order both signs of the push are as bad.
        other = np.minimum(*(kl(softmax(u @ STUDENT), softmax((u + sign * d) @ STUDENT)) for sign in (1, -1)))
        assert (other <= worst * 1.02)[unsure].all()


def test_vat_does_not_depend_on_the_unit_of_the_features() -> None:
    given = batch(VAT())
    views = {"weak": 1000 * given.views["weak"]}
    scaled = Batch(
        x_lab=1000 * given.x_lab,
        y_lab=given.y_lab,
        views=views,
        index=given.index,
        noise=given.noise,
        class_counts=given.class_counts,
    )
    once, _ = run(VAT(), given, torch.tensor(STUDENT))
    again, _ = run(VAT(), scaled, torch.tensor(STUDENT) / 1000)
    assert again.item() == pytest.approx(once.item(), rel=1e-6)


@pytest.mark.parametrize("entropy_weight", [0.0, 1.0])
def test_vat_on_images_through_the_core_forward(entropy_weight: float) -> None:
    """A convolution with batch statistics: the probes leave them alone and the push carries no graph."""
    from albench.training.forward import ModelForward

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = torch.nn.Sequential(torch.nn.Conv2d(1, 3, 3), torch.nn.BatchNorm2d(3), torch.nn.ReLU())
            self.head = torch.nn.Linear(3, 3)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            z = self.body(x).mean(dim=(2, 3))
            return self.head(z), z

    net = Net()
    for seed, parameter in enumerate(net.parameters()):
        parameter.data = drawn(seed, *parameter.shape)
    method = VAT(entropy_weight=entropy_weight)
    noise = dict(method.draw(torch.Generator().manual_seed(0), 3, 6))
    views = {"weak": drawn(2, 6, 1, 5, 5)}
    given = Batch(
        x_lab=drawn(1, 3, 1, 5, 5),
        y_lab=torch.tensor([0, 1, 2]),
        views=views,
        index=torch.arange(6),
        noise=noise,
        class_counts=torch.ones(3),
    )
    loss, _, logs = method.loss(ModelForward(net, net), given, {}, torch.tensor(0))
    loss.backward()
    assert logs["unlabeled_loss"] > 0
    assert ("entropy" in logs) == bool(entropy_weight)
    assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())
    assert net.body[1].num_batches_tracked == 1

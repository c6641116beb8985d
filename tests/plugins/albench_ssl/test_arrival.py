"""What every method keeps has arrived after a default round, and is its authors' at their own length.

The methods are those that are registered: one that keeps a state and is not told here what of is refused.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from by_hand import softmax
from hand_made_step import Model, normalize
from rounds import begun
from torch import Tensor

from albench.api import Batch, Method, State, Task
from albench.components.registry import registry
from albench_ssl.darp import entries_kept, refined

DEFAULT, LONG = 200, 2**20
"""Steps of a default round, and of the authors' training."""
TASK = Task("features", (3,), 3, ("a", "b", "c"), pool_size=41, embedding_size=3)

# Twenty items, always predicted with 0.96, 0.75 of them as the first class, and two more views; six labelled items.
TOP = np.repeat([0, 1, 2], [15, 4, 1])
PROBS = np.where(np.arange(3) == TOP[:, None], 0.96, 0.02)
WEAK = np.log(PROBS)
STRONG = 0.6 * WEAK + np.array([0.3, 0.0, -0.2])
LABELED = np.array([[2.0, 0, 0], [1.5, 0, 0], [1.0, 0.5, 0], [0, 2.0, 0], [0, 1.0, 0.5], [0, 0, 2.0]])
Y = np.array([0, 0, 0, 1, 1, 2])
KNOWN = softmax(LABELED)
COUNTS = np.array([3.0, 2.0, 1.0])
MEAN = PROBS.mean(axis=0)
SHARES = np.array([0.75, 0.2, 0.05])

METHODS: dict[str, Method] = {
    component.name: component.load()()
    for component in registry().components("method")
    if component.distribution == "albench"
}
WITH_STATE = [name for name, method in METHODS.items() if method.init(TASK, torch.device("cpu"))]


def batch(method: Method, step: int) -> Batch:
    """The same predictions always: of items 0 to 19 at even steps, of 20 to 39 at odd ones; item 40 is labelled."""
    views = {"weak": WEAK, "weak2": STRONG, "strong": STRONG, "strong2": STRONG[:, ::-1].copy()}
    return Batch(
        x_lab=torch.tensor(LABELED),
        y_lab=torch.tensor(Y),
        views={name: torch.tensor(views[name]) for name in method.views},
        index=torch.arange(20) + 20 * (step % 2),
        noise=dict(method.draw(torch.Generator().manual_seed(step), 6, 20)),
        class_counts=torch.tensor(COUNTS, dtype=torch.float32),
    )


def step_of(method: Method, state: State, step: int) -> tuple[float, State, dict[str, float]]:
    loss, state, logs = method.loss(Model(), batch(method, step), state, torch.tensor(step))
    return loss.item(), state, {name: value.item() for name, value in logs.items()}


def near(found: Tensor, wanted: object) -> None:
    """Within 3 % of what is right, a hundredth at least."""
    np.testing.assert_allclose(found.double().numpy(), wanted, rtol=0.03, atol=0.01)


def freematch(_method: Method, state: State) -> None:
    near(state["threshold"], 0.96)
    near(state["local"], MEAN)
    near(state["histogram"], SHARES)


def softmatch(_method: Method, state: State) -> None:
    top = normalize(PROBS / MEAN).max(axis=1)
    near(state["mean_probs"], MEAN)
    near(state["mu"], top.mean())
    assert state["variance"].item() == pytest.approx(top.var(ddof=1), rel=0.03)


def debiaspl(_method: Method, state: State) -> None:
    near(state["mean_probs"], MEAN)


def adamatch(_method: Method, state: State) -> None:
    """Predictions are turned to the mean prediction of the labelled items, of which the threshold is 0.9 of the top."""
    near(state["labeled_mean"] / state["unlabeled_mean"], KNOWN.mean(axis=0) / MEAN)
    near(state["threshold"], 0.9 * KNOWN.max(axis=1).mean())


def aligned(_method: Method, state: State) -> None:
    near(state["mean"], MEAN)


def similarity(method: Method, state: State) -> None:
    """The mean prediction is known, and the bank is full."""
    aligned(method, state)
    assert (state["bank"].norm(dim=1) > 0.99).all()


def dash(_method: Method, state: State) -> None:
    """The threshold fell to its floor, from the labelled cross-entropy."""
    near(state["rho_hat"], -np.log(KNOWN[np.arange(6), Y]).mean())
    near(state["threshold"], 0.05)


def flexmatch(method: Method, state: State) -> None:
    """Forty items of the pool are learnt: beta is 1, 8 / 30 and 2 / 30."""
    beta = np.array([1, 8 / 30, 2 / 30])
    bar = torch.tensor(0.95 * beta / (2 - beta), dtype=torch.float32)
    assert method.rejected(torch.diag(bar + 0.001), state).tolist() == [False] * 3
    assert method.rejected(torch.diag(bar - 0.001), state).tolist() == [True] * 3


def boostmis(_method: Method, state: State) -> None:
    """Every count is 40, so that the threshold is alpha, and beta for the one label bought of one asked for."""
    near(state["previous"], 40)
    near(state["threshold"], 0.95)


def saw(_method: Method, state: State) -> None:
    assert torch.bincount(state["memory"][:40]).tolist() == (40 * SHARES).round().tolist()


def darp(_method: Method, state: State) -> None:
    """Refined, the pseudo labels have the shares of the bought labels."""
    memory, wanted = state["memory"][:40], torch.tensor(40 * COUNTS / 6, dtype=torch.float32)
    near(memory, np.tile(PROBS, (2, 1)))
    kept = entries_kept(memory, wanted, 2.0)
    near(refined(kept, torch.special.entr(kept).sum(dim=1), state["dual"]).sum(dim=0), wanted)


def daso(_method: Method, state: State) -> None:
    """A prototype of each class is known, and the shares of the pseudo labels are those of the predictions."""
    assert (state["seen"] >= DEFAULT).all()
    near(state["share_mean"], SHARES)


def abc(_method: Method, state: State) -> None:
    """With the round unlabelled items are left out as labelled ones are."""
    near(state["ramp_steps"], DEFAULT)


def cossl(_method: Method, state: State) -> None:
    """The balanced head teaches in the last fifth."""
    near(state["wait_steps"], 0.8 * DEFAULT)


def uda(_method: Method, state: State) -> None:
    """Training signal annealing is over with the round."""
    near(state["tsa_steps"], DEFAULT)


def ramped(method: Method, state: State) -> None:
    """At the last step the unlabelled loss has its whole weight."""
    step = DEFAULT - 1
    loss, _, logs = step_of(method, state, step)
    wanted = sum(weight * logs[name] for name, weight in weights(method).items())
    assert loss - logs["supervised_loss"] == pytest.approx(wanted, rel=0.03)


def weights(method: Method) -> dict[str, float]:
    given = {"unlabeled_loss": "weight", "anchor_loss": "anchor_weight"}
    return {loss: getattr(method, weight) for loss, weight in given.items() if hasattr(method, weight)}


Arrived = Callable[[Method, State], None]
ARRIVED: dict[str, tuple[Arrived, ...]] = {
    "abc": (abc,),
    "adamatch": (adamatch, ramped),
    "boostmis": (boostmis,),
    "comatch": (similarity,),
    "cossl": (cossl,),
    "darp": (darp,),
    "dash": (dash,),
    "crest": (aligned,),
    "daso": (daso,),
    "debiaspl": (debiaspl,),
    "flexmatch": (flexmatch,),
    "freematch": (freematch,),
    "ict": (ramped,),
    "mean-teacher": (ramped,),
    "mixmatch": (ramped,),
    "pi-model": (ramped,),
    "pseudo-label": (ramped,),
    "remixmatch": (aligned, ramped),
    "saw": (saw,),
    "simmatch": (similarity,),
    "softmatch": (softmatch,),
    "uda": (uda,),
}


def test_every_method_that_keeps_a_state_is_told_here() -> None:
    assert sorted(ARRIVED) == sorted(WITH_STATE)


@pytest.mark.parametrize("name", WITH_STATE)
def test_after_a_default_round_what_it_keeps_has_arrived(name: str) -> None:
    """Constant predictions for 200 steps on a cold start; what is right is worked out by hand."""
    method = METHODS[name]
    state = begun(method, TASK, DEFAULT)
    for step in range(DEFAULT):
        _, state, _ = step_of(method, state, step)
    for arrived in ARRIVED[name]:
        arrived(method, state)


AVERAGES = [
    ("freematch", "threshold"),
    ("softmatch", "mean_probs"),
    ("debiaspl", "mean_probs"),
    ("adamatch", "labeled_mean"),
]
WINDOWS = {
    "adamatch": ("unlabeled_mean", "unlabeled_means", 128),
    "remixmatch": ("mean", "means", 128),
    "simmatch": ("mean", "means", 256),
    "comatch": ("mean", "means", 32),
    "crest": ("mean", "means", 128),
    "daso": ("share_mean", "shares", 100),
}
LENGTHS = {
    ("abc", "ramp_steps"): (250_000, 250_000),
    ("adamatch", "ramp_steps"): (2**17, 2**16),
    ("cossl", "wait_steps"): (500, 400),
    ("darp", "wait_steps"): (500, 200),
    ("dash", "warm_up_steps"): (LONG, 10 * 1024),
    ("dash", "drop_steps"): (LONG, 9 * 1024),
    ("daso", "wait_steps"): (250_000, 5_000),
    ("ict", "ramp_steps"): (400_000, 100_000),
    ("mean-teacher", "ramp_steps"): (150_000, 40_000),
    ("mixmatch", "ramp_steps"): (LONG, 2**14),
    ("pi-model", "ramp_steps"): (300_000, 80_000),
    ("pseudo-label", "ramp_steps"): (LONG, 0.4 * LONG),
    ("remixmatch", "ramp_steps"): (LONG, 2**14),
    ("uda", "tsa_steps"): (500_000, 500_000),
}
"""Method and what of its state lasts for steps -> steps of the authors' training, and what they give it of them."""


@pytest.mark.parametrize(("name", "average"), AVERAGES)
def test_at_the_authors_length_a_step_moves_an_average_by_a_thousandth(name: str, average: str) -> None:
    method = METHODS[name]
    assert method.momentum == 0.999  # type: ignore[attr-defined]
    before = begun(method, TASK, LONG)
    _, after, _ = step_of(method, before, LONG // 2)
    _, arrived, _ = step_of(method, before, 0)
    # What the first step takes in is nine tenths of what a step sees.
    seen = before[average] + (arrived[average] - before[average]) / 0.9
    np.testing.assert_allclose(after[average], 0.999 * before[average] + 0.001 * seen, rtol=1e-5)


@pytest.mark.parametrize("name", WINDOWS)
def test_at_the_authors_length_a_mean_covers_their_window(name: str) -> None:
    mean, ring, size = WINDOWS[name]
    state = begun(METHODS[name], TASK, LONG)
    assert state[ring].shape == (size, 3)
    state[ring] = torch.rand(size, 3, generator=torch.Generator().manual_seed(0))
    _, state, _ = step_of(METHODS[name], state, LONG // 2)
    torch.testing.assert_close(state[mean], state[ring].mean(dim=0))


def test_at_the_authors_length_everything_lasts_as_long_as_theirs() -> None:
    counted = {(name, key) for name in WITH_STATE for key in begun(METHODS[name], TASK) if key.endswith("_steps")}
    assert counted == set(LENGTHS)
    for (name, key), (steps, wanted) in LENGTHS.items():
        assert begun(METHODS[name], TASK, steps)[key].item() == pytest.approx(wanted), (name, key)


def test_a_round_of_any_length_has_its_share() -> None:
    """By hand: ramps that wait for the network last 200 steps at least, or the round."""
    for name, key, steps, wanted in (
        ("mean-teacher", "ramp_steps", 50, 50),
        ("mean-teacher", "ramp_steps", 300, 200),
        ("mean-teacher", "ramp_steps", 1500, 400),
        ("mixmatch", "ramp_steps", 12_800, 200),
        ("adamatch", "ramp_steps", 50, 25),
        ("darp", "wait_steps", 50, 20),
        ("daso", "wait_steps", 50, 5),
        ("daso", "wait_steps", 200, 20),
        ("dash", "drop_steps", 200, 200 * 9 / 1024),
        ("dash", "warm_up_steps", 200, 2),
    ):
        assert begun(METHODS[name], TASK, steps)[key].item() == pytest.approx(wanted), (name, key, steps)


def test_an_option_in_steps_holds_as_it_is() -> None:
    registered = {c.name: c for c in registry().components("method")}
    for name, key in LENGTHS:
        method = registered[name].load()(**{key: 7})
        assert {begun(method, TASK, steps)[key].item() for steps in (10, 200, LONG)} == {7}

"""ABC against plain NumPy, and on a pool with a rare class."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from by_hand import cross_entropy, softmax
from hand_made_step import CPU, LABELED, STRONG, TASK, WEAK, WEAK_2, Model, Y, batch, run
from imbalanced_blobs import train
from rounds import begun, round_facts

from albench_ssl.auxiliary_balanced import ABC, rates
from albench_ssl.fixmatch import FixMatch

COUNTS = [8.0, 0.0, 2.0]
RATES = np.array([0.25, 1.0, 1.0])
NOISE = {"labeled": np.array([0.2, 0.9]), "unlabeled": np.array([0.5, 0.7, 0.99, 0.7])}


def ordinary(x: np.ndarray) -> np.ndarray:
    """Logits of the ordinary head: the embeddings' places turned by one, and twice as far."""
    return 2 * np.roll(x * np.array([1.0, 2.0, -0.5]) + 0.3, 1, axis=1)


def test_rates_by_hand() -> None:
    np.testing.assert_allclose(rates(torch.tensor(COUNTS)), RATES)
    np.testing.assert_allclose(rates(torch.tensor([100.0, 10.0, 1.0])), [0.01, 0.1, 1.0])
    assert rates(torch.tensor([5.0, 5.0])).tolist() == [1, 1]


def test_steps_written_out() -> None:
    """In a ramp of four steps, and after it: items of common classes are left out more and more."""
    method = ABC(threshold=0.7, weight=0.5, balanced_weight=0.8, ramp_steps=4)
    state = begun(method, TASK)
    seen = set()
    for step, weak in ((0, WEAK), (2, WEAK), (3, WEAK), (9, WEAK_2)):
        noise = {name: torch.tensor(value) for name, value in NOISE.items()}
        given = dataclasses.replace(batch(weak, noise), class_counts=torch.tensor(COUNTS))
        loss, state, logs = run(method, state, given, step)

        label, accepted = ordinary(weak).argmax(axis=1), softmax(ordinary(weak)).max(axis=1) >= 0.7
        unlabeled = (accepted * cross_entropy(ordinary(STRONG), label)).mean()
        target, guess = softmax(weak), weak.argmax(axis=1)
        kept = NOISE["unlabeled"] < 1 - min(step / 4, 1) * (1 - RATES[guess])
        teaches = kept & (target.max(axis=1) >= 0.7)
        consistent = (teaches * -(target * np.log(softmax(STRONG))).sum(axis=1)).mean()
        classified = ((NOISE["labeled"] < RATES[Y]) * cross_entropy(LABELED, Y)).mean()
        wanted = cross_entropy(ordinary(LABELED), Y).mean() + 0.5 * unlabeled + 0.8 * (classified + consistent)
        assert loss == pytest.approx(wanted, rel=1e-5)
        assert logs["accepted"] == pytest.approx(accepted.mean())
        assert logs["balanced_loss"] == pytest.approx(classified + consistent, rel=1e-5)
        seen.add(tuple(kept))
    assert len(seen) == 3, "what is left out depends on the step and the guess"
    assert method.rejected(torch.tensor(softmax(WEAK)), state).tolist() == (softmax(WEAK).max(axis=1) < 0.7).tolist()


def test_half_of_a_common_class_is_left_out_where_it_has_twice_the_labels() -> None:
    """Over many draws each class counts as often as the rarest."""
    method = ABC()
    noise = method.draw(torch.Generator().manual_seed(0), 20_000, 30_000)
    assert {name: tuple(value.shape) for name, value in noise.items()} == {"labeled": (20_000,), "unlabeled": (30_000,)}
    for value in noise.values():
        assert (value < rates(torch.tensor([4.0, 2.0]))[0]).float().mean().item() == pytest.approx(0.5, abs=0.01)


def test_both_heads_teach_the_embedding() -> None:
    method = ABC(threshold=0.0)
    noise = {name: torch.zeros(size) for name, size in (("labeled", 2), ("unlabeled", 4))}
    gradients = {}
    for weights in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)):
        given = batch(WEAK, noise)
        given.views["strong"].requires_grad_()
        chosen = dataclasses.replace(method, weight=weights[0], balanced_weight=weights[1])
        chosen.loss(Model(), given, begun(method, TASK), torch.tensor(0))[0].backward()
        strong = given.views["strong"].grad
        assert strong is not None
        gradients[weights] = strong.abs().sum().item()
    assert gradients[0.0, 0.0] == 0
    assert min(gradients[1.0, 0.0], gradients[0.0, 1.0]) > 0


def test_the_ramp_is_the_round() -> None:
    for steps in (50, 200, 250_000):
        assert begun(ABC(), TASK, steps)["ramp_steps"].item() == steps
    assert ABC(ramp_steps=0).round_start(ABC().init(TASK, CPU), round_facts(TASK))["ramp_steps"].item() == 0


def test_it_finds_more_of_the_rare_class_than_fixmatch() -> None:
    """On each of three pools, and it pseudo-labels more of it."""
    for seed in range(3):
        plain, balanced = train(FixMatch(), seed), train(ABC(), seed)
        assert balanced.recall > plain.recall + 0.04
        assert balanced.pseudo_labels > plain.pseudo_labels + 0.1

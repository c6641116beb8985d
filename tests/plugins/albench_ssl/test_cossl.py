"""CoSSL against plain NumPy, and on a pool with a rare class."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from by_hand import cross_entropy, softmax
from hand_made_step import LABELED, STRONG, TASK, WEAK, WEAK_2, Model, Y, batch, embedding, run
from imbalanced_blobs import train
from rounds import begun
from torch import Tensor

from albench.api import Task
from albench.training.forward import ModelForward
from albench.training.heads import with_heads
from albench_backbones.mlp import MLP
from albench_ssl.cossl import CoSSL, enhanced, mean_of_classes
from albench_ssl.fixmatch import FixMatch

COUNTS = [8.0, 0.0, 2.0]
NOISE = {"mixed": np.array([0.0, 0.7]), "kept": np.array([0.5, 0.25])}


def embeddings(x: np.ndarray) -> np.ndarray:
    return x * np.array([1.0, 2.0, -0.5]) + 0.3


def representation(x: np.ndarray) -> np.ndarray:
    """Logits of the method's own head: the embeddings' places turned by one, and twice as far."""
    return 2 * np.roll(embeddings(x), 1, axis=1)


def balanced(z: np.ndarray) -> np.ndarray:
    """Logits of the backbone's head."""
    return (z - 0.3) / np.array([1.0, 2.0, -0.5])


@dataclasses.dataclass
class Averaged(Model):
    """A moving average that is not the student: its items are half as large."""

    def ema_embed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x / 2, embedding(x / 2)


def test_steps_written_out() -> None:
    """Before the wait is over and after it; the second labelled item alone is of a class that is not the commonest."""
    method = CoSSL(threshold=0.7, weight=0.5, mix=0.6, wait_steps=3)
    state = begun(method, TASK)
    guesses = []
    for step, weak in ((0, WEAK), (2, WEAK_2), (3, WEAK), (4, WEAK_2)):
        noise = {name: torch.tensor(value) for name, value in NOISE.items()}
        given = dataclasses.replace(batch(weak, noise), class_counts=torch.tensor(COUNTS))
        loss, state, logs = run(method, state, given, step, model=Averaged())

        probs = softmax(balanced(embeddings(weak / 2)) if step >= 3 else representation(weak))
        label, accepted = probs.argmax(axis=1), probs.max(axis=1) >= 0.7
        unlabeled = (accepted * cross_entropy(representation(STRONG), label)).mean()
        features = embeddings(LABELED / 2)
        features[1] = 0.7 * features[1] + 0.3 * embeddings(STRONG / 2)[1]  # 0.6 + 0.4 * 0.25 of itself
        classified = cross_entropy(balanced(features), Y).mean()
        wanted = cross_entropy(representation(LABELED), Y).mean() + 0.5 * unlabeled + classified
        assert loss == pytest.approx(wanted, rel=1e-5)
        assert logs["accepted"] == pytest.approx(accepted.mean())
        assert logs["balanced_loss"] == pytest.approx(classified, rel=1e-5)
        guesses.append((step >= 3, tuple(label)))
    assert len(set(guesses)) == 4, "who makes the pseudo labels makes a difference"
    assert method.rejected(torch.tensor(softmax(WEAK)), state).tolist() == (softmax(WEAK).max(axis=1) < 0.7).tolist()


def test_the_rarer_a_class_the_more_of_it_is_mixed() -> None:
    """0 of the commonest class, 1 - 2 / 8 of one with a quarter of its labels: at noise 0.74 mixed, at 0.76 not."""
    losses = []
    for drawn in (0.74, 0.76):
        noise = {"mixed": torch.tensor([drawn, drawn]), "kept": torch.zeros(2)}
        given = dataclasses.replace(batch(WEAK, noise), class_counts=torch.tensor(COUNTS))
        losses.append(run(CoSSL(), begun(CoSSL(), TASK), given, 0)[2]["balanced_loss"])
    features = embeddings(LABELED)
    assert losses[1] == pytest.approx(cross_entropy(balanced(features), Y).mean(), rel=1e-5)
    features[1] = 0.6 * features[1] + 0.4 * embeddings(STRONG)[1]
    assert losses[0] == pytest.approx(cross_entropy(balanced(features), Y).mean(), rel=1e-5)


def test_every_class_of_a_batch_weighs_the_same() -> None:
    each, labels = torch.tensor([1.0, 2.0, 3.0, 10.0]), torch.tensor([0, 0, 0, 2])
    assert mean_of_classes(each, labels, 3).item() == pytest.approx((2 + 10) / 2)
    assert mean_of_classes(each[:1], labels[:1], 3).item() == 1


def test_features_are_mixed_where_they_are_to_be() -> None:
    one, other = torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([[0.0, 1.0], [0.0, 1.0]])
    found = enhanced(one, other, torch.tensor([True, False]), torch.tensor([0.8, 0.8]))
    torch.testing.assert_close(found, torch.tensor([[0.8, 0.2], [1.0, 0.0]]))


def test_the_balanced_head_does_not_move_the_embedding() -> None:
    """Of a real network: its loss alone reaches the backbone's head, and the labelled loss all but that."""
    task = Task("features", (3,), 3, ("a", "b", "c"))
    models = [
        with_heads(MLP(hidden=4).build(task, made), CoSSL(), task, made)
        for made in (torch.Generator().manual_seed(seed) for seed in (0, 1))
    ]
    given = batch(WEAK, {name: torch.tensor(value, dtype=torch.float32) for name, value in NOISE.items()})
    given = given.map(lambda value: value.float() if value.is_floating_point() else value)
    loss, _, _ = CoSSL().loss(ModelForward(*models), given, begun(CoSSL(), TASK), torch.tensor(0))
    loss.backward()
    student = dict(models[0].named_parameters())
    with_both = {name: value.grad.clone() for name, value in student.items() if value.grad is not None}
    assert with_both.keys() == student.keys()
    models[0].zero_grad()
    logits = models[0].method_heads["representation"](models[0](given.x_lab)[1])  # type: ignore[index]
    torch.nn.functional.cross_entropy(logits, given.y_lab).backward()
    for name, value in student.items():
        if name.startswith("head"):
            assert value.grad is None
            assert with_both[name].any()
        else:
            torch.testing.assert_close(value.grad, with_both[name])
    assert all(value.grad is None for value in models[1].parameters())


def test_it_finds_more_of_the_rare_class_than_fixmatch() -> None:
    """On each of three pools, and it pseudo-labels more of it."""
    for seed in range(3):
        plain, balanced = train(FixMatch(), seed), train(CoSSL(), seed)
        assert balanced.recall > plain.recall + 0.04
        assert balanced.pseudo_labels > plain.pseudo_labels + 0.1

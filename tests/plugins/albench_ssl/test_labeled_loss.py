"""``Method.labeled_loss`` against plain NumPy, with hard and with soft targets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from albench.api import Batch
from albench_ssl.supervised import Supervised

rng = np.random.default_rng(0)
LOGITS = rng.normal(size=(8, 4)).astype(np.float32)
Y = np.array([0, 0, 0, 0, 1, 1, 2, 2])
SOFT = rng.dirichlet(np.ones(4), size=8).astype(np.float32)
# Class shares as in the batch, so that its weights sum to its size; no label of the last class yet: half an item.
COUNTS = np.array([4.0, 2.0, 2.0, 0.0], dtype=np.float32)
FILLED = np.array([4.0, 2.0, 2.0, 0.5])
KINDS: list[dict[str, Any]] = [
    {"labeled_loss_name": "cross-entropy"},
    {"labeled_loss_name": "balanced-softmax"},
    {"labeled_loss_name": "logit-adjusted"},
    {"labeled_loss_name": "logit-adjusted", "tau": 0.5},
]


def batch(counts: np.ndarray = COUNTS) -> Batch:
    return Batch(
        x_lab=torch.tensor(LOGITS),
        y_lab=torch.tensor(Y),
        views={},
        index=torch.zeros(0).long(),
        noise={},
        class_counts=torch.tensor(counts),
    )


def log_softmax(z: np.ndarray) -> np.ndarray:
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def shifted(kind: dict[str, Any]) -> np.ndarray:
    """Log probabilities of the logits as the loss sees them."""
    shift = {
        "cross-entropy": np.zeros(4),
        "balanced-softmax": np.log(FILLED),
        "logit-adjusted": kind.get("tau", 1.0) * np.log(FILLED / FILLED.sum()),
    }[kind["labeled_loss_name"]]
    return log_softmax(LOGITS.astype(np.float64) + shift)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_hard_labels(kind: dict[str, Any]) -> None:
    found = Supervised(**kind).labeled_loss(torch.tensor(LOGITS), batch())
    assert found.item() == pytest.approx(-shifted(kind)[np.arange(8), Y].mean(), rel=1e-5)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_soft_labels(kind: dict[str, Any]) -> None:
    found = Supervised(**kind).labeled_loss(torch.tensor(LOGITS), batch(), torch.tensor(SOFT))
    assert found.item() == pytest.approx(-(SOFT * shifted(kind)).sum(axis=1).mean(), rel=1e-5)


def test_class_weights() -> None:
    method = Supervised(labeled_loss_name="class-weighted")
    counts = np.array([4.0, 2.0, 2.0], dtype=np.float32)
    weight = 8 / (3 * counts)  # L / (C n_y)
    log_p = log_softmax(LOGITS[:, :3].astype(np.float64))
    logits = torch.tensor(LOGITS[:, :3])
    hard = method.labeled_loss(logits, batch(counts))
    assert hard.item() == pytest.approx(-(weight[Y] * log_p[np.arange(8), Y]).mean(), rel=1e-5)
    one_hot = torch.tensor(np.eye(3, dtype=np.float32)[Y])
    assert method.labeled_loss(logits, batch(counts), one_hot).item() == pytest.approx(hard.item(), rel=1e-5)
    soft = SOFT[:, :3] / SOFT[:, :3].sum(axis=1, keepdims=True)
    found = method.labeled_loss(logits, batch(counts), torch.tensor(soft))
    assert found.item() == pytest.approx(-(weight * soft * log_p).sum(axis=1).mean(), rel=1e-5)


@pytest.mark.parametrize("name", ["cross-entropy", "class-weighted", "balanced-softmax", "logit-adjusted"])
def test_a_one_hot_target_is_a_label_and_balanced_classes_need_no_loss(name: Any) -> None:
    method = Supervised(labeled_loss_name=name)
    logits = torch.tensor(LOGITS)
    balanced = batch(np.full(4, 5, dtype=np.float32))
    plain = Supervised().labeled_loss(logits, balanced)
    torch.testing.assert_close(method.labeled_loss(logits, balanced), plain)
    torch.testing.assert_close(method.labeled_loss(logits, balanced, torch.eye(4)[Y]), plain)
    other = torch.tensor([3, 3, 3, 3, 2, 1, 0, 2])
    moved = Supervised().labeled_loss(logits, balanced, other)
    torch.testing.assert_close(method.labeled_loss(logits, balanced, other), moved)


@pytest.mark.parametrize("name", ["class-weighted", "balanced-softmax", "logit-adjusted"])
def test_seeds_stacked_and_classes_without_a_label(name: Any) -> None:
    """Under ``vmap``, with class counts of each seed's own, one of them bare."""
    method = Supervised(labeled_loss_name=name)
    counts = torch.tensor([[4.0, 2.0, 2.0, 0.0], [0.0, 0.0, 0.0, 8.0]])
    logits = torch.tensor(np.stack([LOGITS, 3 * LOGITS]))

    def loss(z: torch.Tensor, n: torch.Tensor, target: torch.Tensor | None = None) -> torch.Tensor:
        return method.labeled_loss(
            z,
            Batch(x_lab=z, y_lab=torch.tensor(Y), views={}, index=torch.zeros(0).long(), noise={}, class_counts=n),
            target,
        )

    together = torch.func.vmap(loss)(logits, counts)
    soft = torch.tensor(np.stack([SOFT, SOFT[::-1]]))
    mixed = torch.func.vmap(loss)(logits, counts, soft)
    for seed in range(2):
        torch.testing.assert_close(together[seed], loss(logits[seed], counts[seed]))
        torch.testing.assert_close(mixed[seed], loss(logits[seed], counts[seed], soft[seed]))
    assert together.isfinite().all()

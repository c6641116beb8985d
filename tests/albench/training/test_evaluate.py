"""Predictions in blocks against those in one, and what a metric that is not defined becomes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from tiny_trial import Tiny

from albench.data.items import Items
from albench.training.evaluate import evaluate, measure, predict, probabilities

CPU = torch.device("cpu")


@pytest.fixture
def items(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> Items:
    """Forty items, seven in a block."""
    monkeypatch.setattr(Items, "block_size", 7)
    return Items(tiny.splits().train.x, CPU)


def test_blocks_of_items_give_what_all_at_once_give_in_the_order_asked_for(tiny: Tiny, items: Items) -> None:
    model, index = tiny.Net(), torch.tensor([5, 0, 39, 5, *range(10, 30)])
    logits, embeddings = predict(model, items, index)
    x = torch.from_numpy(tiny.splits().train.x)[index]
    assert torch.equal(embeddings, x)
    torch.testing.assert_close(logits, model(x)[0].detach())
    assert not logits.requires_grad


def test_no_items_have_predictions_of_the_right_shape(tiny: Tiny, items: Items) -> None:
    logits, embeddings = predict(tiny.Net(), items, torch.empty(0, dtype=torch.int64))
    assert (logits.shape, embeddings.shape) == ((0, 2), (0, 4))


@pytest.mark.parametrize("training", [True, False])
def test_a_model_is_evaluated_as_such_and_left_in_its_mode(tiny: Tiny, items: Items, training: bool) -> None:
    class Watched(tiny.Net):
        def forward(self, x: torch.Tensor) -> Any:
            assert not self.training
            return super().forward(x)

    model = Watched().train(training)
    probs = probabilities(model, items)
    assert model.training is training
    assert (probs.shape, probs.dtype) == ((40, 2), np.float64)
    np.testing.assert_allclose(probs.sum(axis=1), 1)


def test_metrics_are_those_of_the_probabilities(tiny: Tiny) -> None:
    y = np.array([0, 1, 1, 0])
    probs = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.6, 0.4]])
    assert measure(probs, y, tiny.task)["accuracy"] == 0.75
    only = measure(probs[:1], y[:1], tiny.task)
    assert only["accuracy"] == 1
    assert None in only.values(), "what needs both classes is not defined"


def test_a_model_is_measured_on_a_split(tiny: Tiny) -> None:
    splits = tiny.splits()
    items, model = Items(splits.val.x, CPU), tiny.Net()
    right = (predict(model, items, torch.arange(20))[0].argmax(dim=1).numpy() == splits.val.y).mean()
    assert evaluate(model, items, splits.val.y, tiny.task)["accuracy"] == pytest.approx(right)

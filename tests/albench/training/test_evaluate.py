"""Predictions in blocks against those in one, and what a metric that is not defined becomes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss
from tiny_trial import Tiny

from albench.data.items import Items
from albench.training.evaluate import measure, predict, probabilities, score

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


class Fixed(torch.nn.Module):
    """A model of two classes whose items are their own logits, times a factor, plus a bias towards the first class."""

    def __init__(self, factor: float, bias: float) -> None:
        super().__init__()
        self.factor, self.bias = factor, bias

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x * self.factor + torch.tensor([self.bias, 0.0]), x


def test_of_equal_metrics_auroc_chooses_then_the_log_loss(tiny: Tiny) -> None:
    # All four predict the first class alone; the labels follow the second logit, and the second model turns it around.
    y = np.array([0, 0, 0, 1])
    items = Items(np.array([[0, 0.1], [0, 0.2], [0, 0.3], [0, 0.4]], dtype=np.float32), CPU)
    ranks, reversed_, blind, surer = Fixed(1, 5), Fixed(-1, 5), Fixed(0, 5), Fixed(1, 2)
    scores = [score(model, items, y, tiny.task, "macro_f1") for model in (ranks, reversed_, blind, surer)]
    majority = 2 * 3 / (3 + 4) / 2
    assert [each[:2] for each in scores] == [(pytest.approx(majority), auroc) for auroc in (1, 0, 0.5, 1)]
    for model, (*_, loss) in zip((ranks, reversed_, blind, surer), scores, strict=True):
        assert -loss == pytest.approx(log_loss(y, probabilities(model, items)))
    assert sorted(scores)[::-1] == [scores[3], scores[0], scores[2], scores[1]]


def test_where_a_metric_is_not_defined_or_nothing_is_paid_for_no_weights_are_better(tiny: Tiny) -> None:
    x = np.zeros((2, 2), dtype=np.float32)
    only = score(Fixed(1, 0), Items(x, CPU), np.array([0, 0]), tiny.task, "auroc")
    assert only == (-np.inf, -np.inf, pytest.approx(np.log(0.5)))
    assert score(Fixed(1, 0), Items(x[:0], CPU), np.array([], dtype=np.int64), tiny.task, "auroc") == ()


def test_items_are_read_in_ascending_order(tiny: Tiny, items: Items, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    gather = items.gather
    monkeypatch.setattr(items, "gather", lambda index: read.extend(index.tolist()) or gather(index))
    index = torch.randperm(40, generator=torch.Generator().manual_seed(0))
    _, embeddings = predict(tiny.Net(), items, index)
    assert read == list(range(40))
    assert torch.equal(embeddings, torch.from_numpy(tiny.splits().train.x)[index])

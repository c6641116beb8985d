"""Predictions in blocks, and the metrics of a model on a split."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from albench.api.task import Task
from albench.data.items import Items, as_input
from albench.metrics import metrics


@torch.no_grad()
def predict(model: nn.Module, items: Items, index: Tensor) -> tuple[Tensor, Tensor]:
    """Logits (n, C) and embeddings (n, E), float32 on the items' device, of the items at ``index``."""
    logits, embeddings = _predict(model, items, index, 2)
    return logits, embeddings


@torch.no_grad()
def _predict(model: nn.Module, items: Items, index: Tensor, n_outputs: int) -> tuple[Tensor, ...]:
    """The first outputs of a model, each written block by block into the tensor that is returned."""
    was_training = model.training
    model.eval()
    wholes: tuple[Tensor, ...] = ()
    start = 0
    rows = index if len(index) else torch.zeros(1, dtype=torch.int64)  # the shapes of an empty answer
    for block in items.blocks(rows, items.block_size):
        outputs = model(as_input(block))[:n_outputs]
        if not wholes:
            wholes = tuple(output.new_empty((len(rows), *output.shape[1:]), dtype=torch.float32) for output in outputs)
        for whole, output in zip(wholes, outputs, strict=True):
            whole[start : start + len(output)] = output
        start += len(block)
    model.train(was_training)
    return tuple(whole[: len(index)] for whole in wholes)


def probabilities(model: nn.Module, items: Items) -> np.ndarray:
    """(N, C) float64 class probabilities of every item of a split."""
    (logits,) = _predict(model, items, torch.arange(len(items)), 1)
    return np.asarray(logits.double().softmax(dim=1).cpu().numpy())


def measure(probs: np.ndarray, y: np.ndarray, task: Task) -> dict[str, float | None]:
    """Every metric of (N, C) probabilities; a metric that is not defined there is None."""
    values = metrics(probs, y, task.class_names, task.ordinal)
    return {name: None if np.isnan(value) else float(value) for name, value in values.items()}


def evaluate(model: nn.Module, items: Items, y: np.ndarray, task: Task) -> dict[str, float | None]:
    """Every metric of a model on a split; a metric that is not defined there is None."""
    return measure(probabilities(model, items), y, task)

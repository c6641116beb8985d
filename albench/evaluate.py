"""Predictions in blocks, and the metrics of a model on a split."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from albench.api.task import Task
from albench.metrics import metrics
from albench.pool import Items, as_input

BLOCK_BYTES = 32 * 2**20
"""Input bytes of one block of predictions."""


def block_size(items: Items) -> int:
    """Items in one block of predictions."""
    one = items.gather(torch.zeros(1, dtype=torch.int64))
    return max(64, min(4096, BLOCK_BYTES // max(1, one.numel() * 4)))


@torch.no_grad()
def predict(model: nn.Module, items: Items, index: Tensor) -> tuple[Tensor, Tensor]:
    """Logits (n, C) and embeddings (n, E), float32 on the items' device, of the items at ``index``."""
    was_training = model.training
    model.eval()
    logits, embeddings = [], []
    rows = index if len(index) else torch.zeros(1, dtype=torch.int64)  # the shapes of an empty answer
    for block in items.blocks(rows, block_size(items)):
        scores, embedding = model(as_input(block))
        logits.append(scores.float())
        embeddings.append(embedding.float())
    model.train(was_training)
    return torch.cat(logits)[: len(index)], torch.cat(embeddings)[: len(index)]


def evaluate(model: nn.Module, items: Items, y: np.ndarray, task: Task) -> dict[str, float | None]:
    """Every metric of a model on a split; a metric that is not defined there is None."""
    logits, _ = predict(model, items, torch.arange(len(items)))
    probs = logits.double().softmax(dim=1).cpu().numpy()
    found = metrics(probs, y, task.class_names, task.ordinal)
    return {name: None if np.isnan(value) else float(value) for name, value in found.items()}

"""Predictions in blocks, and the metrics of a model on a split."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from albench.api.task import Task
from albench.data.items import Items, as_input
from albench.devices import wide
from albench.metrics import log_loss, metrics
from albench.training.estimators import FittedModel, as_rows


@torch.no_grad()
def predict(model: nn.Module, items: Items, index: Tensor) -> tuple[Tensor, Tensor]:
    """Logits (n, C) and embeddings (n, E), float32 on the items' device, of the items at ``index``."""
    logits, embeddings = _predict(model, items, index, 2)
    return logits, embeddings


@torch.no_grad()
def _predict(model: nn.Module, items: Items, index: Tensor, n_outputs: int) -> tuple[Tensor, ...]:
    """The first outputs of a model, each written block by block into the tensor that is returned.

    Items are read in ascending order, whatever the order of the index: files are read from front to back.
    """
    was_training = model.training
    switched = any(part.training for part in model.modules())
    if switched:
        model.eval()
    wholes: tuple[Tensor, ...] = ()
    rows = index if len(index) else torch.zeros(1, dtype=torch.int64)  # the shapes of an empty answer
    order = rows.argsort()
    places = iter(order.to(items.device).split(items.block_size))
    for block in items.blocks(rows[order], items.block_size):
        outputs = model(as_input(block))[:n_outputs]
        if not wholes:
            wholes = tuple(output.new_empty((len(rows), *output.shape[1:]), dtype=torch.float32) for output in outputs)
        place = next(places)
        for whole, output in zip(wholes, outputs, strict=True):
            whole[place] = output.to(whole.dtype)
    if switched:
        model.train(was_training)
    return tuple(whole[: len(index)] for whole in wholes)


def probabilities(model: nn.Module, items: Items) -> np.ndarray:
    """(N, C) float64 class probabilities of every item of a split."""
    if isinstance(model, FittedModel):
        blocks = [model.probs(as_rows(block)) for block in items.blocks(torch.arange(len(items)), items.block_size)]
        return np.concatenate(blocks) if blocks else model.probs(as_rows(items.gather(torch.zeros(1).long())))[:0]
    (logits,) = _predict(model, items, torch.arange(len(items)), 1)
    return np.asarray(wide(logits).softmax(dim=1).cpu().numpy())


def measure(probs: np.ndarray, y: np.ndarray, task: Task) -> dict[str, float | None]:
    """Every metric of (N, C) probabilities; a metric that is not defined there is None."""
    values = metrics(probs, y, task.class_names, task.ordinal)
    return {name: None if np.isnan(value) else float(value) for name, value in values.items()}


Score = tuple[float, ...]
"""How well weights validate: what comes first counts first, and higher is better."""


def score(model: nn.Module, items: Items, y: np.ndarray, task: Task, metric: str) -> Score:
    """By what a round's weights are chosen: a metric, of equals the AUROC, of those again the log loss.

    A metric of predicted classes is the same for all weights that predict one class, however well they rank the items:
    AUROC tells those apart, and the log loss those that rank alike.

    Parameters
    ----------
    items, y
        Validation items and their labels (N,). Where there is none, all weights score alike.
    metric
        Its name; where it is not defined it counts as the lowest value.
    """
    if not len(y):
        return ()
    probs = probabilities(model, items)
    values = measure(probs, y, task)
    chosen = [values.get(name) for name in (metric, "auroc")]
    return *(-np.inf if value is None else value for value in chosen), -log_loss(probs, y)

"""Estimators, which are fitted whole, where trials have networks: what is fitted, as a model, and what fits it."""

from __future__ import annotations

import hashlib

import numpy as np
import torch
from torch import Tensor, nn

from albench import seeds
from albench.api.backbone import Backbone
from albench.api.estimator import Estimator, Examples, Fitted
from albench.api.method import Method, State
from albench.api.task import Task
from albench.data.items import Items, as_input
from albench.data.pool import Annotated
from albench.disk.host import on_host
from albench.errors import ContractError
from albench.suite.protocol import Protocol

TINY = float(np.finfo(np.float32).tiny)
"""Probabilities below it count as it where logarithms are taken."""
SLACK = 1e-3
"""How far from one the probabilities of an item may sum up: what float32 can lose over many classes."""


class FittedModel(nn.Module):
    """What was fitted as evaluation and strategies see a model; it has no weights and no gradient.

    Parameters
    ----------
    fitted
        Predicts rows.
    n_classes
        Of the task.
    """

    def __init__(self, fitted: Fitted, n_classes: int) -> None:
        super().__init__()
        self._fitted, self._n_classes = fitted, n_classes

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Log probabilities (B, C) and embeddings (B, E) of items (B, ...)."""
        rows = as_rows(x)
        logits = np.log(np.maximum(self.probs(rows), TINY), dtype=np.float32, casting="same_kind")
        return torch.from_numpy(logits).to(x.device), self._embedded(rows).to(x.device)

    def _embedded(self, rows: np.ndarray) -> Tensor:
        made = self._fitted.embed(rows)
        z = rows if made is None else np.asarray(made, np.float32)
        if z.ndim != 2 or len(z) != len(rows):
            raise ContractError(f"embed gave shape {z.shape} for {len(rows)} items, not ({len(rows)}, E)")
        if not np.isfinite(z).all():
            raise ContractError("embed gave values that are not finite")
        return torch.from_numpy(np.ascontiguousarray(z))

    def probs(self, rows: np.ndarray) -> np.ndarray:
        """(n, C) float64 class probabilities of rows (n, D)."""
        made = np.asarray(self._fitted.predict_probs(rows), np.float64)
        if made.shape != (len(rows), self._n_classes):
            raise ContractError(
                f"predict_probs gave shape {made.shape} for {len(rows)} items and {self._n_classes} classes"
            )
        sums = made.sum(axis=1, keepdims=True)
        if not (np.isfinite(made).all() and (made >= 0).all() and (np.abs(sums - 1) < SLACK).all()):
            raise ContractError(
                "predict_probs gave values that are no probabilities: not finite, below 0, or not 1 in sum"
            )
        return made / sums


def as_model(fitted: Fitted | nn.Module, n_classes: int) -> nn.Module:
    """What was fitted as evaluation and strategies see a model, in eval mode; a module is one already."""
    return fitted.eval() if isinstance(fitted, nn.Module) else FittedModel(fitted, n_classes)


def as_rows(x: Tensor) -> np.ndarray:
    """(n, D) float32 rows of items (n, ...)."""
    return np.ascontiguousarray(as_input(x).flatten(1).cpu().numpy(), np.float32)


class WholeLearner:
    """Stands where a network's ``Learner`` does; nothing goes from round to round, and a round is one step: the fit.

    Parameters
    ----------
    stream
        Names the seed of the fit, as it names a network's weights.
    """

    steps = 1
    first_step = 0

    def __init__(
        self, backbone: Backbone, method: Method, task: Task, protocol: Protocol, stream: tuple[str | int, ...]
    ) -> None:
        assert isinstance(backbone, Estimator)  # as it says that it can be fitted
        backbone.ready()
        self.estimator, self.method, self.task, self.protocol = backbone, method, task, protocol
        self.state: State = {}
        self.round = 0
        self._seed = seeds.derive("estimator", *stream) % 2**31

    def fit(self, items: Items, pool: Annotated) -> nn.Module:
        """The model of the labelled items, and of the unlabelled ones where the method reads them.

        Parameters
        ----------
        items
            The training split.
        """

        def rows(index: Tensor) -> np.ndarray:
            return as_rows(items.gather(index))

        examples = Examples(
            task=self.task,
            x=rows(pool.labeled),
            y=pool.y.numpy().astype(np.int64),
            seed=self._seed,
            read_unlabeled=lambda: rows(pool.unlabeled),
        )
        return as_model(self.method.fit(self.estimator, examples), self.task.n_classes).to(items.device)


def weights_hash(model: nn.Module, probs: np.ndarray | None = None) -> str:
    """Sixteen hexadecimal digits that name a model's weights and buffers; without any, what it says of test items.

    Parameters
    ----------
    probs
        That: class probabilities (N, C).
    """
    digest = hashlib.blake2b(digest_size=8)
    state = model.state_dict()
    for name, value in zip(state, on_host(list(state.values())), strict=True):
        digest.update(name.encode())
        digest.update(value.detach().contiguous().view(-1).view(torch.uint8).numpy().data)
    if isinstance(model, FittedModel) and probs is not None:
        digest.update(np.ascontiguousarray(probs).data)
    return digest.hexdigest()

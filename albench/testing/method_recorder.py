"""A small estimator that keeps what methods fit it with, and says what is wrong with that."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from albench.api.estimator import Estimator, Fitted
from albench.api.task import Task
from albench.testing.report import Fault


class Means:
    """Fitted to the mean of each class: its probabilities, by weight and squared distance."""

    def __init__(self, x: np.ndarray, y: np.ndarray, weight: np.ndarray, n_classes: int) -> None:
        shares = np.bincount(y, weight, n_classes)
        self._present = np.flatnonzero(shares)
        self._logs = np.log(shares[self._present])
        self._means = np.stack([np.average(x[y == each], axis=0, weights=weight[y == each]) for each in self._present])
        self._n_classes = n_classes

    def predict_probs(self, x: np.ndarray) -> np.ndarray:
        logits = self._logs - ((x[:, None].astype(np.float64) - self._means) ** 2).sum(axis=2) / x.shape[1]
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        probs = np.zeros((len(x), self._n_classes))
        probs[:, self._present] = powers / powers.sum(axis=1, keepdims=True)
        return probs

    def embed(self, x: np.ndarray) -> np.ndarray | None:
        return None


class MeansModel(nn.Module):
    """The same as a module, which estimators may return too."""

    def __init__(self, means: Means) -> None:
        super().__init__()
        self._means = means

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        probs = self._means.predict_probs(x.flatten(1).numpy())
        return torch.from_numpy(np.log(np.maximum(probs, 1e-30))).float(), x.flatten(1)


@dataclass(frozen=True)
class Fit:
    """What an estimator was fitted with, copied."""

    x: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None
    seed: int


@dataclass(frozen=True)
class Recorder(Estimator):
    """An estimator that keeps what it is fitted with, and says what is wrong with it.

    Attributes
    ----------
    module
        Whether it returns a module, in place of what predicts rows.
    """

    module: bool = False
    fits: list[Fit] = field(default_factory=list)

    def fit(
        self, task: Task, x: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None, seed: int
    ) -> Fitted | nn.Module:
        """Nearest means."""
        _check_rows(x, task)
        _check_labels(y, len(x), task)
        if sample_weight is not None:
            _check_weights(sample_weight, len(x))
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**31:
            raise Fault(f"the estimator was given the seed {seed!r}: hand on examples.seed")
        self.fits.append(Fit(x.copy(), y.copy(), None if sample_weight is None else sample_weight.copy(), int(seed)))
        means = Means(x, y, np.ones(len(y)) if sample_weight is None else sample_weight, task.n_classes)
        return MeansModel(means) if self.module else means


def _check_rows(x: Any, task: Task) -> None:
    size = int(np.prod(task.shape))
    if not isinstance(x, np.ndarray) or x.dtype != np.float32 or x.ndim != 2 or x.shape[1] != size or not len(x):
        raise Fault(f"the estimator was fitted to {kind_of(x)}, not to float32 rows (L, {size})")


def _check_labels(y: Any, n: int, task: Task) -> None:
    if not isinstance(y, np.ndarray) or y.dtype != np.int64 or y.shape != (n,):
        raise Fault(f"the estimator was fitted with {kind_of(y)} as the labels of {n} rows, not with int64 ({n},)")
    if y.min() < 0 or y.max() >= task.n_classes:
        raise Fault(f"the estimator was fitted with labels from {y.min()} to {y.max()} of {task.n_classes} classes")


def _check_weights(weight: Any, n: int) -> None:
    if not isinstance(weight, np.ndarray) or weight.shape != (n,) or not np.isfinite(weight).all() or weight.min() < 0:
        raise Fault(f"the estimator was given {kind_of(weight)} as the weights of {n} rows")


def kind_of(value: Any) -> str:
    """A value for a message: its type, and of arrays and tensors the shape."""
    if isinstance(value, np.ndarray | Tensor):
        return f"a {type(value).__name__} of shape {tuple(value.shape)} and {value.dtype}"
    return f"a {type(value).__name__}"

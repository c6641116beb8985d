"""A linear model on feature vectors, and on images as rows of pixels: multinomial logistic regression."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Generator, Tensor, nn

from albench.api import NEEDS, Estimator, Task, option
from albench_estimators.logistic import logistic

ABSENT = -100.0
"""Logit of a class without a label: its probability is 0 in float32."""


class LinearModel(nn.Module):
    """x (B, ...) to logits (B, C) and the flat input (B, D)."""

    def __init__(self, size: int, n_classes: int) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):  # what torch's constructor draws is set over by who made it
            self.head = nn.Linear(size, n_classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, C) and embeddings (B, D) of x (B, ...)."""
        x = x.flatten(1)
        return self.head(x), x


@dataclass(frozen=True)
class Linear(Estimator):
    """Logistic regression: ``converged`` where the method fits whole, as ``supervised`` does, by steps with any other.

    Converged, it is the minimum of ``C sum_i w_i CE(y_i, p(. | x_i)) + ||W||^2 / 2`` over weights and biases, the
    biases not penalised: scikit-learn's ``LogisticRegression(C)``, with two classes too. By steps it is a network like
    the others, which the protocol's learning rate and weight decay train; ``C`` has no meaning then.
    """

    gives = NEEDS
    vmap_safe = True

    solver: Literal["converged", "steps"] = option(
        "converged", "steps: by gradient steps with every method, so that methods differ in nothing else"
    )
    C: float = option(1.0, "converged: weight of the labelled items against the penalty of the weights", gt=0)

    @property
    def training(self) -> frozenset[str]:  # type: ignore[override]  # the option decides
        """``steps``, and ``whole`` unless the option says otherwise."""
        return frozenset({"steps", "whole"} if self.solver == "converged" else {"steps"})

    def build(self, task: Task, generator: Generator) -> nn.Module:
        """Weights normal with variance ``2 / (D + C)`` (Glorot and Bengio 2010, equation 12), biases 0."""
        model = LinearModel(math.prod(task.shape), task.n_classes)
        nn.init.xavier_normal_(model.head.weight, generator=generator)
        nn.init.zeros_(model.head.bias)
        return model

    def fit(self, task: Task, x: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None, seed: int) -> nn.Module:
        """The converged model; nothing of it is drawn."""
        present, codes = np.unique(y, return_inverse=True)
        model = LinearModel(x.shape[1], task.n_classes)
        weights, biases = logistic(x, codes, len(present), self.C, sample_weight)
        with torch.no_grad():
            model.head.weight.zero_()
            model.head.bias.fill_(ABSENT)
            model.head.weight[present] = torch.from_numpy(weights).float()
            model.head.bias[present] = torch.from_numpy(biases).float()
        return model

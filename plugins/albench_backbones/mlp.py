"""A perceptron on feature vectors, and on images as rows of pixels."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from albench.api import Backbone, Task, option
from albench.kernels import LaneLinear
from albench_backbones.build import build


def item_scale(x: Tensor) -> Tensor:
    """(..., 1) factors ``1 / sqrt(1 + mean(x^2))`` of x (..., D).

    Scaled so, features of any large size come to root mean square 1 and small ones stay as they are; no two items
    become one, as they could if a mean were taken off.
    """
    return torch.rsqrt(1 + torch.linalg.vector_norm(x, dim=-1, keepdim=True).square() / x.shape[-1])


class ScaledLinear(LaneLinear):
    """A linear layer on ``x * item_scale(x)``: scaling the product instead saves a pass that writes all of x."""

    def forward(self, input: Tensor) -> Tensor:
        """(..., B, outputs) of x (..., B, inputs)."""
        return self.product(input) * item_scale(input) + self.row


class Perceptron(nn.Module):
    """x (B, ...) to logits (B, C) and the last hidden layer (B, E), or the flat input where there is none.

    With weights that have lanes as their first dimension, x and what comes out have them too.
    """

    takes_lanes = True

    def __init__(self, size: int, hidden: int, depth: int, n_classes: int, normalize: bool) -> None:
        super().__init__()
        sizes = [size, *[hidden] * depth]
        kinds = [ScaledLinear if normalize and place == 0 else LaneLinear for place in range(depth)]
        self.scaled_input = normalize and depth == 0
        self.layers = nn.ModuleList(kind(*pair) for kind, pair in zip(kinds, itertools.pairwise(sizes), strict=True))
        self.head = LaneLinear(sizes[-1], n_classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, C) and embeddings (B, E) of x (B, ...)."""
        x = x.flatten(self.head.weight.ndim - 1)
        if self.scaled_input:
            x = x * item_scale(x)
        for layer in self.layers:
            x = torch.relu(layer(x))
        return self.head(x), x


@dataclass(frozen=True)
class MLP(Backbone):
    """A perceptron: D inputs, ``depth`` hidden layers with ReLU, C classes. Images are read as rows of pixels."""

    modalities = frozenset({"features", "image"})
    vmap_safe = True

    hidden: int = option(256, "units of each hidden layer, the embedding size", ge=1)
    depth: int = option(1, "hidden layers; 0 for a linear model, whose embedding is the input", ge=0)
    normalize: bool = option(True, "scale each item so that large features have root mean square 1")
    dropout: float = option(0.0, "share of the embedding dropped in training, before the head", ge=0, lt=1, later=True)

    def build(self, task: Task, generator: Generator) -> nn.Module:
        """``Perceptron`` for the task, its weights drawn from ``generator``."""
        return build(
            lambda: Perceptron(math.prod(task.shape), self.hidden, self.depth, task.n_classes, self.normalize),
            generator,
            dropout=self.dropout,
        )

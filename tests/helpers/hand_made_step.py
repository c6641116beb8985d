"""A step of a method on hand-made logits: the model is the identity, so that NumPy can write the loss out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from by_hand import cross_entropy
from torch import Tensor

from albench.api import Batch, Method, State, Task

TASK = Task("features", (3,), 3, ("a", "b", "c"), pool_size=7, embedding_size=3)
CPU = torch.device("cpu")


@dataclass
class Model:
    """Logits are the input; ``shift`` is added where strong views are in the batch, as batch statistics would."""

    shift: float = 0.0

    def __call__(self, x: Tensor) -> Tensor:
        return x + self.shift * torch.tensor([1.0, -1.0, 0.5])

    def embed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self(x), embedding(x)

    def frozen(self, x: Tensor) -> Tensor:
        return x

    def frozen_embed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x, embedding(x)

    def head(self, z: Tensor, name: str = "") -> Tensor:
        return own_head(z) if name else (z - 0.3) / torch.tensor([1.0, 2.0, -0.5])

    def frozen_head(self, z: Tensor, name: str = "") -> Tensor:
        return self.head(z, name).detach()

    def probe(self, x: Tensor) -> Tensor:
        return x

    def ema(self, x: Tensor) -> Tensor:
        return x

    def ema_embed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x, embedding(x)


def embedding(x: Tensor) -> Tensor:
    """(n, 3) the model's embeddings."""
    return x * torch.tensor([1.0, 2.0, -0.5]) + 0.3


def own_head(z: Tensor) -> Tensor:
    """(n, 3) logits of the method's own head: the embeddings' places turned by one, and twice as far."""
    return 2 * z.roll(1, dims=1)


WEAK = np.array([[4.0, 0.0, 0.0], [0.3, 0.1, 0.0], [0.0, 1.0, 9.0], [0.0, 1.5, 0.2]])
WEAK_2 = np.array([[0.0, 5.0, 0.1], [6.0, 0.0, 0.0], [0.2, 0.0, 3.5], [0.0, 0.9, 0.0]])
STRONG = np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 5.0], [0.5, 0.0, 1.5], [0.4, 0.3, 0.1]])
STRONG_2 = np.array([[3.0, 0.5, 0.2], [0.0, 0.7, 4.0], [0.5, 0.1, 2.5], [0.1, 2.0, 0.6]])
LABELED = np.array([[1.0, 0.0, -1.0], [0.0, 2.0, 0.0]])
Y = np.array([0, 2])


def normalize(rows: np.ndarray) -> np.ndarray:
    """Rows with sum 1."""
    return rows / rows.sum(axis=1, keepdims=True)


SUPERVISED = cross_entropy(LABELED, Y).mean()


def batch(weak: np.ndarray, noise: dict[str, Tensor], labeled: np.ndarray = LABELED) -> Batch:
    """Four unlabelled items with the weak views that are given, two labelled ones."""
    views = {"weak": torch.tensor(weak), "strong": torch.tensor(STRONG), "strong2": torch.tensor(STRONG_2)}
    index = torch.tensor([4, 1, 6, 0])
    return Batch(
        x_lab=torch.tensor(labeled),
        y_lab=torch.tensor(Y),
        views=views,
        index=index,
        noise=noise,
        class_counts=torch.ones(3),
    )


def run(
    method: Method, state: State, given: Batch, step: int, shift: float = 0.0, model: Model | None = None
) -> tuple[float, State, dict[str, float]]:
    """Loss, new state and logs of one step, as plain numbers."""
    loss, state, logs = method.loss(model or Model(shift), given, state, torch.tensor(step))
    return loss.item(), state, {name: value.item() for name, value in logs.items()}


def unit(x: np.ndarray) -> np.ndarray:
    """(n, 3) the model's embeddings of items (n, 3), scaled to length 1."""
    rows = x * np.array([1.0, 2.0, -0.5]) + 0.3
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)

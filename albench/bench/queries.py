"""Queries on made-up pools, ready to be timed."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from albench.api.strategy import NEEDS
from albench.bench.rates import seconds
from albench.components.registry import registry
from albench.data.items import Items
from albench.data.pool import Annotated
from albench.devices import choosing
from albench.trial.insight import Insight
from albench.trial.view import PoolView, RoundOutputs

CLASSES, LABELED = 10, 1000
"""Of every pool here."""
SHORT = 0.05
"""Seconds below which a query is timed five times: pages that are touched for the first time weigh on the shortest."""


class _Linear(nn.Module):
    """Items are their own embeddings."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.head = nn.Linear(weight.shape[1], weight.shape[0], device=weight.device)
        with torch.no_grad():
            self.head.weight.copy_(weight)
            self.head.bias.zero_()

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.head(x), x


def pool(n: int, size: int, device: str = "cpu") -> PoolView:
    """A view of n items: classes, no negative entry, like the pooled features of a trained network.

    Parameters
    ----------
    size
        Numbers in an embedding.
    """
    generator = torch.Generator().manual_seed(0)  # of the CPU: a pool is the same on every device
    centers = 3 * torch.randn(CLASSES, size, generator=generator)
    label = torch.randint(CLASSES, (n + LABELED,), generator=generator)
    x = torch.randn(n + LABELED, size, generator=generator)
    for part, classes in zip(x.split(1024), label.split(1024), strict=True):
        part.add_(centers[classes]).relu_()
    return view_of(x, label, centers / (3 * size**0.5), device)


def view_of(x: Tensor, label: Tensor, head: Tensor, device: str = "cpu") -> PoolView:
    """A view of some items, the last ``LABELED`` of them labelled, through a linear head on the items themselves.

    Parameters
    ----------
    x, label
        (N + LABELED, D) float32 and (N + LABELED,) int64.
    head
        (CLASSES, D) its weights.
    """
    n, device = len(x) - LABELED, str(choosing(torch.device(device)))
    head, label, x = head.to(device), label.to(device), x.to(device)
    model = _Linear(head)
    with torch.no_grad():
        predicted = model(x[:n])
    return PoolView(
        needs=frozenset(NEEDS),
        items=Items(x.cpu().numpy(), torch.device(device)),
        pool=Annotated(torch.arange(n, n + LABELED), label[n:].cpu(), torch.arange(n), CLASSES),
        outputs=RoundOutputs(1, model, predicted, lambda probs: probs.amax(dim=1) < 1.0),
        budget_left=n,
        stream=(0, 1),
        insight=Insight(label.__getitem__, lambda _: ()),  # a round that an oracle trains ahead is no part of a query
    )


def query(spec: str, n: int, q: int, size: int, device: str = "cpu") -> Callable[[], object]:
    """A strategy's query, ready to be timed; predictions are made already, as in a round."""
    strategy = registry().build("strategy", spec)
    view = pool(n, size, device)
    _ = view.probs
    return lambda: strategy.select(view, q)


def query_seconds(query: Callable[[], object], device: str = "cpu") -> float:
    """Seconds of a query; of a short one the least of five."""
    first = seconds(query, device)
    return first if first >= SHORT else min(first, *(seconds(query, device) for _ in range(4)))

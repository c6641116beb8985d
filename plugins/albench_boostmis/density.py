"""Density weights from nearest neighbours: how typical an item is of the unlabelled pool."""

from __future__ import annotations

import torch
from torch import Tensor


def mean_similarity(similarity: Tensor) -> Tensor:
    """Mean cosine similarity to the nearest neighbours; a negative mean is no weight, 0.

    Parameters
    ----------
    similarity
        (N, M) cosine similarity of each item's M nearest neighbours.

    Returns
    -------
    (N,) between 0 and 1.
    """
    return similarity.mean(dim=1).clamp_(0.0, 1.0)


def graph_degree(index: Tensor) -> Tensor:
    """Row sums of the symmetrised binary neighbour graph, divided by M.

    ``A[i, j] = 1`` where j is among i's M nearest neighbours or i among j's. Every item has at least M edges; items
    that many others are near to have more.

    Parameters
    ----------
    index
        (N, M) int64 positions of each item's M nearest neighbours, none of them itself.

    Returns
    -------
    (N,) float32, at least 1.
    """
    n, m = index.shape
    item = torch.arange(n, device=index.device)[:, None]
    incoming = torch.bincount(index.flatten(), minlength=n)
    # An edge that both ends have is counted once.
    edges = (item * n + index).flatten()
    mutual = torch.isin(edges, (index * n + item).flatten(), assume_unique=True).view(n, m).sum(dim=1)
    return (m + incoming - mutual).float() / m

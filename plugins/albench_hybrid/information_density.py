"""Information density: entropy weighted by how like the rest of the pool an item is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from albench.api import Strategy, View, option
from albench.kernels import entropy, joined

_ROWS = 512
"""Rows of a block: few, so that their float64 copies stay in the cache."""
_FLOATS_ON_DEVICE = 1 << 24
"""Numbers in a block of a device."""


@dataclass(frozen=True)
class InformationDensity(Strategy):
    """Choose items with a large entropy times a power of their mean cosine similarity to the pool.

    Notes
    -----
    Settles and Craven (2008), "An Analysis of Active Learning Strategies for Sequence Labeling Tasks", EMNLP, section
    on information density. As there the mean runs over all unlabelled items, the item itself among them. The paper's
    features are not negative; a mean similarity below zero, which embeddings can have, counts as zero. The mean of
    the similarities is the similarity to the mean of the scaled embeddings, so that the cost is O(N D).
    """

    needs: ClassVar[frozenset[str]] = frozenset({"probs", "embeddings"})

    beta: float = option(1.0, "power of the density: 0 leaves the entropy alone", ge=0)

    def scores(self, view: View) -> Tensor:
        """(N,) the score: worked out in float64 and rounded, so that duplicates are equal."""
        weight = density(view.embeddings).clamp(min=0.0).pow(self.beta)
        return (entropy(view.probs.double()) * weight).float()


def density(embeddings: Tensor) -> Tensor:
    """(N,) float64 mean cosine similarity to all rows (N, D), the row itself included; 0 for a row of zeros."""
    on_cpu = embeddings.device.type == "cpu"
    rows = _ROWS if on_cpu else max(_ROWS, _FLOATS_ON_DEVICE // max(1, embeddings.shape[1]))
    n_blocks = -(-len(embeddings) // rows)
    sums = joined((_unit(part).sum(dim=0, keepdim=True) for part in embeddings.split(rows)), n_blocks)
    mean = sums.sum(dim=0) / len(embeddings)
    return joined((_unit(part) @ mean for part in embeddings.split(rows)), len(embeddings))


def _unit(x: Tensor) -> Tensor:
    """Rows scaled to length 1 (or 0), float64; dividing by the largest entry first keeps squares in range."""
    scale = x.abs().amax(dim=1, keepdim=True)
    scaled = torch.where(scale == 0.0, 0.0, x / scale).double()
    return scaled / torch.linalg.vector_norm(scaled, dim=1, keepdim=True).clamp(min=1.0)

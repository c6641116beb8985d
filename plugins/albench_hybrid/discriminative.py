"""Discriminative active learning: what a classifier tells apart from the labelled items."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from albench.api import Strategy, View, option
from albench.kernels import joined, require_finite, sent, top_k

_FLOATS = 1 << 24
"""Numbers in one block."""


@dataclass(frozen=True)
class DiscriminativeAL(Strategy):
    """Choose, part by part, the items that a classifier is most certain are not labelled.

    The budget is divided into ``sub_batches`` nearly equal parts. For each a new binary classifier learns on the
    embeddings to tell the labelled items, those chosen before included, from the other items; the part is what it
    takes for unlabelled most. In the end the labelled set is hard to tell from the pool, so it represents it.

    Notes
    -----
    Gissin and Shalev-Shwartz (2019), "Discriminative Active Learning", arXiv 1907.06347. The authors train a multilayer
    perceptron on the representation with weighted classes until it is right on nearly all of them. Here it has one
    hidden layer (none with ``hidden=0``: logistic regression), sees embeddings scaled to zero mean and unit variance,
    and is trained by a fixed number of Adam steps on batches that are half labelled and half unlabelled, which weighs
    the classes equally. Its weights and batches come from the view's generator. Without labelled items the first part
    is random.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"embeddings"})

    sub_batches: int = option(10, "parts of the budget, each chosen by a new classifier", ge=1)
    hidden: int = option(256, "units of the classifier's hidden layer; 0 for logistic regression", ge=0)
    steps: int = option(100, "training steps of each classifier", ge=1)
    batch_size: int = option(256, "items in a training batch, half of them labelled", ge=2)
    lr: float = option(1e-3, "learning rate of Adam", gt=0)

    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions, part by part, in each the most certain first."""
        x, known = view.embeddings, view.labeled_embeddings
        require_finite(embeddings=x, labelled_embeddings=known)
        deviation, mean = torch.std_mean(x, dim=0, correction=0)
        scale = torch.where(deviation > 0, deviation, 1.0)

        def scaled(rows: Tensor) -> Tensor:
            return (rows - mean).div_(scale)

        known = scaled(known)
        left = torch.arange(len(x), device=x.device)
        picks = left[:0]
        n_parts = min(self.sub_batches, budget)
        for part in range(n_parts):
            take = budget // n_parts + (part < budget % n_parts)
            if len(known):
                chosen = top_k(self._log_odds(x, scaled, left, known, view.generator)[left], take)
            else:
                chosen = sent(torch.randperm(len(left), generator=view.generator)[:take], x.device)
            picks = torch.cat([picks, left[chosen]])
            known = torch.cat([known, scaled(x[left[chosen]])])
            kept = torch.ones_like(left, dtype=torch.bool)
            kept[chosen] = False
            left = left[kept]
        return picks

    def _log_odds(
        self, x: Tensor, scaled: Callable[[Tensor], Tensor], left: Tensor, known: Tensor, generator: torch.Generator
    ) -> Tensor:
        """Train a classifier of rows of ``x`` (N, D), once scaled, at positions ``left`` against ``known`` (L, D).

        Returns
        -------
        (N,) log odds of being unlabelled.
        """
        widths = [x.shape[1], *([self.hidden] if self.hidden else []), 1]
        weights = [
            sent(torch.randn(m, n, generator=generator), x.device).to(x.dtype) * (2.0 / m) ** 0.5
            for m, n in itertools.pairwise(widths)
        ]
        weights[-1] *= 0.1  # near zero at the start: the classifier has to earn its certainty
        biases = [x.new_zeros(n) for n in widths[1:]]

        def log_odds(rows: Tensor) -> Tensor:
            for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
                rows = torch.addmm(bias, rows, weight).relu_()
            return torch.addmm(biases[-1], rows, weights[-1])[:, 0]

        half = self.batch_size // 2
        shape = (self.steps, half)
        unlabeled = left[sent(torch.randint(len(left), shape, generator=generator), x.device)]
        labeled = sent(torch.randint(len(known), shape, generator=generator), x.device)
        for parameter in (*weights, *biases):
            parameter.requires_grad_()
        optimizer = torch.optim.Adam([*weights, *biases], lr=self.lr, fused=x.device.type != "cpu")
        with torch.enable_grad():
            for first, second in zip(unlabeled, labeled, strict=True):
                odds = log_odds(torch.cat([scaled(x[first]), known[second]]))
                loss = functional.softplus(-odds[:half]).mean() + functional.softplus(odds[half:]).mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        with torch.no_grad():
            rows = max(1, _FLOATS // max(x.shape[1], self.hidden))
            return joined((log_odds(scaled(part)) for part in x.split(rows)), len(x))

"""Small pools that strategies are tried on, each seen through the real view with a record of what is read of it."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from albench import seeds
from albench.api.strategy import Strategy
from albench.api.task import Task
from albench.data.items import Items
from albench.data.pool import Annotated
from albench.testing.views import LinearModel
from albench.trial.insight import Insight
from albench.trial.view import PoolView, RoundOutputs

TASK = Task("features", (8,), 4, ("a", "b", "c", "d"), pool_size=52, embedding_size=8)
"""The task of the pools, as strategies are asked whether they can run on it."""


class ProbeView(PoolView):
    """A view that keeps account of what is read of it.

    Attributes
    ----------
    reads
        Public names that the strategy read.
    undeclared
        Quantities that it read and does not declare, or that a strategy inside it declares and it does not.
    private
        Private names that it read.
    """

    def __init__(self, *, needs: frozenset[str], **given: Any) -> None:
        self.reads: set[str] = set()
        self.undeclared: set[str] = set()
        self.private: set[str] = set()
        self._declared = needs
        super().__init__(needs=needs, **given)

    def __getattribute__(self, name: str) -> Any:
        caller = sys._getframe(1).f_globals.get("__name__", "")
        if not name.startswith("__") and not caller.startswith(("albench.trial.view", "albench.testing.")):
            object.__getattribute__(self, "private" if name.startswith("_") else "reads").add(name)
        return super().__getattribute__(name)

    def _require(self, *names: str) -> None:
        if not self._declared.intersection(names):
            self.undeclared.add(names[0])
        super()._require(*names)


@dataclass(frozen=True, eq=False)
class Case:
    """A pool through a linear model, and the budget that a strategy is given.

    Attributes
    ----------
    what
        What is special of it, in words.
    embeddings, labeled
        (N, E) and (L, E) float32 of unlabelled and labelled items; items are their own embeddings. Labelled items have
        the first pool ids, so that with ``L >= N`` no pool id is a position.
    labeled_y
        (L,) int64.
    weight, bias
        (C, E) and (C,) of the model's head.
    threshold
        Items whose top probability is below it are rejected.
    logits
        (N, C) in place of the model's, or None.
    """

    what: str
    embeddings: Tensor
    labeled: Tensor
    labeled_y: Tensor
    weight: Tensor
    bias: Tensor
    threshold: float
    budget: int
    seed: int = 0
    logits: Tensor | None = None

    def __str__(self) -> str:
        sizes = f"N={len(self.embeddings)}, L={len(self.labeled)}, C={len(self.weight)}, E={self.weight.shape[1]}"
        return f"{self.what}: {sizes}, budget={self.budget}, seed={self.seed}"

    def view(self, strategy: Strategy, *, dtype: torch.dtype = torch.float32, device: str = "cpu") -> ProbeView:
        """The pool as the strategy sees it; float64 is exact, the same numbers in a wider type.

        An oracle sees labels too, those of ``blobs``, and of a batch a number that stands for what training would give.
        """
        n_labeled, place = len(self.labeled), torch.device(device)
        items = Items(torch.cat([self.labeled, self.embeddings]).to(dtype).numpy(), place)
        with torch.random.fork_rng(devices=[]):  # a linear layer draws its weights before it is given them
            model = LinearModel(self.weight, self.bias).to(place, dtype)
        with torch.no_grad():
            logits, embeddings = model(self.embeddings.to(place, dtype))
            labeled = model(self.labeled.to(place, dtype))
        view = ProbeView(
            needs=strategy.needs,
            items=items,
            pool=Annotated(
                torch.arange(n_labeled), self.labeled_y, torch.arange(n_labeled, len(items)), len(self.weight)
            ),
            outputs=RoundOutputs(
                round_number=1,
                model=model,
                predicted=(logits if self.logits is None else self.logits.to(place, dtype), embeddings),
                rejected=lambda probs: probs.amax(dim=1) < self.threshold,
            ),
            budget_left=self.budget,
            stream=(self.seed, 1),
            insight=Insight(lambda ids: ids % len(self.weight), lambda ids: (float(ids.sum() % 97),)),
        )
        view.__dict__["_labeled_predicted"] = labeled  # the view itself would predict in float32 alone
        return view


@functools.lru_cache(maxsize=64)
def blobs(
    n: int, budget: int, *, n_labeled: int = 12, n_classes: int = 4, size: int = 8, seed: int = 0, what: str = "blobs"
) -> Case:
    """A Gaussian blob a class, a model that knows the centres and is unsure at times; about half is rejected."""
    generator = seeds.torch_stream("conformance", n, n_labeled, n_classes, size)
    centres = torch.randn(n_classes, size, generator=generator)
    y = torch.arange(n + n_labeled) % n_classes
    x = centres[y] + torch.randn(n + n_labeled, size, generator=generator)
    weight, bias = centres, -centres.square().sum(dim=1) / 2
    tops = (x[n_labeled:] @ weight.T + bias).softmax(dim=1).amax(dim=1)
    threshold = float(tops.median())
    return Case(what, x[n_labeled:], x[:n_labeled], y[:n_labeled], weight, bias, threshold, budget, seed)


def ladder(sizes: Iterable[tuple[int, int]] = ((1, 1), (5, 3), (10, 10), (40, 7))) -> list[Case]:
    """Pools of growing size, each with its budget, so that the first to fail is the smallest."""
    return [blobs(n, budget) for n, budget in sizes]


def altered(case: Case, what: str, **changes: Any) -> Case:
    """The case with something changed."""
    return replace(case, what=what, **changes)

"""What a strategy may see of one round: the unlabelled pool through the current model, never a hidden label."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from albench import seeds
from albench.api.strategy import Strategy
from albench.data.items import Items, as_input, standardized
from albench.data.pool import Annotated
from albench.errors import ContractError
from albench.kernels import approximate_neighbors, nearest_neighbors, sent, top_k
from albench.suite.protocol import Amounts
from albench.training.evaluate import predict
from albench.trial.answers import checked_scores
from albench.trial.insight import BLIND, Insight

MC_BLOCK = 4096
"""Items in one block of a dropout sample."""
MC_LOGITS = 1 << 23
"""Logits of dropout samples that are made at once."""


class Undeclared(ContractError):
    """A strategy reads a quantity that it does not declare; ``quantity`` is its name."""

    def __init__(self, message: str, quantity: str) -> None:
        super().__init__(message)
        self.quantity = quantity


@dataclass(frozen=True)
class RoundOutputs:
    """What a round's training gave, as strategies see it.

    Attributes
    ----------
    model
        The round's best weights.
    predicted
        Logits (N, C) and embeddings (N, D) of the unlabelled items, as ``predict`` gives them.
    rejected
        The method's rule: probabilities (N, C) -> (N,) bool.
    """

    round_number: int
    model: nn.Module
    predicted: tuple[Tensor, Tensor]
    rejected: Callable[[Tensor], Tensor]


class PoolView:
    """The ``View`` that strategies are given (see ``albench.api.View``).

    Parameters
    ----------
    needs
        What the strategy declared; reading anything else raises ``ContractError``.
    items
        The training split.
    stream
        Parts of the name of the strategy's random streams.
    approximate
        Whether ``neighbors`` are approximate; their recall is then noted.
    insight
        Shows hidden labels; given to oracles alone.
    """

    def __init__(
        self,
        *,
        needs: frozenset[str],
        items: Items,
        pool: Annotated,
        outputs: RoundOutputs,
        budget_left: int,
        stream: tuple[str | int, ...],
        approximate: bool = False,
        insight: Insight = BLIND,
    ) -> None:
        self.round = outputs.round_number
        self.n_classes = pool.n_classes
        self.budget_left = budget_left
        self.device = items.device
        self.rng = seeds.numpy_stream("strategy", *stream)
        self.generator = seeds.torch_stream("strategy", *stream)
        self.notes: dict[str, float] = {}
        self.groups: dict[str, Tensor] = {}
        self._needs = needs
        self._items = items
        self._index = pool.unlabeled
        self._labeled = pool.labeled
        self._labeled_y = pool.y.to(items.device)
        self._model = outputs.model
        self._predicted = outputs.predicted
        self._rejected = outputs.rejected
        self._approximate = approximate
        self._insight = insight
        self._outer: tuple[PoolView, Tensor] | None = None
        self._neighbors: dict[int, tuple[Tensor, Tensor]] = {}

    def __len__(self) -> int:
        return len(self._index)

    def _require(self, *names: str) -> None:
        if not self._needs.intersection(names):
            declared = ", ".join(sorted(self._needs)) or "nothing"
            raise Undeclared(
                f"the strategy reads '{names[0]}' but declares {declared}: add '{names[0]}' to its needs", names[0]
            )

    @property
    def x(self) -> Tensor:
        return self._items.gather(self._index)

    @property
    def index(self) -> Tensor:
        return self._index.clone()

    @cached_property
    def _probs(self) -> Tensor:
        return self._predicted[0].softmax(dim=1)

    @property
    def probs(self) -> Tensor:
        self._require("probs")
        return self._probs

    @property
    def logits(self) -> Tensor:
        self._require("logits")
        return self._predicted[0]

    @property
    def embeddings(self) -> Tensor:
        self._require("embeddings")
        return self._predicted[1]

    @property
    def labeled_x(self) -> Tensor:
        return self._items.gather(self._labeled)

    @property
    def labeled_y(self) -> Tensor:
        return self._labeled_y.clone()

    @cached_property
    def _labeled_predicted(self) -> tuple[Tensor, Tensor]:
        if len(self._labeled) == 0:
            return self._predicted[0][:0], self._predicted[1][:0]
        return predict(self._model, self._items, self._labeled)

    @property
    def labeled_embeddings(self) -> Tensor:
        self._require("embeddings")
        return self._labeled_predicted[1]

    @property
    def labeled_probs(self) -> Tensor:
        self._require("probs")
        return self._labeled_predicted[0].softmax(dim=1)

    @cached_property
    def _rejected_mask(self) -> Tensor:
        return self._rejected(self._probs)

    @property
    def rejected(self) -> Tensor:
        self._require("probs")
        return self._rejected_mask.clone()

    def neighbors(self, k: int) -> tuple[Tensor, Tensor]:
        self._require("neighbors")
        k = min(k, len(self) - 1)
        if k < 1:
            nothing = torch.empty(len(self), 0, device=self.device)
            return nothing, nothing.long()
        if k not in self._neighbors:
            self._neighbors[k] = self._nearest(k)
        return self._neighbors[k]

    def _nearest(self, k: int) -> tuple[Tensor, Tensor]:
        if not self._approximate:
            return nearest_neighbors(self._predicted[1], k)
        similarity, places, recall = approximate_neighbors(self._predicted[1], k)
        self.note("neighbors_recall", recall)
        return similarity, places

    def head(self, z: Tensor) -> Tensor:
        self._require("gradients")
        head: nn.Module = self._model.head  # type: ignore[assignment]  # the backbone's contract
        logits: Tensor = head(z)
        return logits

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        self._require("gradients")
        logits, embeddings = self._model(as_input(x))
        return logits, embeddings

    def mc_probs(self, samples: int, drop: float = 0.5) -> Iterator[Tensor]:
        self._require("mc_probs")
        return self._dropped(samples, drop)

    @torch.no_grad()
    def _dropped(self, samples: int, drop: float) -> Iterator[Tensor]:
        head: nn.Module = self._model.head  # type: ignore[assignment]  # the backbone's contract
        embeddings = self._predicted[1]
        # One mask for all items: a sample is one network, so that what it says of two items belongs together.
        size = (samples, embeddings.shape[1])
        kept = sent(torch.rand(size, generator=self.generator), self.device) >= drop
        masks = kept.to(embeddings.dtype) / (1 - drop)
        if isinstance(head, nn.Linear):
            # A masked input is a masked weight, so one product serves many samples; with the classes first, what
            # follows runs over whole vectors of items.
            n_classes = head.out_features
            group = min(samples, max(1, MC_LOGITS // max(1, len(self) * n_classes)))
            bias = torch.zeros_like(head.weight[:, 0]) if head.bias is None else head.bias
            logits = embeddings.new_empty(group * n_classes, len(self))
            for some in masks.split(group):
                weights = (some[:, None] * head.weight).flatten(0, 1)
                some_logits = logits[: len(weights)]
                torch.addmm(bias.repeat(len(some))[:, None], weights, embeddings.T, out=some_logits)
                for sample in some_logits.view(len(some), n_classes, len(self)):
                    yield sample.softmax(dim=0).T
            return
        for mask in masks:
            yield torch.cat([head(part * mask).softmax(dim=1) for part in embeddings.split(MC_BLOCK)])

    @property
    def true_labels(self) -> Tensor:
        self._require("true_labels")
        return self._insight.true_labels(self._index).to(self.device)

    def score_after(self, positions: Tensor) -> tuple[float, ...]:
        self._require("score_after")
        return self._insight.score_after(self._index[positions.to(self._index.device)])

    def best(self, scores: Tensor, budget: int) -> Tensor:
        return top_k(checked_scores(scores, self.device), budget)

    def only(self, positions: Tensor, strategy: Strategy) -> PoolView:
        inner = copy.copy(self)
        for name in ("_probs", "_rejected_mask"):
            inner.__dict__.pop(name, None)
        place = positions.to(self._index.device)
        inner._needs = strategy.needs
        inner._index = self._index[place]
        inner._predicted = (self._predicted[0][positions], self._predicted[1][positions])
        inner._neighbors = {}
        inner._outer = (self, positions)
        return inner

    def note(self, name: str, value: float) -> None:
        number = float(value)
        if not np.isfinite(number):
            raise ContractError(f"the strategy's note '{name}' is {number}, not a finite number")
        self.notes[name] = number

    def group(self, name: str, positions: Tensor) -> None:
        if self._outer:
            view, places = self._outer
            view.group(name, places[positions])
        else:
            self.groups[name] = positions.detach().cpu()


def cold_view(items: Items, strategy: Strategy, n_classes: int, amounts: Amounts, seed: int) -> PoolView:
    """The view of a pool without a label or a model, for ``Strategy.cold_start``: embeddings are the items themselves.

    Items are flattened and scaled to zero mean and unit variance over the pool, by one factor for all columns.
    """
    nothing = torch.empty(0, dtype=torch.int64)
    pool = Annotated(labeled=nothing, y=nothing, unlabeled=torch.arange(len(items)), n_classes=n_classes)
    pool = pool.shuffled("initial", seed)
    return PoolView(
        needs=strategy.needs & {"embeddings", "neighbors"},
        items=items,
        pool=pool,
        outputs=RoundOutputs(
            round_number=0,
            model=nn.Identity(),
            predicted=(torch.empty(len(items), 0, device=items.device), standardized(items, pool.unlabeled)),
            rejected=lambda probs: torch.ones(len(probs), dtype=torch.bool, device=probs.device),
        ),
        budget_left=amounts.labels[-1],
        stream=("initial", seed),
    )

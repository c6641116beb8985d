"""What a strategy may see of one round: the unlabelled pool through the current model, never a hidden label."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from albench import seeds
from albench.api.strategy import Strategy
from albench.data.items import Items, as_input
from albench.errors import ContractError
from albench.kernels import NonFiniteScores, approximate_neighbors, nearest_neighbors, top_k
from albench.suite.protocol import Amounts
from albench.training.evaluate import predict

MC_BLOCK = 4096
"""Items in one block of a dropout sample."""
MC_LOGITS = 1 << 23
"""Logits of dropout samples that are made at once."""


class Undeclared(ContractError):
    """A strategy reads a quantity that it does not declare; ``quantity`` is its name."""

    def __init__(self, message: str, quantity: str) -> None:
        super().__init__(message)
        self.quantity = quantity


class PoolView:
    """The ``View`` that strategies are given (see ``albench.api.View``).

    Parameters
    ----------
    needs
        What the strategy declared; reading anything else raises ``ContractError``.
    model
        The round's best weights.
    items
        The training split.
    index, labeled, labeled_y
        Unlabelled pool ids (N,), labelled ones (L,), and the labels that have been bought (L,).
    predicted
        Logits (N, C) and embeddings (N, D) of the unlabelled items, as ``predict`` gives them.
    rejected
        The method's rule: probabilities (N, C) -> (N,) bool.
    stream
        Parts of the name of the strategy's random streams.
    approximate
        Whether ``neighbors`` are approximate; their recall is then noted.
    """

    def __init__(
        self,
        *,
        needs: frozenset[str],
        model: nn.Module,
        items: Items,
        index: Tensor,
        predicted: tuple[Tensor, Tensor],
        labeled: Tensor,
        labeled_y: Tensor,
        rejected: Callable[[Tensor], Tensor],
        n_classes: int,
        round_number: int,
        budget_left: int,
        stream: tuple[str | int, ...],
        approximate: bool = False,
    ) -> None:
        self.round = round_number
        self.n_classes = n_classes
        self.budget_left = budget_left
        self.device = items.device
        self.rng = seeds.numpy_stream("strategy", *stream)
        self.generator = seeds.torch_stream("strategy", *stream, device=str(items.device))
        self.notes: dict[str, float] = {}
        self.groups: dict[str, Tensor] = {}
        self._needs = needs
        self._model = model
        self._items = items
        self._index = index
        self._predicted = predicted
        self._labeled = labeled
        self._labeled_y = labeled_y
        self._rejected = rejected
        self._approximate = approximate
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
            self._neighbors[k] = self._found(k)
        return self._neighbors[k]

    def _found(self, k: int) -> tuple[Tensor, Tensor]:
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
        kept = torch.rand(size, generator=self.generator, device=self.device) >= drop
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
                found = logits[: len(weights)]
                torch.addmm(bias.repeat(len(some))[:, None], weights, embeddings.T, out=found)
                for sample in found.view(len(some), n_classes, len(self)):
                    yield sample.softmax(dim=0).T
            return
        for mask in masks:
            yield torch.cat([head(part * mask).softmax(dim=1) for part in embeddings.split(MC_BLOCK)])

    def best(self, scores: Tensor, budget: int) -> Tensor:
        return top_k(self._checked_scores(scores), budget)

    def _checked_scores(self, scores: object) -> Tensor:
        """Scores as (N,) numbers on the view's device; a NumPy array is taken as a tensor."""
        given = as_tensor(scores) if isinstance(scores, np.ndarray) else scores
        if not isinstance(given, Tensor) or given.ndim != 1 or given.is_complex() or given.dtype == torch.bool:
            hint = ": does it end in a return?" if scores is None else ""
            raise ContractError(f"its scores must be a 1-d tensor of numbers, one an item, not {_kind(scores)}{hint}")
        return given.to(self.device)

    def only(self, positions: Tensor, strategy: Strategy) -> PoolView:
        part = copy.copy(self)
        for name in ("_probs", "_rejected_mask"):
            part.__dict__.pop(name, None)
        place = positions.to(self._index.device)
        part._needs = strategy.needs
        part._index = self._index[place]
        part._predicted = (self._predicted[0][positions], self._predicted[1][positions])
        part._neighbors = {}
        part._outer = (self, positions)
        return part

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
    x = _standardized(items)
    nothing = torch.empty(0, dtype=torch.int64)
    return PoolView(
        needs=strategy.needs & {"embeddings", "neighbors"},
        model=nn.Identity(),
        items=items,
        index=torch.arange(len(items)),
        predicted=(torch.empty(len(items), 0, device=items.device), x),
        labeled=nothing,
        labeled_y=nothing.to(items.device),
        rejected=lambda probs: torch.ones(len(probs), dtype=torch.bool, device=probs.device),
        n_classes=n_classes,
        round_number=0,
        budget_left=amounts.labels[-1],
        stream=("initial", seed),
    )


def _standardized(items: Items) -> Tensor:
    """(N, D) float32: all items flattened, less their mean, by one factor of unit variance; one copy, no second."""
    parts = items.blocks(torch.arange(len(items)), items.block_size)
    first = as_input(next(parts)).flatten(1)
    x = first.new_empty(len(items), first.shape[1])
    x[: len(first)] = first
    for place, part in enumerate(parts, start=1):
        x[place * len(first) :][: len(part)] = as_input(part).flatten(1)
    x.sub_(x.mean(dim=0))
    square = sum(float(part.double().square().sum()) for part in x.split(len(first)))
    return x.div_(max((square / x.numel()) ** 0.5, 1e-12))


def choose(strategy: Strategy, view: PoolView, budget: int, name: str) -> Tensor:
    """A strategy's picks, checked.

    Raises
    ------
    ContractError
        Naming the strategy, where its scores are not finite or its answer is not what was asked for.
    """
    try:
        picks = strategy.select(view, budget)
    except (NonFiniteScores, ContractError) as error:
        raise ContractError(f"strategy '{name}': {error}") from error
    return checked_picks(picks, view, budget, name)


def checked_picks(picks: object, view: PoolView, budget: int, strategy: str) -> Tensor:
    """A strategy's answer as (budget,) int64 positions on the CPU; a NumPy array or a list of whole numbers is taken.

    Raises
    ------
    ContractError
        Saying what is wrong with it: its type, count, range or a duplicate.
    """
    given = as_tensor(picks)
    if given is None or given.ndim != 1 or given.is_floating_point() or given.dtype == torch.bool:
        hint = ": does select end in a return?" if picks is None else ""
        raise ContractError(
            f"strategy '{strategy}' must return a 1-d tensor of whole numbers, not {_kind(picks)}{hint}"
        )
    if len(given) != budget:
        raise ContractError(f"strategy '{strategy}' returned {len(given)} positions, {budget} were asked for")
    positions = given.detach().to("cpu", torch.int64)
    if bool(((positions < 0) | (positions >= len(view))).any()):
        raise ContractError(
            f"strategy '{strategy}' returned a position outside 0 .. {len(view) - 1}: "
            "positions in the view are asked for, not pool ids"
        )
    if len(positions.unique()) != budget:
        raise ContractError(f"strategy '{strategy}' returned {budget - len(positions.unique())} positions twice")
    return positions


def as_tensor(values: object) -> Tensor | None:
    """Numbers in one of the forms that they come in; None for anything else."""
    if isinstance(values, list | tuple) and values:
        values = np.asarray(values)
    if isinstance(values, np.ndarray) and values.dtype.kind in "iuf":
        return torch.from_numpy(values.astype(np.float64 if values.dtype.kind == "f" else np.int64))
    return values if isinstance(values, Tensor) else None


def _kind(value: object) -> str:
    if isinstance(value, Tensor):
        return f"a {value.ndim}-d tensor of {value.dtype}"
    if isinstance(value, np.ndarray):
        return f"a {value.ndim}-d array of {value.dtype}"
    return type(value).__name__

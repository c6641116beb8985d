"""A strategy's view over what a caller hands in, in place of a round that albench has trained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from albench.data.items import Items
from albench.data.pool import Annotated
from albench.errors import UserError
from albench.trial.view import PoolView, RoundOutputs

GIVES = {
    "probs": ("probs", "probabilities of the unlabelled items", "probs=, logits=, or embeddings= with head="),
    "logits": ("logits", "logits of the unlabelled items", "logits=, probs=, or embeddings= with head="),
    "embeddings": ("embeddings", "embeddings of the unlabelled items", "embeddings="),
    "neighbors": ("embeddings", "neighbours among the unlabelled items", "embeddings="),
    "gradients": ("head", "the model's last layer", "head="),
    "mc_probs": ("mc_probs", "dropout samples", "mc_probs=, or embeddings= with head="),
}
"""What a strategy reads -> what must be there for it, its name, and the arguments that give it."""


@dataclass(frozen=True)
class Given:
    """What is known of ``N`` unlabelled and ``L`` labelled items; what is not is None.

    Attributes
    ----------
    logits, embeddings
        (N, C) and (N, E) float32.
    labeled_logits, labeled_embeddings, labeled_y
        (L, C) and (L, E) float32, (L,) int64.
    mc_probs
        (S, N, C) float32.
    head
        Embeddings (n, E) -> logits (n, C).
    model
        Items -> logits and embeddings.
    items, labeled_items
        The items themselves.
    """

    size: int
    n_classes: int
    device: torch.device
    logits: Tensor | None = None
    embeddings: Tensor | None = None
    labeled_logits: Tensor | None = None
    labeled_embeddings: Tensor | None = None
    labeled_y: Tensor | None = None
    mc_probs: Tensor | None = None
    head: nn.Module | None = None
    model: nn.Module | None = None
    items: Items | None = None
    labeled_items: Items | None = None
    confidence: float = 0.95

    @property
    def n_labeled(self) -> int:
        """How many labelled items there are, by whatever is known of them."""
        known = (self.labeled_y, self.labeled_embeddings, self.labeled_logits, self.labeled_items)
        return next((len(each) for each in known if each is not None), 0)

    def has(self, what: str) -> bool:
        """Whether a quantity is there, or follows from others."""
        if what == "mc_probs":
            return self.mc_probs is not None or (self.head is not None and self.embeddings is not None)
        return getattr(self, "logits" if what == "probs" else what) is not None


class _LastLayer(nn.Module):
    """What stands for a model of which the last layer alone is known."""

    def __init__(self, head: nn.Module | None) -> None:
        super().__init__()
        self.head = head

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        raise UserError("this strategy runs items through the model: give model= and pool=.")


class GivenView(PoolView):
    """The view of what is given; it says which argument is missing when a strategy reads what is not there.

    Parameters
    ----------
    name, needs, cold
        The strategy as it was typed, what it declares, and whether it can do without labelled items.
    seed, round_number
        Name its random streams, and the order in which it is shown the items: those of a trial.
    """

    def __init__(
        self, given: Given, name: str, needs: frozenset[str], *, cold: bool, seed: int, round_number: int
    ) -> None:
        n, labeled = given.size, given.n_labeled
        y = torch.zeros(labeled, dtype=torch.int64) if given.labeled_y is None else given.labeled_y.cpu()
        pool = Annotated(torch.arange(n, n + labeled), y, torch.arange(n), given.n_classes)
        pool = pool.shuffled(seed, round_number)
        order = pool.unlabeled.to(given.device)
        nothing = torch.empty(n, 0, device=given.device)
        predicted = (
            nothing if given.logits is None else given.logits[order],
            nothing if given.embeddings is None else given.embeddings[order],
        )
        super().__init__(
            needs=needs,
            items=Items(np.empty((n + labeled, 0), np.float32), given.device),
            pool=pool,
            outputs=RoundOutputs(
                round_number,
                given.model or _LastLayer(given.head),
                predicted,
                lambda probs: probs.amax(dim=1) < given.confidence,
            ),
            budget_left=n,
            stream=(seed, round_number),
        )
        self._given, self._name, self._cold = given, name, cold

    def _require(self, *names: str) -> None:
        super()._require(*names)
        if names[0] not in GIVES:
            raise UserError(f"strategy {self._name} is shown labels that nobody bought: it runs in a trial alone.")
        what, called, arguments = GIVES[names[0]]
        if not self._given.has(what):
            raise UserError(f"strategy {self._name} reads {called}: give {arguments}, or model= and pool=.")

    @property
    def x(self) -> Tensor:
        if self._given.items is None:
            raise UserError(f"strategy {self._name} reads the unlabelled items: give pool=.")
        return self._given.items.gather(self._index)

    @property
    def labeled_x(self) -> Tensor:
        if self._given.labeled_items is None:
            raise UserError(f"strategy {self._name} reads the labelled items: give labeled=.")
        return self._given.labeled_items.gather(self._labeled - self._given.size)

    @property
    def labeled_y(self) -> Tensor:
        if self._given.labeled_y is None and not self._cold:
            raise UserError(f"strategy {self._name} reads the labels that were bought: give labeled_y=.")
        return super().labeled_y

    @property
    def labeled_embeddings(self) -> Tensor:
        super()._require("embeddings")
        return self._of_labeled(self._given.labeled_embeddings, "embeddings", self._predicted[1])

    @property
    def labeled_probs(self) -> Tensor:
        super()._require("probs")
        return self._of_labeled(self._given.labeled_logits, "probs", self._predicted[0]).softmax(dim=1)

    def _of_labeled(self, known: Tensor | None, what: str, like: Tensor) -> Tensor:
        if known is not None:
            return known
        if not self._cold:
            arguments = f"labeled_{what}=" + (" (or labeled= beside model=)" if self._given.items else "")
            raise UserError(f"strategy {self._name} reads {what} of the labelled items: give {arguments}.")
        return like[:0]

    def _dropped(self, samples: int, drop: float) -> Iterator[Tensor]:
        stored = self._given.mc_probs
        if stored is None:
            yield from super()._dropped(samples, drop)
            return
        if len(stored) != samples:
            raise UserError(
                f"strategy {self._name} reads {samples} dropout samples and mc_probs has {len(stored)}: give as many, "
                f"or write samples={len(stored)} among its options."
            )
        places = self._index.to(stored.device)
        yield from (sample[places] for sample in stored)


def classes_of(known: dict[str, Any], told: int | None) -> int:
    """How many classes there are, by whatever of ``Given`` says it, or by what the caller told.

    Raises
    ------
    UserError
        Where two say different numbers, or a label is outside.
    """
    widths = {key: known[key].shape[-1] for key in ("logits", "mc_probs", "labeled_logits") if known[key] is not None}
    if told is not None:
        widths["n_classes"] = told
    if len(set(widths.values())) > 1:
        raise UserError("select: " + ", ".join(f"{key} has {width}" for key, width in widths.items()) + " classes.")
    y = known["labeled_y"]
    least = 1 if y is None or not len(y) else int(y.max()) + 1
    count = next(iter(widths.values()), least)
    if count < least:
        raise UserError(f"labeled_y: label {least - 1} is outside the {count} classes 0 .. {count - 1}.")
    return int(count)

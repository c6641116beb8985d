"""The pool: what of the training split is labelled, and what is not."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass

import torch
from torch import Tensor

from albench import seeds
from albench.errors import ContractError


@dataclass(frozen=True)
class Annotated:
    """A pool as it is annotated at one moment.

    Attributes
    ----------
    labeled, y
        Ids (L,) ascending that are labelled, and the labels (L,) int64 that were bought.
    unlabeled
        Ids (N,) of the others: ascending, or in an order that was drawn.
    """

    labeled: Tensor
    y: Tensor
    unlabeled: Tensor
    n_classes: int

    @property
    def class_counts(self) -> Tensor:
        """(C,) float32: how many of the bought labels are of each class."""
        return torch.bincount(self.y, minlength=self.n_classes).float()

    def shuffled(self, *stream: str | int) -> Annotated:
        """The same pool, what is unlabelled in an order drawn from the stream of that name.

        Strategies choose among positions, and of equals the first. In a pool that lies there class by class these would
        always be items of one class.
        """
        order = torch.randperm(len(self.unlabeled), generator=seeds.torch_stream("order", *stream))
        return dataclasses.replace(self, unlabeled=self.unlabeled[order])


class Pool:
    """The training split: each index is labelled or unlabelled.

    Parameters
    ----------
    size
        Number of items.
    """

    def __init__(self, size: int) -> None:
        self._labeled = torch.zeros(size, dtype=torch.bool)

    def __len__(self) -> int:
        return len(self._labeled)

    @property
    def mask(self) -> Tensor:
        """(size,) bool, a copy."""
        return self._labeled.clone()

    @property
    def labeled(self) -> Tensor:
        """(L,) int64 ids, ascending."""
        return self._labeled.nonzero().squeeze(1)

    @property
    def unlabeled(self) -> Tensor:
        """(N,) int64 ids, ascending."""
        return (~self._labeled).nonzero().squeeze(1)

    def mark(self, ids: Tensor) -> None:
        """Note that items are labelled now."""
        if bool(self._labeled[ids].any()) or len(ids.unique()) != len(ids):
            raise ContractError("an item was to be labelled twice")
        self._labeled[ids] = True


def index_hash(ids: Tensor) -> str:
    """Sixteen hexadecimal digits that name a set of pool ids."""
    text = ",".join(map(str, sorted(ids.tolist())))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

"""A trial's pool with its labels: what the oracle has sold so far."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch
from torch import Tensor

from albench.data.pool import Annotated, Pool
from albench.trial.labels import Oracle


class Bought:
    """What is labelled of a pool, and the labels that were paid for.

    Parameters
    ----------
    oracle
        Sells labels.
    size
        Items in the pool.
    n_classes
        Of the labels.
    n_beyond
        Items after them, whose labels cannot be bought.

    Attributes
    ----------
    pool
        Which ids are labelled.
    n_last
        Labels that the last query bought.
    """

    def __init__(self, oracle: Oracle, size: int, n_classes: int, n_beyond: int = 0) -> None:
        self.oracle = oracle
        self.pool = Pool(size)
        self.n_last = 0
        self._n_classes = n_classes
        self._beyond = torch.arange(size, size + n_beyond)
        self._labels = torch.full((size,), -1)

    @property
    def annotated(self) -> Annotated:
        """The pool as it is now."""
        ids = self.pool.labeled
        return Annotated(ids, self._labels[ids], self.pool.unlabeled, self._n_classes)

    @property
    def trained_on(self) -> Annotated:
        """The pool as methods see it: items beyond it are unlabelled ones."""
        pool = self.annotated
        return dataclasses.replace(pool, unlabeled=torch.cat([pool.unlabeled, self._beyond]))

    @property
    def labeled_mask(self) -> Tensor:
        """(size + n_beyond,) bool: what is labelled of all that methods see."""
        return torch.cat([self.pool.mask, torch.zeros(len(self._beyond), dtype=torch.bool)])

    def start_with(self, ids: Tensor) -> None:
        """Annotate the first ids, which no query of the rounds bought."""
        self._labels[ids] = self.oracle.annotate(ids)
        self.pool.mark(ids)

    def buy(self, ids: Tensor) -> None:
        """Annotate the ids of a query."""
        self.start_with(ids)
        self.n_last = len(ids)

    def replay(self, records: list[dict[str, Any]]) -> None:
        """Buy what earlier rounds bought."""
        for record in records:
            if record["queried"]:
                self.buy(torch.tensor(record["queried"]))

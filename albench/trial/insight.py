"""The door to hidden labels: what an oracle is shown beside its view. No other strategy's view has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from torch import Tensor

from albench.errors import ContractError


@dataclass(frozen=True)
class Insight:
    """What an oracle is shown.

    Attributes
    ----------
    true_labels
        Pool ids (n,) -> their labels (n,) int64, which nobody pays for.
    score_after
        Pool ids (n,) -> how well the next round would validate with them (``albench.training.evaluate.Score``).
    """

    true_labels: Callable[[Tensor], Tensor]
    score_after: Callable[[Tensor], tuple[float, ...]]


def _closed(_: Tensor) -> NoReturn:
    raise ContractError("this view shows no hidden labels: only that of a strategy with role='oracle' in a trial does")


BLIND = Insight(_closed, _closed)
"""Of every strategy that is no oracle."""

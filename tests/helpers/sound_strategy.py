"""A strategy without a fault, and one with a single one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from albench.api import Strategy


@dataclass(frozen=True)
class Sound(Strategy):
    """Ranks by confidence; a fault changes one thing of it."""

    needs: ClassVar[frozenset[str]] = frozenset({"probs"})

    def scores(self, view: Any) -> Tensor:
        return -view.probs.amax(dim=1)


class OneShort(Sound):
    """Chooses one item too few."""

    def select(self, view: Any, budget: int) -> Tensor:
        return super().select(view, budget)[: max(1, budget - 1)]

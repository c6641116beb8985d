"""Another strategy on a random part of the pool."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from albench.api import Strategy, View, Wrapper, option


@dataclass(frozen=True)
class Subsample(Wrapper):
    """Draw a part of the pool uniformly, and let another strategy choose there.

    The part has ``size`` items, or ``budget`` where that is more; a pool that is no larger is left whole. This bounds
    the cost of a strategy on a large pool, and spreads what a ranking would take from one corner of it.
    """

    of: Strategy = option(help="strategy that chooses in the part", component="strategy")
    size: int = option(10_000, "items in the part", ge=1)

    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions, in the other strategy's order."""
        n = max(self.size, budget)
        if n >= len(view):
            return self.of.select(view, budget)
        drawn = np.sort(view.rng.choice(len(view), size=n, replace=False)).astype(np.int64)
        part = torch.from_numpy(drawn).to(view.device)
        return self.select_of(view, part, budget)

"""The baseline: items drawn uniformly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from albench.api import Strategy, View


@dataclass(frozen=True)
class Random(Strategy):
    """Draw uniformly without replacement."""

    cold_start: ClassVar[bool] = True

    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions at random."""
        return torch.from_numpy(view.rng.choice(len(view), size=budget, replace=False).astype("int64"))

"""Three rings, one inside the other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from albench.api import FeatureDataset, Split, Splits, Task, option

CLASSES = ("inner", "middle", "outer")


@dataclass(frozen=True)
class Rings(FeatureDataset):
    """Points on three rings with noise, in the plane: the class is the ring, and no line tells them apart.

    Drawn from a fixed seed: every load gives the same bytes. No file is read.
    """

    size: int = option(600, "items of the pool", ge=30)
    noise: float = option(0.1, "standard deviation of a point, where the rings are 1 apart", ge=0)

    def load(self, root: Path | None) -> Splits:
        rng = np.random.Generator(np.random.PCG64(2026))
        splits = [self._draw(rng, count) for count in (self.size, 150, 300)]
        return Splits(*splits, Task("features", (2,), len(CLASSES), CLASSES, pool_size=self.size))

    def _draw(self, rng: np.random.Generator, count: int) -> Split:
        y = np.arange(count) % len(CLASSES)
        angle = rng.uniform(0, 2 * np.pi, count)
        radius = 1.0 + y + self.noise * rng.standard_normal(count)
        x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
        return Split(x.astype(np.float32), y.astype(np.int64))

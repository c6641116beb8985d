"""A plugin file for tests: three Gaussian blobs as features, striped images, and strategies that misbehave."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass

import numpy as np

from albench.api import FeatureDataset, ImageDataset, Split, Splits, Strategy, Task, hookimpl, option


@dataclass(frozen=True)
class Blobs(FeatureDataset):
    """Three Gaussian blobs, unequal in size."""

    size: int = option(160, "items of the pool", ge=20)
    spread: float = option(1.0, "standard deviation of a blob", gt=0)

    def load(self, root) -> Splits:
        rng = np.random.Generator(np.random.PCG64(7))
        parts = []
        for count in (self.size, 60, 80):
            y = rng.choice(3, count, p=[0.6, 0.25, 0.15])
            y[:3] = [0, 1, 2]
            x = 2.0 * np.eye(3, 8)[y] + self.spread * rng.standard_normal((count, 8))
            parts.append(Split(x.astype(np.float32), y.astype(np.int64)))
        task = Task("features", (8,), 3, ("low", "middle", "high"), ordinal=True, pool_size=self.size)
        return Splits(*parts, task, stand_in="BLOBS")


@dataclass(frozen=True)
class Stripes(ImageDataset):
    """Horizontal or vertical stripes in noise."""

    shift: int = 1

    def load(self, root) -> Splits:
        rng = np.random.Generator(np.random.PCG64(8))
        parts = []
        for count in (80, 30, 40):
            y = np.arange(count) % 2
            stripe = np.where(np.arange(12) % 4 < 2, 200, 50)
            x = np.where(y[:, None, None] == 1, stripe[None, :, None], stripe[None, None, :])
            x = np.clip(x + rng.normal(0, 40, (count, 12, 12)), 0, 255).astype(np.uint8)[:, None]
            parts.append(Split(x, y.astype(np.int64)))
        return Splits(*parts, Task("image", (1, 12, 12), 2, ("across", "along"), pool_size=80))


@dataclass(frozen=True)
class First(Strategy):
    """The first items."""

    def select(self, view, budget):
        return view.index.argsort()[:budget]


@dataclass(frozen=True)
class Unlucky(Strategy):
    """Fails where the numbers of the items that are not labelled have an even sum."""

    def select(self, view, budget):
        if int(view.index.sum()) % 2 == 0:
            raise RuntimeError("an even sum")
        return view.index.argsort()[:budget]


@dataclass(frozen=True)
class Wrong(Strategy):
    """Breaks the contract in the way that it is told."""

    how: str = option("raise", "what goes wrong")

    def select(self, view, budget):
        positions = view.index.argsort()[:budget]
        if self.how == "raise":
            raise RuntimeError("no idea\nwhat to pick")
        if self.how == "count":
            return positions[:-1]
        if self.how == "twice":
            return positions * 0
        if self.how == "ids":
            return positions + len(view)
        if self.how == "float":
            return positions.float()
        if self.how == "undeclared":
            return view.probs.amax(dim=1).argsort()[:budget]
        if self.how == "note":
            view.note("bad", float("nan"))
        if self.how == "exit":
            os._exit(7)
        if self.how == "sys-exit":
            sys.exit("enough")
        if self.how == "hang":
            while True:
                time.sleep(0.01)
        if self.how == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        return positions

    def skip(self, task):
        return "it was told to" if self.how == "skip" else None


@hookimpl
def albench_register(add):
    add.dataset("blobs", Blobs)
    add.dataset("stripes", Stripes)
    add.strategy("first", First)
    add.strategy("unlucky", Unlucky)
    add.strategy("wrong", Wrong)

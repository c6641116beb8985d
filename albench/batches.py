"""The batches of one round: index streams, gathered items, augmented views and noise, all on the training device."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from albench import seeds
from albench.api.dataset import Dataset
from albench.api.method import Batch, Method
from albench.augment import Augmenter
from albench.pool import Items

CHUNK = 8
"""Steps whose noise is drawn and moved to the device at once."""


@dataclass(frozen=True)
class Labeled:
    """What has been bought: pool ids (L,) ascending, and their labels (L,)."""

    ids: Tensor
    y: Tensor


def endless(ids: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """``count`` ids from repeated random permutations: each id is seen equally often, give or take one."""
    passes = -(-count // len(ids))
    return np.concatenate([rng.permutation(ids) for _ in range(passes)])[:count]


def balanced(ids: np.ndarray, y: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """``count`` ids in which every class that was bought appears equally often."""
    present = np.unique(y)
    classes = endless(present, count, rng)
    drawn = np.empty(count, np.int64)
    for label in present:
        places = np.flatnonzero(classes == label)
        drawn[places] = endless(ids[y == label], len(places), rng)
    return drawn


class Batches:
    """An iterator over the batches of one round.

    The streams are named by seed and round alone, so that everything that shares them sees the same order.

    Parameters
    ----------
    items, labeled, unlabeled
        The pool's items; what is labelled; ids (N,) of what is not. With nothing unlabelled the labelled items stand
        in for it.
    sampler
        ``"natural"`` or ``"balanced"`` labelled batches.
    """

    def __init__(
        self,
        *,
        dataset: Dataset,
        augmenter: Augmenter,
        method: Method,
        items: Items,
        labeled: Labeled,
        unlabeled: Tensor,
        steps: int,
        batch_size: int,
        sampler: str,
        seed: int,
        round_number: int,
    ) -> None:
        rng = seeds.numpy_stream("batches", seed, round_number)
        ids, y = labeled.ids.numpy(), labeled.y.numpy()
        n_lab = steps * batch_size
        drawn = balanced(ids, y, n_lab, rng) if sampler == "balanced" else endless(ids, n_lab, rng)
        label_of = np.zeros(len(items), np.int64)
        label_of[ids] = y
        device = items.device
        self._index_lab = torch.from_numpy(drawn).to(device).view(steps, batch_size)
        self._y_lab = torch.from_numpy(label_of[drawn]).to(device).view(steps, batch_size)
        self._ratio = method.unlabeled_ratio if method.views else 0
        pool = unlabeled.numpy() if len(unlabeled) else ids
        order = endless(pool, n_lab * self._ratio, rng) if self._ratio else np.empty(0, np.int64)
        self._index_unl = torch.from_numpy(order).to(device).view(steps, batch_size * self._ratio)
        self._views = sorted(method.views)
        self._method = method
        self._augmenter = augmenter
        self._items = items
        self._noise_size = dataset.noise_size
        self._noise = seeds.torch_stream("augmentation", seed, round_number)
        self._draws = seeds.torch_stream("method", seed, round_number)

    def __iter__(self) -> Iterator[Batch]:
        steps, n_lab = self._index_lab.shape
        n_unl = self._index_unl.shape[1]
        rows = n_lab + n_unl * len(self._views)
        for step in range(steps):
            if step % CHUNK == 0:
                count = min(CHUNK, steps - step)
                drawn = torch.rand(count, rows, self._noise_size, generator=self._noise)
                noise = drawn.to(self._items.device, non_blocking=True)
            yield self._batch(step, noise[step % CHUNK], n_lab, n_unl)

    def _batch(self, step: int, noise: Tensor, n_lab: int, n_unl: int) -> Batch:
        index = self._index_unl[step]
        x_lab = self._augmenter.weak(self._items.gather(self._index_lab[step]), noise[:n_lab])
        views: dict[str, Tensor] = {}
        if self._views:
            x = self._items.gather(index)
            for place, name in enumerate(self._views):
                start = n_lab + place * n_unl
                make = self._augmenter.strong if name.startswith("strong") else self._augmenter.weak
                views[name] = make(x, noise[start : start + n_unl])
        draws = self._method.draw(self._draws, n_lab, n_unl)
        device = self._items.device
        return Batch(x_lab, self._y_lab[step], views, index, {name: t.to(device) for name, t in draws.items()})

"""The batches of one round: index streams, gathered items, augmented views and noise, all on the training device."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from albench import seeds
from albench.api.method import Batch, Method, State
from albench.augment import Augmenter
from albench.data.items import Items
from albench.data.pool import Annotated
from albench.devices import is_accelerator, sent
from albench.suite.protocol import Protocol
from albench.training.adoption import adopted_labels, adoption_steps
from albench.training.evaluate import predict

GROUP_ITEMS = 512
"""Images whose noise is drawn together, about, and which a CPU augments in one call: small operations cost more to call
than to carry out. Feature views are made step by step, because they are bound by memory and a larger block falls out of
the cache. Another number changes what a seed draws."""
DEVICE_ITEMS, DEVICE_BYTES = 8192, 64 * 2**20
"""Images that CUDA augments in one call, at most, and what a view of them may take in float32; what is drawn is the
same whatever they are."""


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

    Attributes
    ----------
    adoption_steps
        Before which steps ``adopt`` is to be called; none for most methods, and where nothing is unlabelled.

    Parameters
    ----------
    pool
        What is labelled, and what is not. With nothing unlabelled the labelled items stand in for it.
    items
        The pool's.
    protocol
        Says how many steps there are, of how many labelled items, and how these are drawn.
    """

    def __init__(
        self,
        pool: Annotated,
        items: Items,
        *,
        method: Method,
        augmenter: Augmenter,
        protocol: Protocol,
        seed: int,
        round_number: int,
    ) -> None:
        steps, batch_size = protocol.steps_in(len(pool.labeled)), protocol.batch_size
        rng = seeds.numpy_stream("batches", seed, round_number)
        ids, y = pool.labeled.numpy(), pool.y.numpy()
        n_lab, device = steps * batch_size, items.device
        self._pool, self._items, self._protocol = pool, items, protocol
        self._index_lab, self._y_lab = self._drawn(ids, y, steps, rng)
        self._class_counts = pool.class_counts.to(device)
        self._ratio = method.unlabeled_ratio if method.views else 0
        others = pool.unlabeled.numpy() if len(pool.unlabeled) else ids
        order = endless(others, n_lab * self._ratio, rng) if self._ratio else np.empty(0, np.int64)
        self._index_unl = torch.from_numpy(order).to(device).view(steps, batch_size * self._ratio)
        self._views = sorted(method.views)  # strong views first: the last weak one may consume what was gathered
        step_items = max(1, batch_size * max(self._ratio, 1))
        self._group = max(1, GROUP_ITEMS // step_items) if items.is_image else 1
        self._made_at_once = self._group * self._groups_at_once(self._group * step_items)
        self._method = method
        self._augmenter = augmenter
        self._stream = (seed, round_number)
        self.adoption_steps = adoption_steps(method, steps) if len(pool.unlabeled) else ()
        self._noise = seeds.torch_stream("augmentation", seed, round_number)
        self._draws = seeds.torch_stream("method", seed, round_number)

    def __iter__(self) -> Iterator[Batch]:
        # No group goes on over an adoption, after which other labelled items are drawn.
        bounds = (0, *self.adoption_steps, len(self._index_lab))
        for first, end in itertools.pairwise(bounds):
            for start in range(first, end, self._made_at_once):
                yield from self._made(start, min(start + self._made_at_once, end))

    def adopt(self, step: int, model: nn.Module, state: State) -> None:
        """Ask the method, by a model's predictions, whom the labelled batches from ``step`` on are drawn from.

        Raises
        ------
        ContractError
            Where what it returns is no label, or none, for each unlabelled item.
        """
        pool = self._pool.shuffled("adoption", *self._stream, step)
        probs = predict(model, self._items, pool.unlabeled)[0].softmax(dim=1)
        labels = adopted_labels(self._method.adopt(probs, state, self._class_counts), probs).cpu()
        chosen = labels >= 0
        ids, y = torch.cat([pool.labeled, pool.unlabeled[chosen]]), torch.cat([pool.y, labels[chosen]])
        rng = seeds.numpy_stream("adoption", *self._stream, step)
        rest = len(self._index_lab) - step
        self._index_lab[step:], self._y_lab[step:] = self._drawn(ids.numpy(), y.numpy(), rest, rng)

    def _drawn(self, ids: np.ndarray, y: np.ndarray, steps: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """(steps, B) ids of labelled items and (steps, B) their labels, on the training device."""
        count, device = steps * self._protocol.batch_size, self._items.device
        drawn = balanced(ids, y, count, rng) if self._protocol.sampler == "balanced" else endless(ids, count, rng)
        label_of = np.zeros(len(self._items), np.int64)
        label_of[ids] = y
        index_lab, y_lab = (torch.from_numpy(each).to(device).view(steps, -1) for each in (drawn, label_of[drawn]))
        return index_lab, y_lab

    def _groups_at_once(self, items: int) -> int:
        """Of how many groups, of so many items each, the views are made in one call."""
        if not is_accelerator(self._items.device) or not self._items.is_image:
            return 1
        size = 4 * self._items.gather(torch.zeros(1, dtype=torch.int64)).numel()
        return max(1, min(DEVICE_ITEMS, DEVICE_BYTES // size) // items)

    def _rows(self, steps: slice) -> list[int]:
        """How many items there are of each view of some steps, those of the labelled items first."""
        return [self._index_lab[steps].numel(), *[self._index_unl[steps].numel()] * len(self._views)]

    def _drawn_noise(self, start: int, stop: int) -> tuple[Tensor, ...]:
        """The noise of each view of some steps, drawn group by group."""
        groups = [slice(first, min(first + self._group, stop)) for first in range(start, stop, self._group)]
        size = self._augmenter.noise_size
        drawn = [torch.rand(sum(self._rows(group)), size, generator=self._noise) for group in groups]
        if len(drawn) > 1:
            by_view = zip(
                *(one.split(self._rows(group)) for one, group in zip(drawn, groups, strict=True)), strict=True
            )
            drawn = [torch.cat([part for parts in by_view for part in parts])]
        return sent(drawn[0], self._items.device).split(self._rows(slice(start, stop)))

    def _made(self, start: int, stop: int) -> Iterator[Batch]:
        """The batches of some steps, each view of all of them made in one call."""
        device = self._items.device
        index_lab, index_unl = self._index_lab[start:stop], self._index_unl[start:stop]
        view_noise = self._drawn_noise(start, stop)
        x_lab = self._augmenter.weak(self._items.gather(index_lab.flatten()), view_noise[0], consume=True)
        views: dict[str, Tensor] = {}
        x = self._items.gather(index_unl.flatten()) if self._views else x_lab
        for name, own in zip(self._views, view_noise[1:], strict=True):
            if name.startswith("strong"):
                views[name] = self._augmenter.strong(x, own)
            else:
                views[name] = self._augmenter.weak(x, own, consume=name == self._views[-1])
        (_, n_lab), (count, n_unl) = index_lab.shape, index_unl.shape
        for step in range(count):
            lab, unl = slice(step * n_lab, (step + 1) * n_lab), slice(step * n_unl, (step + 1) * n_unl)
            draws = self._method.draw(self._draws, n_lab, n_unl)
            yield Batch(
                x_lab=x_lab[lab],
                y_lab=self._y_lab[start + step],
                views={name: view[unl] for name, view in views.items()},
                index=index_unl[step],
                noise={name: sent(tensor, device) for name, tensor in draws.items()},
                class_counts=self._class_counts,
            )

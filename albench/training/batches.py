"""The batches of one round: index streams, gathered items, augmented views and noise, all on the training device."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

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
than to carry out. Another number changes what a seed draws."""
CACHE_BYTES = 2**19
"""Feature views that a CPU makes in one call, those of one step at least: they are bound by memory, and a larger block
falls out of the cache. What is drawn is the same whatever it is."""
DEVICE_ITEMS, DEVICE_BYTES = 8192, 64 * 2**20
"""Items that an accelerator augments in one call, at most, and what a view of them may take in float32; what is drawn
is the same whatever they are."""


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
        self._rows = [batch_size, *[batch_size * self._ratio] * len(self._views)]
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
        size = 4 * self._items.gather(torch.zeros(1, dtype=torch.int64)).numel()
        if is_accelerator(self._items.device):
            return max(1, min(DEVICE_ITEMS, DEVICE_BYTES // size) // items)
        # A batch begins where memory of its own would: at a multiple of 64 bytes, which products may round by.
        alike = all(size * rows % 64 == 0 for rows in self._rows)
        return 1 if self._items.is_image or not alike else max(1, CACHE_BYTES // (size * items))

    def _drawn_noise(self, steps: int) -> tuple[Tensor, ...]:
        """The noise of each view of some steps, drawn group by group."""
        groups = [self._group] * (steps // self._group) + [steps % self._group] * bool(steps % self._group)
        sizes = [count * rows for count in groups for rows in self._rows]
        drawn = torch.rand(sum(sizes), self._augmenter.noise_size, generator=self._noise)
        if len(groups) > 1:
            parts, views = drawn.split(sizes), len(self._rows)
            drawn = torch.cat([part for view in range(views) for part in parts[view::views]])
        return sent(drawn, self._items.device).split([steps * rows for rows in self._rows])

    def _made(self, start: int, stop: int) -> Iterator[Batch]:
        """The batches of some steps, each view of all of them made in one call."""
        device, made = self._items.device, self._augmenter
        index_lab, index_unl = self._index_lab[start:stop], self._index_unl[start:stop]
        (_, n_lab), (count, n_unl) = index_lab.shape, index_unl.shape
        # A view of images is of each by itself.
        lab, unl = (None, None) if self._items.is_image else (n_lab, n_unl)
        view_noise = self._drawn_noise(count)
        x_lab = made.weak(self._items.gather(index_lab.flatten()), view_noise[0], consume=True, size=lab)
        views: dict[str, Sequence[Tensor]] = {}
        x = self._items.gather(index_unl.flatten()) if self._views else x_lab
        for name, own in zip(self._views, view_noise[1:], strict=True):
            if name.startswith("strong"):
                view = made.strong(x, own, size=unl)
            else:
                view = made.weak(x, own, consume=name == self._views[-1], size=unl)
            views[name] = view.split(n_unl)
        x_labs, y_labs, indices = x_lab.split(n_lab), self._y_lab[start:stop].unbind(), index_unl.unbind()
        for step in range(count):
            draws = self._method.draw(self._draws, n_lab, n_unl)
            yield Batch(
                x_lab=x_labs[step],
                y_lab=y_labs[step],
                views={name: each[step] for name, each in views.items()},
                index=indices[step],
                noise={name: sent(tensor, device) for name, tensor in draws.items()},
                class_counts=self._class_counts,
            )

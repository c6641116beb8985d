"""The items of a split, in blocks: on the device that trains, and as arrays."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

COPIED_BYTES = 256 * 2**20
"""Arrays up to this size are copied; a larger one is read where it lies, so that a memory map stays one."""
RESIDENT_BYTES = 6 * 2**30
"""Arrays up to this size are held on an accelerator; larger ones stay on its host and are sent block by block."""
BLOCK_BYTES = 32 * 2**20
"""Bytes of one block where all items are gone through."""


class Items:
    """The items of one split, gathered by index onto the training device.

    Parameters
    ----------
    x
        (N, ...) float32 or uint8 array or memory map.
    device
        Where gathered items go.
    """

    def __init__(self, x: np.ndarray, device: torch.device) -> None:
        self.device = device
        # Part of a wider table is copied whatever its size: what lies beside it may be labels.
        copied = x.nbytes <= COPIED_BYTES or _has_gaps(x)
        self._tensor = _over(np.array(x, copy=True, order="C") if copied else x)
        if x.nbytes <= RESIDENT_BYTES:
            self._tensor = self._tensor.to(device)

    def __len__(self) -> int:
        return len(self._tensor)

    def first(self, count: int) -> Items:
        """The first ``count`` of them, in the same memory."""
        part = copy.copy(self)
        part._tensor = self._tensor[:count]
        return part

    @property
    def is_image(self) -> bool:
        """True for (N, C, H, W) items."""
        return self._tensor.ndim == 4

    @property
    def block_size(self) -> int:
        """Items in one block of all: 64 to 4096."""
        one = self._tensor[:1]
        return max(64, min(4096, BLOCK_BYTES // max(1, one.numel() * 4)))

    def gather(self, index: Tensor) -> Tensor:
        """(n, ...) copies of the items at ``index`` (n,) int64."""
        return self._tensor.index_select(0, index.to(self._tensor.device)).to(self.device)

    def blocks(self, index: Tensor, size: int) -> Iterator[Tensor]:
        """The items at ``index``, ``size`` at a time."""
        index = index.to(self._tensor.device)  # once: the host waits for what it sends
        for start in range(0, len(index), size):
            yield self.gather(index[start : start + size])


class Several(Items):
    """Items of two arrays, one after the other, too large to become one."""

    def __init__(self, x: np.ndarray, more: np.ndarray, device: torch.device) -> None:
        super().__init__(x, device)
        self._more = Items(more, device)

    def __len__(self) -> int:
        return super().__len__() + len(self._more)

    def first(self, count: int) -> Items:
        """The first ``count`` of them, which the first array has to hold."""
        part = Items.__new__(Items)
        part.device, part._tensor = self.device, self._tensor[:count]
        return part

    def gather(self, index: Tensor) -> Tensor:
        """(n, ...) copies of the items at ``index`` (n,) int64."""
        size = super().__len__()
        here = index.cpu()
        own = here < size
        found = self._tensor.new_empty((len(here), *self._tensor.shape[1:]), device=self.device)
        for mask, items, shift in ((own, super().gather, 0), (~own, self._more.gather, size)):
            places = mask.nonzero().squeeze(1)
            if len(places):
                found[places.to(self.device)] = items(here[places] - shift)
        return found


def one_after_the_other(x: np.ndarray, more: np.ndarray, device: torch.device) -> Items:
    """The items of two arrays, as one where that is small enough to be copied."""
    size = x.nbytes + more.nbytes
    if size <= (COPIED_BYTES if device.type == "cpu" else RESIDENT_BYTES):
        return Items(np.concatenate([x, more]), device)
    return Several(x, more, device)


def _has_gaps(x: np.ndarray) -> bool:
    """Whether other values lie between those of an array, or it goes backwards."""
    extent = sum((size - 1) * step for size, step in zip(x.shape, x.strides, strict=True)) + x.itemsize
    return extent != x.nbytes


def _over(x: np.ndarray) -> Tensor:
    """A tensor over the memory of an array."""
    with warnings.catch_warnings():
        # A map that cannot be written to: nothing writes to it, since only copies are handed out.
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(x)


def as_input(x: Tensor) -> Tensor:
    """Items as a model reads them: float32, images in 0 .. 1."""
    return x.float().div_(255) if x.dtype == torch.uint8 else x


def blocks(x: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """First row and rows of one block of items after another."""
    size = max(1, BLOCK_BYTES // max(1, x[:1].nbytes))
    for start in range(0, len(x), size):
        yield start, x[start : start + size]


def standardized(items: Items, index: Tensor) -> Tensor:
    """(N, D) float32: all items flattened, less their mean, by one factor of unit variance; one copy, no second.

    Parameters
    ----------
    index
        (N,) the order of the rows. Items are read from the first to the last.
    """
    places = index.argsort().to(items.device).split(items.block_size)
    x = torch.empty(0)
    for place, block in zip(places, items.blocks(torch.arange(len(items)), items.block_size), strict=True):
        rows = as_input(block).flatten(1)
        if not len(x):
            x = rows.new_empty(len(items), rows.shape[1])
        x[place] = rows
    x.sub_(x.mean(dim=0))
    square = sum(float(rows.double().square().sum()) for rows in x.split(items.block_size))
    return x.div_(max((square / x.numel()) ** 0.5, 1e-12))

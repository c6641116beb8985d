"""Per-item memory of the latest weak prediction, written out of place and safe under ``torch.func.vmap``."""

from __future__ import annotations

import torch
from torch import Tensor


def remember(memory: Tensor, index: Tensor, values: Tensor) -> Tensor:
    """``memory`` with ``values`` at ``index``; of an item that is twice in the batch, the later value.

    A plain scatter leaves open which of two values for one item wins. Here each item's last row in the batch is found
    first and read by all of its rows, so that whatever the order of the writes, they write the same.

    Parameters
    ----------
    memory
        (pool_size, ...); left as it is.
    index
        (U,) int64 pool ids; lanes may come first, in all three.
    values
        (U, ...) of the memory's type.

    Returns
    -------
    (pool_size, ...) of the memory's type.
    """
    items = index.ndim - 1  # after the lanes, where there are some
    row = torch.arange(index.shape[-1], device=index.device).expand(index.shape)
    last = index.new_zeros(memory.shape[: items + 1]).scatter_reduce(items, index, row, "amax").gather(items, index)
    shape = (*index.shape, *[1] * (memory.ndim - index.ndim))
    where, last = (rows.reshape(shape).expand(values.shape) for rows in (index, last))
    return memory.scatter(items, where, values.gather(items, last))


def count_confident(memory: Tensor, unlabeled: Tensor, bar: float) -> Tensor:
    """() int64: unlabelled items whose remembered top probability exceeds ``bar``.

    Parameters
    ----------
    memory
        (pool_size,) float32, 0 for an item not seen yet.
    unlabeled
        (pool_size,) bool.
    bar
        The confidence to exceed.
    """
    return ((memory > bar) & unlabeled).sum(dim=-1)

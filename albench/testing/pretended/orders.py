"""Operations whose result CUDA leaves open: sums in no fixed order, several values written to one place.

By the documentation of ``torch.use_deterministic_algorithms``. What is added or written is looked at, so that a sum of
whole numbers, or of one number a place, does not count.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

WHOLE = 1 << 24
"""Whole numbers up to here are exact in float32, in whatever order they are added."""
SCATTERED = {"index_add", "scatter_add", "scatter_reduce", "index_put", "_index_put_impl", "put", "bincount"}
"""Sums by place. With deterministic algorithms they have a fixed order, ``bincount`` with weights and ``put`` aside."""
REFUSED = {"cumsum", "logcumsumexp", "cumprod", "histc", "bincount", "put", "kthvalue", "median"}
"""What deterministic algorithms refuse of floats."""
BACKWARD = {
    "max_pool2d_with_indices_backward",
    "_adaptive_avg_pool2d_backward",
    "reflection_pad2d_backward",
    "replication_pad2d_backward",
    "grid_sampler_2d_backward",
    "upsample_bilinear2d_backward",
    "upsample_bicubic2d_backward",
    "embedding_dense_backward",
    "_embedding_bag_dense_backward",
}
"""Gradients that are sums by place."""
SUMS = SCATTERED | BACKWARD | {"cumsum", "logcumsumexp", "histc"}
WRITES = {"index_put", "_index_put_impl", "scatter", "index_copy"}


def plain(name: str) -> str:
    """An operation's name without the underscore of one that writes in place."""
    return name if name.startswith("__") else name.removesuffix("_")


def refused(name: str, args: Any) -> bool:
    """Whether deterministic algorithms have none for an operation on these."""
    return plain(name) in REFUSED and _floats(args, weighed=plain(name) == "bincount")


def open_sum(name: str, args: Any, kwargs: dict[str, Any]) -> bool:
    """Whether an operation adds floats in no fixed order such that the order can change the sum."""
    bare = plain(name)
    if bare not in SUMS or not _floats(args, weighed=bare == "bincount"):
        return False
    if bare in SCATTERED and torch.are_deterministic_algorithms_enabled():
        return False
    if bare in ("index_put", "_index_put_impl"):
        accumulates = args[3] if len(args) > 3 else kwargs.get("accumulate", False)
        return bool(accumulates) and not _whole(args[2]) and not _single_tuples(args[1], args[0])
    if bare == "scatter_reduce" and args[4] not in ("sum", "mean", "prod"):
        return False
    if bare in ("index_add", "scatter_add", "scatter_reduce"):
        _, dim, index, source = args[:4]
        return not _whole(source) and not _single(index, dim)
    if bare == "bincount":
        return not _whole(args[1]) and not _single(args[0], 0)
    if bare == "embedding_dense_backward":
        return not _single(args[1].flatten(), 0)
    return not (bare in ("cumsum", "histc") and _whole(args[0]))


def open_write(name: str, args: Any, kwargs: dict[str, Any]) -> bool:
    """Whether an operation writes several values to one place of which the last one stays, and they differ."""
    bare = plain(name)
    if bare not in WRITES or torch.are_deterministic_algorithms_enabled():
        return False
    target = args[0]
    if bare in ("index_put", "_index_put_impl"):
        places, values = args[1], args[2]
        accumulates = args[3] if len(args) > 3 else kwargs.get("accumulate", False)
        if accumulates or values.numel() < 2 or _single_tuples(places, target):
            return False
        where = tuple(slice(None) if one is None else one for one in places)
        kept = target.index_put(places, values)[where]
        return not torch.equal(kept, values.expand_as(kept))
    dim, index, source = args[1:4]
    if not isinstance(source, Tensor) or kwargs.get("reduce") or _single(index, dim):
        return False
    if bare == "scatter":
        written = target.scatter(dim, index, source).gather(dim, index)
        return not torch.equal(written, source[tuple(map(slice, index.shape))])
    return not torch.equal(target.index_copy(dim, index, source).index_select(dim, index), source)


def _floats(args: Any, *, weighed: bool) -> bool:
    """Whether what is added are floats; of ``bincount`` its weights are."""
    if weighed:
        return len(args) > 1 and isinstance(args[1], Tensor) and args[1].is_floating_point()
    return isinstance(args[0], Tensor) and args[0].is_floating_point()


def _whole(values: Tensor) -> bool:
    """Whether values are whole numbers whose sums stay exact."""
    if not values.numel():
        return True
    return bool((values == values.round()).all()) and float(values.double().abs().sum()) <= WHOLE


def _single(index: Tensor, dim: int) -> bool:
    """Whether no place comes twice along a dimension."""
    if index.ndim == 0 or index.numel() < 2:
        return True
    ordered = index.movedim(dim, -1).sort(dim=-1).values
    return not bool((ordered[..., 1:] == ordered[..., :-1]).any())


def _single_tuples(places: Any, target: Tensor) -> bool:
    """Whether no place comes twice among several indices, taken together."""
    given = [one for one in places if one is not None]
    if any(one.dtype in (torch.bool, torch.uint8) for one in given):
        return True
    sizes = [size for one, size in zip(places, target.shape, strict=False) if one is not None]
    flat = torch.zeros((), dtype=torch.int64)
    for one, size in zip(given, sizes, strict=True):
        flat = flat * size + one % size
    return _single(flat.flatten(), 0)

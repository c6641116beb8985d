"""Results of blocks, put together without holes in the memory."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor


def joined(parts: Iterable[Tensor], n: int) -> Tensor:
    """(n, ...) the parts one below the other, each copied to its place as it comes.

    A list of small results would keep the large blocks apart that made them: each lies where the next block would fit,
    so that the process grows by a block for each part. At least one part is needed.
    """
    each = iter(parts)
    first = next(each)
    whole = first.new_empty((n, *first.shape[1:]))
    whole[: len(first)] = first
    start = len(first)
    for part in each:
        whole[start : start + len(part)] = part
        start += len(part)
    return whole

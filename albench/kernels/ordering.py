"""Total orders: a float32 value and its position packed into one int64, so that ties are never left open."""

from __future__ import annotations

import torch
from torch import Tensor

_LOW = 0x7FFFFFFF
WORST = torch.iinfo(torch.int64).min
"""Sorts after every key."""


def pack(values: Tensor, positions: Tensor) -> Tensor:
    """Keys that sort as (value, descending position): the largest key is the largest value at the lowest position.

    Parameters
    ----------
    values
        float32, without NaN.
    positions
        int64 of the same shape (or one that broadcasts), 0 .. 2**31 - 1.

    Returns
    -------
    int64 keys, distinct where the positions are.
    """
    # Adding zero turns -0.0 into 0.0; negative floats order backwards as integers, so their magnitude bits are flipped.
    bits = (values + 0.0).view(torch.int32)
    ordered = torch.where(bits < 0, bits ^ _LOW, bits)
    return (ordered.long() << 32) | (_LOW - positions)


def unpack(keys: Tensor) -> tuple[Tensor, Tensor]:
    """The values (float32) and positions (int64) that ``pack`` was given."""
    ordered = (keys >> 32).int()
    bits = torch.where(ordered < 0, ordered ^ _LOW, ordered)
    return bits.view(torch.float32), _LOW - (keys & 0xFFFFFFFF)

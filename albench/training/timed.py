"""What a step is told beside its batch: numbers of Python, or tensors that a graph of the step reads."""

from __future__ import annotations

import struct
from typing import NamedTuple

import torch
from torch import Tensor

from albench.suite.protocol import Protocol
from albench.training.schedule import ema_decay, lr_factor

Number = float | Tensor
"""One of Python, or () float32 on the device."""


class Rates(NamedTuple):
    """How far a step goes.

    Attributes
    ----------
    lr
        Learning rate.
    moved
        Share of its way to the weights that their moving average goes.
    """

    lr: Number
    moved: Number


class Marks(NamedTuple):
    """Which step it is.

    Attributes
    ----------
    counter
        () int64 since the weights were initialised.
    masks
        () or (L,) int64 that names its dropout masks; None without dropout.
    """

    counter: Tensor
    masks: Tensor | None


def rates_of(protocol: Protocol, number: int, steps: int, total: int, *, narrow: bool) -> Rates:
    """Those of a step.

    Parameters
    ----------
    number, steps
        0-based step of the round, and how many it has.
    total
        0-based step since the weights were initialised.
    narrow
        Whether the device has graphs: a graph's kernel reads a learning rate of float32 from memory, and a step outside
        of one is to go as far.
    """
    lr = protocol.lr * lr_factor(protocol, number, steps)
    return Rates(single(lr) if narrow else lr, 1 - ema_decay(total, protocol.ema))


def single(value: float) -> float:
    """A number as float32 has it."""
    (rounded,) = struct.unpack("f", struct.pack("f", value))
    return float(rounded)


def move_averages(averages: list[Tensor], values: list[Tensor], moved: Number) -> None:
    """Let each average go its share of the way to its value, in place."""
    if not isinstance(moved, Tensor):
        torch._foreach_lerp_(averages, values, moved)
        return
    # A kernel for all tensors takes a share from memory only in tensors of their sizes.
    sizes = [value.numel() for value in values]
    shares = [
        part.as_strided(average.shape, average.stride())
        for part, average in zip(moved.expand(sum(sizes)).clone().split(sizes), averages, strict=True)
    ]
    torch._foreach_lerp_(averages, values, shares)

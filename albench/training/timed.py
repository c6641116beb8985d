"""What trains step by step, and what a step is told beside its batch: numbers of Python, or tensors of a graph."""

from __future__ import annotations

import abc
import struct
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from albench.api.method import Batch, State
from albench.devices import can
from albench.suite.protocol import Protocol
from albench.training.optimizer import Optimizer
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


class Stepwise(abc.ABC):
    """Base of what trains step by step: a ``Learner``, or several whose steps are one.

    Attributes
    ----------
    state
        The method's, as the last step left it.
    round, steps
        Number of the round, and how many steps it has.
    first_step
        Steps since the weights were initialised, before the round.
    """

    protocol: Protocol
    device: torch.device
    state: State
    optimizer: Optimizer
    round: int
    steps: int
    first_step: int

    def step(self, number: int, batches: Sequence[Batch]) -> dict[str, Tensor]:
        """Training step ``number`` of the round on each lane's batch: what it logs, () or (L,) by name."""
        return self.make(batches, self.rates(number), self.marks(number))

    def rates(self, number: int) -> Rates:
        """How far a step of the round goes, in Python's numbers."""
        narrow = can(self.device).graphs
        return rates_of(self.protocol, number, self.steps, self.first_step + number, narrow=narrow)

    def abandon(self, written: Sequence[Tensor]) -> None:
        """Leave nothing behind of a step that was not carried out, before which all this was ``written()``."""
        self.optimizer.abandon(written)

    @abc.abstractmethod
    def marks(self, number: int) -> Marks:
        """Which step one of the round is."""

    @abc.abstractmethod
    def make(self, batches: Sequence[Batch], rates: Rates, marks: Marks) -> dict[str, Tensor]:
        """A step of these rates and marks: all that it reads by number are tensors where these are."""

    @abc.abstractmethod
    def written(self) -> list[Tensor]:
        """All that a step writes to in place."""

    @abc.abstractmethod
    def averaged(self, lane: int) -> nn.Module:
        """The moving average of a lane's weights, as it is now."""

    @abc.abstractmethod
    def state_of(self, lane: int) -> State:
        """The method's state of one lane."""

    @abc.abstractmethod
    def end_round(self) -> None:
        """The round's steps are over."""


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

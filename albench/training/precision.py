"""What the network multiplies in while it trains: float32, TF32 or bfloat16. All else of a step is float32."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager

import torch
from torch import Tensor

from albench.devices import can
from albench.suite.protocol import Protocol

NARROW = torch.bfloat16, torch.float16


class Precision:
    """How the products of a training step are computed.

    Losses, thresholds and what a method remembers are float32 in every precision: a bfloat16 has eight bits, so that
    between 0.5 and 1 a probability would be one of 129. Weights, gradients, the optimizer and the moving average are
    float32 as well, and so are validation, test and queries, which run outside of a step.

    Parameters
    ----------
    name
        ``fp32``; ``tf32``, whose products on CUDA round their factors to ten bits; or ``bf16``, whose products and what
        lies between layers have seven.
    device
        That trains.
    """

    def __init__(self, name: str, device: torch.device) -> None:
        self.name = name
        self._device = device

    def step(self) -> AbstractContextManager[object]:
        """For a whole step, its backward pass included."""
        if self.name == "bf16":
            return self._narrow_kept()
        return tf32(True) if self.name == "tf32" else contextlib.nullcontext()

    def network(self) -> AbstractContextManager[object]:
        """For a pass of the network, within ``step``."""
        return self._autocast(True) if self.name == "bf16" else contextlib.nullcontext()

    def _autocast(self, enabled: bool) -> torch.autocast:
        return torch.autocast(self._device.type, torch.bfloat16, enabled=enabled)

    @contextlib.contextmanager
    def _narrow_kept(self) -> Iterator[None]:
        """Weights that a pass cast are there for the next one until this ends; outside of passes nothing is cast."""
        with self._autocast(True), self._autocast(False):
            yield


EXACT = Precision("fp32", torch.device("cpu"))
"""Float32 on any device: nothing is switched."""


def precision_of(protocol: Protocol, device: torch.device, *, full: bool = False) -> Precision:
    """The protocol's; ``auto`` is bfloat16 on CUDA and float32 elsewhere.

    Parameters
    ----------
    full
        Whether the method asks for float32 whatever the protocol says (``Method.full_precision``).
    """
    usual = "bf16" if can(device).mixed else "fp32"
    return Precision("fp32" if full else usual if protocol.precision == "auto" else protocol.precision, device)


def widened(x: Tensor) -> Tensor:
    """What a pass gave, in float32 where it is narrower."""
    return x.float() if x.dtype in NARROW else x


@contextlib.contextmanager
def tf32(allowed: bool) -> Iterator[None]:
    """Whether products and convolutions of float32 on CUDA may round their factors to ten bits."""
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matmul.allow_tf32, cudnn.allow_tf32
    matmul.allow_tf32 = cudnn.allow_tf32 = allowed
    try:
        yield
    finally:
        matmul.allow_tf32, cudnn.allow_tf32 = before

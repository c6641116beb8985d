"""Stochastic gradient descent with Nesterov momentum: torch's kernel, without torch's compiler."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim.sgd import sgd as sgd_kernel

from albench.suite.protocol import Protocol


class SGD:
    """``torch.optim.SGD(fused=True)`` to the bit.

    The class of torch imports its compiler when it is made, which takes as long as all the rest of torch, in every
    process; the function behind it does not.

    Parameters
    ----------
    groups
        Tensors and their weight decay.
    momentum
        Nesterov's, where above 0.

    Attributes
    ----------
    lr
        Learning rate of the next step.
    momenta
        Each tensor's, once there was a step.
    """

    def __init__(self, groups: Sequence[tuple[Sequence[Tensor], float]], lr: float, momentum: float) -> None:
        self.lr = lr
        self.momenta: dict[Tensor, Tensor] = {}
        self._momentum = momentum
        self._groups = [(list(tensors), weight_decay) for tensors, weight_decay in groups]

    @property
    def _tensors(self) -> list[Tensor]:
        return [tensor for tensors, _ in self._groups for tensor in tensors]

    @torch.no_grad()
    def step(self) -> None:
        """Move every tensor that has a gradient."""
        for tensors, weight_decay in self._groups:
            moved = [tensor for tensor in tensors if tensor.grad is not None]
            if not moved:
                continue
            momenta = [self.momenta.get(tensor) for tensor in moved]
            if any(momentum is not None for momentum in momenta):  # the kernel takes all or none
                momenta = [
                    torch.zeros_like(tensor) if momentum is None else momentum
                    for tensor, momentum in zip(moved, momenta, strict=True)
                ]
            sgd_kernel(
                moved,
                [tensor.grad for tensor in moved if tensor.grad is not None],
                momenta,
                fused=True,
                weight_decay=weight_decay,
                momentum=self._momentum,
                lr=self.lr,
                dampening=0.0,
                nesterov=self._momentum > 0,
                maximize=False,
            )
            self.momenta |= {
                tensor: momentum for tensor, momentum in zip(moved, momenta, strict=True) if momentum is not None
            }

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for tensor in self._tensors:
            tensor.grad = None

    def state_dict(self) -> dict[str, Any]:
        """Momenta by the tensors' places, in the layout of torch's optimizers."""
        momenta = [self.momenta.get(tensor) for tensor in self._tensors]
        return {"state": {place: {"momentum_buffer": m} for place, m in enumerate(momenta) if m is not None}}

    def load_state_dict(self, content: dict[str, Any]) -> None:
        """Take over momenta."""
        tensors = self._tensors
        self.momenta = {
            tensors[place]: kept["momentum_buffer"].to(tensors[place].device, copy=True)
            for place, kept in content["state"].items()
        }


def sgd(matrices: Sequence[Tensor], others: Sequence[Tensor], protocol: Protocol) -> SGD:
    """The protocol's optimizer; weight decay is for matrices alone."""
    return SGD([(matrices, protocol.weight_decay), (others, 0.0)], protocol.lr, protocol.momentum)

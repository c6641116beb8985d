"""Stochastic gradient descent with Nesterov momentum, and AdamW: torch's kernels, without torch's compiler."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim.adamw import adamw as adamw_kernel

from albench.suite.protocol import Protocol

BETA2 = 0.999
EPS = 1e-8
"""AdamW's, as its authors and torch set them."""
Groups = Sequence[tuple[Sequence[Tensor], float]]
"""Tensors and their weight decay."""
Kept = dict[str, Tensor]
"""What an optimizer keeps of one tensor from step to step, by torch's names."""


class Optimizer(abc.ABC):
    """Base of the optimizers.

    The classes of torch import its compiler when they are made, which takes as long as all the rest of torch, in every
    process; the functions behind them do not.

    Attributes
    ----------
    lr
        Learning rate of the next step; in a graph a () float32 tensor of the device.
    """

    def __init__(self, groups: Groups, lr: float) -> None:
        self.lr: float | Tensor = lr
        self._groups = [(list(tensors), weight_decay) for tensors, weight_decay in groups]

    @property
    def _tensors(self) -> list[Tensor]:
        return [tensor for tensors, _ in self._groups for tensor in tensors]

    @abc.abstractmethod
    def step(self) -> None:
        """Move every tensor that has a gradient."""

    @abc.abstractmethod
    def kept(self, tensor: Tensor) -> Kept:
        """What is kept of a tensor; nothing before its first step."""

    @abc.abstractmethod
    def keep(self, tensor: Tensor, kept: Kept) -> None:
        """Take over what another optimizer of the kind kept of such a tensor."""

    @abc.abstractmethod
    def drop(self, tensor: Tensor) -> None:
        """Keep nothing of a tensor."""

    def memory(self) -> list[Tensor]:
        """All that is kept."""
        return [value for tensor in self._tensors for value in self.kept(tensor).values()]

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for tensor in self._tensors:
            tensor.grad = None

    def abandon(self, memory: Sequence[Tensor]) -> None:
        """Forget the gradients, and what is kept beside an earlier ``memory()``: of a step that was not carried out."""
        self.zero_grad()
        known = {id(value) for value in memory}
        for tensor in self._tensors:
            if any(id(value) not in known for value in self.kept(tensor).values()):
                self.drop(tensor)

    def state_dict(self) -> dict[str, Any]:
        """What is kept, by the tensors' places, in the layout of torch's optimizers."""
        kept = [self.kept(tensor) for tensor in self._tensors]
        return {"state": {place: one for place, one in enumerate(kept) if one}}

    def load_state_dict(self, content: dict[str, Any]) -> None:
        """Take over what was kept."""
        tensors = self._tensors
        for place, kept in content["state"].items():
            device = tensors[place].device
            self.keep(tensors[place], {name: value.to(device, copy=True) for name, value in kept.items()})


class SGD(Optimizer):
    """``torch.optim.SGD(fused=True)`` to the bit.

    Parameters
    ----------
    momentum
        Nesterov's, where above 0.
    """

    def __init__(self, groups: Groups, lr: float, momentum: float) -> None:
        super().__init__(groups, lr)
        self._momenta: dict[Tensor, Tensor] = {}
        self._momentum = momentum

    @torch.no_grad()
    def step(self) -> None:
        """Move every tensor that has a gradient."""
        for tensors, weight_decay in self._groups:
            moved = [tensor for tensor in tensors if tensor.grad is not None]
            if not moved:
                continue
            momenta = [self._momenta[tensor] for tensor in moved if tensor in self._momenta] if self._momentum else []
            first = bool(self._momentum) and not momenta
            if self._momentum and len(momenta) < len(moved):  # the kernel takes all or none
                start = torch.empty_like if first else torch.zeros_like
                new = {tensor: start(tensor) for tensor in moved if tensor not in self._momenta}
                self._momenta |= new
                momenta = [self._momenta[tensor] for tensor in moved]
            torch._fused_sgd_(
                moved,
                [tensor.grad for tensor in moved if tensor.grad is not None],
                momenta,
                weight_decay=weight_decay,
                momentum=self._momentum,
                lr=self.lr,
                dampening=0.0,
                nesterov=self._momentum > 0,
                maximize=False,
                is_first_step=first,
            )

    def kept(self, tensor: Tensor) -> Kept:
        """The momentum."""
        momentum = self._momenta.get(tensor)
        return {} if momentum is None else {"momentum_buffer": momentum}

    def keep(self, tensor: Tensor, kept: Kept) -> None:
        """Take over a momentum."""
        self._momenta[tensor] = kept["momentum_buffer"]

    def drop(self, tensor: Tensor) -> None:
        """Keep no momentum."""
        self._momenta.pop(tensor, None)


class AdamW(Optimizer):
    """``torch.optim.AdamW(fused=True)`` to the bit (Loshchilov and Hutter 2019, arXiv 1711.05101).

    Parameters
    ----------
    beta1
        Decay of the gradients' moving average; that of their squares is 0.999.
    """

    def __init__(self, groups: Groups, lr: float, beta1: float) -> None:
        super().__init__(groups, lr)
        self._beta1 = beta1
        self._kept: dict[Tensor, Kept] = {}

    @torch.no_grad()
    def step(self) -> None:
        """Move every tensor that has a gradient."""
        for tensors, weight_decay in self._groups:
            moved = [tensor for tensor in tensors if tensor.grad is not None]
            if not moved:
                continue
            for tensor in moved:
                if tensor not in self._kept:
                    number = torch.zeros((), dtype=torch.float32, device=tensor.device)
                    averages = {name: torch.zeros_like(tensor) for name in ("exp_avg", "exp_avg_sq")}
                    self._kept[tensor] = {"step": number, **averages}
            kept = [self._kept[tensor] for tensor in moved]
            adamw_kernel(
                moved,
                [tensor.grad for tensor in moved if tensor.grad is not None],
                [one["exp_avg"] for one in kept],
                [one["exp_avg_sq"] for one in kept],
                [],
                [one["step"] for one in kept],
                fused=True,
                amsgrad=False,
                beta1=self._beta1,
                beta2=BETA2,
                lr=self.lr,
                weight_decay=weight_decay,
                eps=EPS,
                maximize=False,
            )

    def kept(self, tensor: Tensor) -> Kept:
        """Steps and moving averages of gradients and their squares."""
        return self._kept.get(tensor, {})

    def keep(self, tensor: Tensor, kept: Kept) -> None:
        """Take over steps and averages."""
        self._kept[tensor] = dict(kept)

    def drop(self, tensor: Tensor) -> None:
        """Keep no steps and averages."""
        self._kept.pop(tensor, None)


def optimizer(matrices: Sequence[Tensor], others: Sequence[Tensor], protocol: Protocol) -> Optimizer:
    """The protocol's; weight decay is for matrices alone."""
    kind = AdamW if protocol.optimizer == "adamw" else SGD
    return kind([(matrices, protocol.weight_decay), (others, 0.0)], protocol.lr, protocol.momentum)

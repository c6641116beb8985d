"""A linear layer that lanes go through at once: models that differ by their weights alone, each with its items."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SMALL = 400
"""Multiplications of a product below which torch carries those of a batch out without BLAS, which rounds otherwise."""


class LaneLinear(nn.Linear):
    """``nn.Linear`` whose weight may also be (L, outputs, inputs) and its bias (L, outputs), those of L lanes.

    Items are (L, n, inputs) then, and what comes out, gradients included, is on a CPU to the bit what a layer of each
    lane's own weights gives (of two items and two outputs or more: a product with a vector is another operation).
    """

    def forward(self, input: Tensor) -> Tensor:
        """(n, outputs) of (n, inputs), or (L, n, outputs) of (L, n, inputs)."""
        return self.product(input, self.bias)

    def product(self, input: Tensor, bias: Tensor | None = None) -> Tensor:
        """The items times the weight's transpose, with a bias or without."""
        if self.weight.ndim == 2:
            return F.linear(input, self.weight, bias)
        # Autocast, which some devices lack, casts for torch's own operations alone.
        if torch.amp.is_autocast_available(input.device.type) and torch.is_autocast_enabled(input.device.type):
            return _product(input, self.weight, bias)
        made: Tensor = _LanesProduct.apply(input, self.weight, bias)
        return made

    @property
    def row(self) -> Tensor:
        """The bias as it is added to what ``product`` gives."""
        return self.bias if self.bias.ndim == 1 else self.bias.unsqueeze(1)


def _product(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """(L, n, outputs)."""
    if bias is None:
        return _times(x, weight.mT)
    if _is_small(x, weight.mT):
        return torch.stack([F.linear(*lane) for lane in zip(x, weight, bias, strict=True)])
    return torch.baddbmm(bias.unsqueeze(1), x, weight.mT)


def _times(a: Tensor, b: Tensor) -> Tensor:
    """(L, n, m) products of (L, n, k) and (L, k, m)."""
    if _is_small(a, b):
        return torch.stack([one @ other for one, other in zip(a, b, strict=True)])
    return torch.bmm(a, b)


def _is_small(a: Tensor, b: Tensor) -> bool:
    return a.device.type == "cpu" and a.shape[1] * a.shape[2] * b.shape[2] < SMALL


class _LanesProduct(torch.autograd.Function):
    """Batched ``F.linear``.

    The gradient of the weight is computed in the order in which that of one layer is; ``bmm``'s own backward pass takes
    the factors the other way round, which rounds differently for few outputs and takes longer.
    """

    @staticmethod
    def forward(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return _product(x, weight, bias)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:  # noqa: ARG004  # torch's contract
        x, weight, _ = inputs
        ctx.save_for_backward(x, weight)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        of_x, of_weight, of_bias = ctx.needs_input_grad
        return (
            _times(gradient, weight) if of_x else None,
            _times(gradient.mT, x) if of_weight else None,
            gradient.sum(dim=1) if of_bias else None,
        )

"""A small network that tells two kinds of items apart, its gradients written out."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor
from torch.optim.adam import adam

from albench.kernels import sent

_BETAS = 0.9, 0.999
_EPS = 1e-8
"""Adam's, as its authors set them."""


class BinaryClassifier:
    """A multilayer perceptron with one hidden layer or none, trained by Adam.

    Parameters
    ----------
    size, hidden
        Columns of an item, and units of the hidden layer (0: logistic regression).
    lr
        Learning rate.
    generator
        Draws the first weights, on the CPU.
    like
        A tensor of the device and type to work in.
    """

    def __init__(self, size: int, hidden: int, lr: float, generator: torch.Generator, like: Tensor) -> None:
        widths = [size, *([hidden] if hidden else []), 1]
        shapes = list(itertools.pairwise(widths))
        drawn = [torch.randn(m, n, generator=generator) * (2.0 / m) ** 0.5 for m, n in shapes]
        drawn[-1] *= 0.1  # near zero at the start: the classifier has to earn its certainty
        flat = torch.cat([torch.cat([weight.flatten(), torch.zeros(weight.shape[1])]) for weight in drawn])
        # All parameters lie in one tensor, so that Adam moves them at once.
        self._all = sent(flat, like.device).to(like.dtype)
        self._gradient = torch.empty_like(self._all)
        self._mean, self._square = torch.zeros_like(self._all), torch.zeros_like(self._all)
        self._steps = torch.zeros((), device=like.device)
        self._sign = self._share = like.new_empty(0)  # of a batch: -1 for items of the first kind, 1 for the others
        self._lr = lr
        self._layers = _layers(self._all, shapes)
        self._of_layers = _layers(self._gradient, shapes)

    def log_odds(self, rows: Tensor) -> Tensor:
        """(n,) log odds that items (n, D) are of the first kind."""
        return self._forward(rows)[-1][:, 0]

    def step(self, rows: Tensor) -> None:
        """Learn from items (2 m, D), of which the first half are of the first kind, by their mean log loss."""
        *inputs, odds = self._forward(rows)
        if self._sign.shape != odds.shape:
            self._sign = torch.ones_like(odds)
            self._sign[: len(odds) // 2] = -1.0
            self._share = self._sign / (len(odds) // 2)
        gradient = torch.ops.aten.softplus_backward(self._share, odds * self._sign, 1.0, 20.0)
        for (weight, _), (of_weight, of_bias), layer in zip(
            self._layers[::-1], self._of_layers[::-1], inputs[::-1], strict=True
        ):
            torch.mm(layer.T, gradient, out=of_weight)
            torch.sum(gradient, dim=0, out=of_bias)
            if layer is not rows:
                gradient = torch.ops.aten.threshold_backward(gradient @ weight.T, layer, 0.0)
        fused = self._all.device.type != "cpu"
        beta1, beta2 = _BETAS
        adam(
            [self._all], [self._gradient], [self._mean], [self._square], [], [self._steps],
            foreach=False, fused=fused, amsgrad=False, beta1=beta1, beta2=beta2, lr=self._lr, weight_decay=0.0,
            eps=_EPS, maximize=False,
        )  # fmt: skip

    def _forward(self, rows: Tensor) -> list[Tensor]:
        """What goes into each layer, and the log odds (n, 1)."""
        values = [rows]
        for weight, bias in self._layers:
            if len(values) > 1:
                values[-1].relu_()
            values.append(torch.addmm(bias, values[-1], weight))
        return values


def _layers(flat: Tensor, shapes: list[tuple[int, int]]) -> list[tuple[Tensor, Tensor]]:
    """Weights (m, n) and biases (n,) that lie one after the other in a tensor."""
    parts = iter(flat.split([length for m, n in shapes for length in (m * n, n)]))
    return [(next(parts).view(m, n), next(parts)) for m, n in shapes]

"""Builds a module whose weights come from one generator: torch's own constructors draw from the global one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import nn


def build(
    make: Callable[[], nn.Module], generator: torch.Generator, slope: float = 0.0, dropout: float = 0.0
) -> nn.Module:
    """The module that ``make`` constructs, on the CPU, with weights drawn from ``generator`` alone.

    Linear and convolution weights are normal with variance ``2 / ((1 + slope^2) fan)`` (He et al. 2015, equations 10
    and 15; fan-in for linear, fan-out for convolution layers), those of ``head`` with variance ``2 / (fan_in +
    fan_out)`` (Glorot and Bengio 2010, equation 12); biases are 0; normalisation layers start as the identity.

    Parameters
    ----------
    make
        Constructs the module.
    generator
        The source of every weight, in the order of ``modules()``.
    slope
        Negative slope of the activations.
    dropout
        Share of the embedding that training sets to zero.

    Raises
    ------
    TypeError
        For a layer that this function cannot initialise.
    """
    with torch.random.fork_rng(devices=[]):  # what torch's constructors draw is drawn over below
        module = make()
    head = module.get_submodule("head")
    for layer in module.modules():
        own = [*layer.parameters(recurse=False), *layer.buffers(recurse=False)]
        if isinstance(layer, nn.Linear | nn.Conv2d):
            _weights(layer, layer is head, generator, slope)
        elif isinstance(layer, nn.BatchNorm2d | nn.GroupNorm):
            layer.reset_parameters()
        elif own:
            raise TypeError(f"no initialisation for {type(layer).__name__}")
    module.embedding_dropout = dropout  # type: ignore[assignment]  # the backbone's contract
    return module


def _weights(layer: nn.Linear | nn.Conv2d, is_head: bool, generator: torch.Generator, slope: float) -> None:
    if is_head:
        nn.init.xavier_normal_(layer.weight, generator=generator)
    else:
        fan: Literal["fan_in", "fan_out"] = "fan_in" if isinstance(layer, nn.Linear) else "fan_out"
        nn.init.kaiming_normal_(layer.weight, a=slope, mode=fan, nonlinearity="leaky_relu", generator=generator)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)

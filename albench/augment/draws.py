"""Uniform noise to integers: shared by the views of all modalities."""

from __future__ import annotations

from torch import Tensor

from albench.errors import ContractError


def pick(uniform: Tensor, count: int) -> Tensor:
    """Integers 0 .. count - 1, int64, from uniform numbers in [0, 1), each equally likely."""
    # In float32 the largest uniform number times count can round up to count.
    return (uniform * count).long().clamp_(max=count - 1)


def check_columns(noise: Tensor, needed: int) -> None:
    """Raise ``ContractError`` where ``noise`` (B, n) has fewer columns than the built-in views read."""
    if noise.shape[1] < needed:
        raise ContractError(
            f"the built-in views read {needed} random numbers an item, not {noise.shape[1]}: "
            f"set the data set's noise_size to {needed} or more"
        )

"""Dropout on the embedding in training, for backbones that ask for it: masks are numbers of a counter, not drawn.

A network that drew its masks itself would draw them from global state, and lanes could not share a step. Here a mask is
a function of a number that the trial's seed, round and step give, so that a seed trains the same alone and in lanes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from albench import seeds

_BITS = 16
_PER_HASH = 4
"""Numbers of 16 bits that one hash of 64 bits gives."""
# splitmix64 (Steele, Lea and Flood 2014), as signed numbers: torch has no shifts of unsigned ones.
_STEP = -7046029254386353131
_FACTORS = (-4658895280553007687, -7723592293110705685)
_SHIFTS = (30, 27, 31)


def rate_of(model: nn.Module) -> float:
    """Share of the embedding that a model wants dropped in training; 0 where it does not say."""
    return float(getattr(model, "embedding_dropout", 0.0))


def step_numbers(seed: int, round_number: int, steps: int, device: torch.device) -> Tensor:
    """(steps,) int64: a number for the masks of each step of a round."""
    generator = seeds.torch_stream("dropout", seed, round_number)
    return torch.randint(1 << 62, (steps,), generator=generator).to(device)


class Dropout:
    """The masks of a step, another one for each pass through the network.

    Parameters
    ----------
    rate
        Share of the embedding that is set to zero; the rest is scaled so that the mean stays.
    number
        () int64: names the step's masks; (L,) those of several lanes.
    """

    def __init__(self, rate: float, number: Tensor) -> None:
        self.rate = rate
        self._number = number
        self._used = 0

    def __call__(self, embedding: Tensor) -> Tensor:
        """The embedding (..., n, E) under a mask of its own for each item."""
        *_, items, size = embedding.shape
        n_hashes = -(-size // _PER_HASH)
        count = items * n_hashes
        place = torch.arange(self._used, self._used + count, device=embedding.device).view(-1, n_hashes)
        self._used += count
        hashed = _mixed(self._number[..., None, None] + place * _STEP)
        shifts = torch.arange(0, _BITS * _PER_HASH, _BITS, device=embedding.device)
        numbers = (hashed[..., None] >> shifts) & (1 << _BITS) - 1
        limit = round(self.rate * (1 << _BITS))
        kept = numbers.flatten(-2)[..., :size] >= limit
        return embedding * (kept.to(embedding.dtype) / (1 - limit / (1 << _BITS)))


def _mixed(x: Tensor) -> Tensor:
    """splitmix64's output function."""
    first, second, last = _SHIFTS
    x = (x ^ _shifted(x, first)) * _FACTORS[0]
    x = (x ^ _shifted(x, second)) * _FACTORS[1]
    return x ^ _shifted(x, last)


def _shifted(x: Tensor, by: int) -> Tensor:
    """x to the right, zeros coming in from the left whatever its sign."""
    return (x >> by) & (1 << 64 - by) - 1

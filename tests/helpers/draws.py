"""Random numbers that are the same each time."""

from __future__ import annotations

import torch


def generator(seed: int = 0) -> torch.Generator:
    """A generator on the CPU."""
    return torch.Generator().manual_seed(seed)

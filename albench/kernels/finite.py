"""The check of what is about to decide: NaN and infinity never turn into a choice."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from albench.errors import ContractError


class NonFiniteScores(ContractError, ValueError):
    """What decides holds NaN or infinity, so that the best items cannot be told."""


def require_finite(**inputs: Tensor) -> None:
    """Check matrices (n, m) before they decide anything.

    Raises
    ------
    NonFiniteScores
        One of them holds NaN or infinity; the message names it, with spaces for underscores, and counts its rows.
    ValueError
        One of them is no matrix.
    """
    for name, x in inputs.items():
        if x.dim() != 2:
            raise ValueError(f"{name} must be (n, m), got {tuple(x.shape)}")
    if not inputs:
        return
    # One pass without a mask: a sum is finite only where each term is, overflow aside, which the count settles.
    sums = torch.stack([x.sum() for x in inputs.values()]).tolist()  # the host waits for it once
    for (name, x), total in zip(inputs.items(), sums, strict=True):
        if math.isfinite(total):
            continue
        bad = int((~torch.isfinite(x)).any(dim=1).sum())
        if bad:
            raise NonFiniteScores(
                f"{bad} of {len(x)} rows of {name.replace('_', ' ')} are not finite: "
                "check the learning rate and the model's outputs"
            )

"""Mixed items: convex combinations of the rows of a batch (Zhang et al., "mixup", ICLR 2018, arXiv 1710.09412)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Generator, Tensor


def beta_shares(generator: Generator, alpha: float, count: int) -> Tensor:
    """(count,) float32 draws from Beta(alpha, alpha)."""
    # torch has no Beta that takes a generator: NumPy's, with a seed from it.
    seed = int(torch.randint(2**63 - 1, (), generator=generator))
    return torch.from_numpy(np.random.default_rng(seed).beta(alpha, alpha, count)).float()


def mix(rows: Tensor, order: Tensor, share: Tensor) -> Tensor:
    """``share * rows + (1 - share) * rows[order]``.

    Parameters
    ----------
    rows
        (n, ...) items or probabilities.
    order
        (n,) int64 the partner of each row.
    share
        (n,) or (1,) in [0, 1].
    """
    share = share.to(rows.dtype).reshape(-1, *[1] * (rows.ndim - 1))
    return share * rows + (1 - share) * rows[order]

"""The check of what a strategy is about to decide on."""

from __future__ import annotations

import torch
from torch import Tensor

from albench.kernels import NonFiniteScores


def require_finite(**inputs: Tensor) -> None:
    """Check matrices (n, m) before they decide anything.

    Raises
    ------
    NonFiniteScores
        One of them holds NaN or infinity; the message names it and counts its rows.
    """
    for name, x in inputs.items():
        # One pass without a mask; the count below settles a sum that merely overflowed.
        if bool(torch.isfinite(x.sum(dtype=torch.float64 if x.device.type == "cpu" else None))):
            continue
        bad = int((~torch.isfinite(x)).any(dim=1).sum())
        if bad:
            raise NonFiniteScores(
                f"{bad} of {len(x)} rows of the {name.replace('_', ' ')} are not finite: "
                "check the learning rate and the model's outputs"
            )

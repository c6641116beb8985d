"""From the host to a device, without waiting for it."""

from __future__ import annotations

import torch
from torch import Tensor


def sent(tensor: Tensor, device: torch.device) -> Tensor:
    """A CPU tensor on ``device``, e.g. what a CPU generator drew; the host does not wait until it has arrived.

    So a seed means the same draws on every device: ``sent(torch.rand(n, generator=view.generator), view.device)``.
    """
    # From memory that is not pinned the copy would wait until the device has done all that it was given.
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)

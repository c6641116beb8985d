"""What the image backbones share."""

from __future__ import annotations

from torch import Tensor

from albench.api import Task

SMALLEST = 8


def centred(x: Tensor) -> Tensor:
    """Images in 0 .. 1 as values in -2 .. 2, by constants: nothing is fitted to the data."""
    return (x - 0.5) / 0.25


def too_small(task: Task) -> str | None:
    """Why images of the task are too small to be halved three times, or None."""
    height, width = task.shape[1:]
    if min(height, width) >= SMALLEST:
        return None
    return f"it needs images of at least {SMALLEST} x {SMALLEST} pixels, not {height} x {width}"

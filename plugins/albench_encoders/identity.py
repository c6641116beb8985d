"""No model at all: what other encoders are compared with."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from albench.api import Encoder, Task


@dataclass(frozen=True)
class Identity(Encoder):
    """Features as they are, and images as rows of pixels in 0 .. 1: what other encoders are compared with."""

    modalities = frozenset({"features", "image"})
    block_size = 1024

    def fingerprint(self) -> str:
        """Nothing but its options and its code makes the vectors."""
        return ""

    def dim(self, task: Task) -> int:
        """As many numbers as an item has."""
        return math.prod(task.shape)

    def encode(self, x: np.ndarray, device: torch.device) -> np.ndarray:
        """(n, D) float32 of x (n, ...)."""
        flat = x.reshape(len(x), -1).astype(np.float32)
        return flat / np.float32(255) if x.dtype == np.uint8 else flat

"""Every random stream by name: a stream's seed depends on its name alone, never on what ran before it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import torch

Part = str | int


def derive(*parts: Part) -> int:
    """A 63-bit seed from a stream's name, e.g. ``derive("batches", seed, round)``.

    The same parts give the same seed in every process, on every platform, whatever PYTHONHASHSEED is.
    """
    text = "\x1f".join(f"{type(part).__name__}:{part}" for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


def numpy_stream(*parts: Part) -> np.random.Generator:
    """A NumPy generator for the named stream."""
    import numpy as np

    return np.random.Generator(np.random.PCG64(derive(*parts)))


def torch_stream(*parts: Part, device: str = "cpu") -> torch.Generator:
    """A torch generator for the named stream."""
    import torch

    generator = torch.Generator(device=device)
    generator.manual_seed(derive(*parts))
    return generator

"""Small files in the layout of MNIST's."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import numpy as np


def idx_bytes(array: np.ndarray) -> bytes:
    """An IDX file of unsigned bytes, by the format's definition."""
    header = bytes([0, 0, 8, array.ndim]) + b"".join(side.to_bytes(4, "big") for side in array.shape)
    return header + array.astype(np.uint8).tobytes()


def write_part(
    folder: Path, part: str, counts: Sequence[int], *, packed: bool = True, seed: int = 0, marked: bool = True
) -> np.ndarray:
    """Random images of 28 x 28, so many a class, with their labels in no order; the images.

    Parameters
    ----------
    part
        ``train`` or ``t10k``.
    marked
        Whether the first pixel says what an image is of.
    """
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    x = rng.integers(0, 256, (len(y), 28, 28), dtype=np.uint8)
    if marked:
        x[:, 0, 0] = y
    folder.mkdir(parents=True, exist_ok=True)
    for kind, array in (("images-idx3", x), ("labels-idx1", y)):
        held = idx_bytes(array)
        name = f"{part}-{kind}-ubyte"
        (folder / (f"{name}.gz" if packed else name)).write_bytes(gzip.compress(held) if packed else held)
    return x

"""Hashes that name data: those of a whole data set, and of each of its items."""

from __future__ import annotations

import hashlib

import numpy as np

from albench.api.dataset import Split, Splits
from albench.data.checks import SPLITS
from albench.data.items import blocks

ITEM_DIGEST = 16
"""Bytes of an item's digest: of 2 ** 32 different items two have one digest with a chance of 3e-20."""


def data_hash(splits: Splits) -> str:
    """Sixteen hexadecimal digits that name the items and labels of all three splits."""
    return hashes(splits)[0]


def hashes(splits: Splits) -> tuple[str, dict[str, np.ndarray]]:
    """The data hash, and split -> (N,) digests of its items of 16 bytes each; every item is read once."""
    whole = hashlib.blake2b(digest_size=8)
    digests: dict[str, np.ndarray] = {}
    for name in SPLITS:
        split: Split = getattr(splits, name)
        if splits.task.modality == "text":
            digests[name] = _texts(split.x)
            whole.update(f"{split.x.shape}text".encode())
            whole.update(digests[name].tobytes())
            whole.update(np.ascontiguousarray(split.y, dtype=np.int64).data)
            continue
        whole.update(f"{split.x.shape}{split.x.dtype.str}".encode())
        items = bytearray()
        for _, rows in blocks(split.x):
            values = np.ascontiguousarray(rows).reshape(-1).view(np.uint8).data
            whole.update(values)
            size = len(values) // len(rows)
            for first in range(0, len(values), size):
                items += hashlib.blake2b(values[first : first + size], digest_size=ITEM_DIGEST).digest()
        whole.update(np.ascontiguousarray(split.y, dtype=np.int64).data)
        digests[name] = np.frombuffer(bytes(items), f"V{ITEM_DIGEST}")
    return whole.hexdigest(), digests


def _texts(x: np.ndarray) -> np.ndarray:
    """(N,) digests of texts, by their UTF-8."""
    found = (
        hashlib.blake2b(str(text).encode("utf-8", "surrogatepass"), digest_size=ITEM_DIGEST).digest() for text in x
    )
    return np.frombuffer(b"".join(found), f"V{ITEM_DIGEST}")

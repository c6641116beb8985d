"""Hashes that name data: those of a whole data set, and of each of its items."""

from __future__ import annotations

import hashlib

import numpy as np

from albench.api.dataset import Split, Splits
from albench.api.task import Modality
from albench.data.checks import SPLITS, UNLABELED
from albench.data.items import blocks

ITEM_DIGEST = 16
"""Bytes of an item's digest: of 2 ** 32 different items two have one digest with a chance of 3e-20."""


def data_hash(splits: Splits) -> str:
    """Sixteen hexadecimal digits that name the items and labels of all three splits, and the items beyond the pool."""
    return hashes(splits)[0]


def hashes(splits: Splits) -> tuple[str, dict[str, np.ndarray]]:
    """The data hash, and split -> (N,) digests of its items of 16 bytes each; every item is read once.

    Items beyond the pool are as a split of the name ``unlabeled``.
    """
    whole = hashlib.blake2b(digest_size=8)
    digests: dict[str, np.ndarray] = {}
    for name in SPLITS:
        split: Split = getattr(splits, name)
        digests[name] = _items(whole, split.x, splits.task.modality)
        whole.update(np.ascontiguousarray(split.y, dtype=np.int64).data)
    if splits.unlabeled is not None:
        digests[UNLABELED] = _items(whole, splits.unlabeled, splits.task.modality)
    return whole.hexdigest(), digests


def items_hash(x: np.ndarray, modality: Modality) -> str:
    """Thirty-two hexadecimal digits that name items (N, ...) and their order, labels aside."""
    whole = hashlib.blake2b(digest_size=16)
    _items(whole, x, modality)
    return whole.hexdigest()


def _items(whole: hashlib.blake2b, x: np.ndarray, modality: Modality) -> np.ndarray:
    """(N,) digests of items, which are added to a hash of all."""
    if modality == "text":
        whole.update(f"{x.shape}text".encode())
        of_texts = (hashlib.blake2b(str(text).encode("utf-8", "surrogatepass"), digest_size=ITEM_DIGEST) for text in x)
        items = bytearray(b"".join(each.digest() for each in of_texts))
        whole.update(items)
    else:
        whole.update(f"{x.shape}{x.dtype.str}".encode())
        items = bytearray()
        for _, rows in blocks(x):
            values = np.ascontiguousarray(rows).reshape(-1).view(np.uint8).data
            whole.update(values)
            size = len(values) // len(rows)
            for first in range(0, len(values), size):
                items += hashlib.blake2b(values[first : first + size], digest_size=ITEM_DIGEST).digest()
    return np.frombuffer(bytes(items), f"V{ITEM_DIGEST}")

"""What looking for equal items costs when data are loaded: python benchmarks/perf/loading.py

Seconds of the checks, of the data hash alone, of the hash with each item's digest, and of comparing the digests.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from albench.api import Split, Splits, Task
from albench.data.checks import check_splits
from albench.data.equal_items import find_equal
from albench.data.hashes import hashes
from albench.data.items import blocks

SHAPES = ((5_207, (2048,), np.float32), (50_000, (512,), np.float32), (10_000, (1, 64, 64), np.uint8))
SHAPES = (*SHAPES, (1_000_000, (16,), np.float32))


def pool(count: int, shape: tuple[int, ...], dtype: Any) -> Splits:
    """A pool of random items, with 1,000 to validate and 1,000 to test on."""
    rng = np.random.default_rng(0)
    parts = [
        Split((rng.random((n, *shape), np.float32) * 255).astype(dtype), np.arange(n) % 3) for n in (count, 1000, 1000)
    ]
    modality: Any = "features" if len(shape) == 1 else "image"
    return Splits(*parts, Task(modality, shape, 3, ("a", "b", "c"), pool_size=count))


def read(splits: Splits) -> None:
    """Hash the bytes of all items and nothing else: the floor."""
    import hashlib

    digest = hashlib.blake2b(digest_size=8)
    for split in (splits.train, splits.val, splits.test):
        for _, rows in blocks(split.x):
            digest.update(np.ascontiguousarray(rows).data)


def seconds(work: Callable[[], Any]) -> float:
    """The best of three."""
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best


def main() -> None:
    print(f"{'items':>10} {'shape':>12} {'check':>7} {'hash':>7} {'digests':>8} {'compare':>8}")
    for count, shape, dtype in SHAPES:
        splits = pool(count, shape, dtype)
        digests = hashes(splits)[1]
        times = (
            seconds(lambda data=splits: check_splits(data, "pool")),
            seconds(lambda data=splits: read(data)),
            seconds(lambda data=splits: hashes(data)),
            seconds(lambda data=splits, of=digests: find_equal(data, of)),
        )
        print(f"{count:>10,} {'x'.join(map(str, shape)):>12} " + " ".join(f"{each:7.2f}" for each in times))


if __name__ == "__main__":
    main()

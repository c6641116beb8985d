"""Every query strategy on fixed pools: seconds, memory, growth, ratios to a counted floor and to installable peers.

    python benchmarks/perf/strategies.py                       # sizes 10,000 50,000 200,000; queries 100 and 1,000
    python benchmarks/perf/strategies.py --sizes 50000 --queries 100 --only badge coreset --peers

A pool is N x 512 embeddings of ten classes through a linear head, 1,000 more items labelled. Each case runs in a
process of its own after a small warm-up, on one thread, denormals flushed as in a trial.

- "floor": what no implementation can leave out, counted as bytes read and multiply-adds (``floor_cost``), at the rates
  measured in the same run.
- "MB": largest resident memory above what was resident when the query began; the input is apart.
- "growth": exponent between the smallest and the largest size; 1 is linear.
- "peer": the same rule by scikit-activeml or scikit-learn on the same pool (``--peers``; needs ``albench[test]``).
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

DIM, CLASSES, LABELED = 512, 10, 1000
WRAPPERS = {"balanced": "[of=entropy]", "stochastic": "[of=entropy]", "subsample": "[of=coreset,size=10000]"}

SCORES = {"entropy", "margin", "least-confidence", "galaxy", "falcun", "balanced", "stochastic"}
DROPOUT = {"bald", "mean-std", "variation-ratios", "power-bald", "batch-bald"}


def floor_cost(name: str, n: int, q: int) -> tuple[float, float]:
    """Bytes and floating-point operations that a query of q from n items cannot leave out.

    One read of the probabilities; or of the embeddings, and the products of each item with the vectors counted here.
    """
    if name in SCORES:
        return 4.0 * n * CLASSES, 0.0
    if name in DROPOUT:  # twenty samples: the embeddings masked and through the head each time
        return 20 * 4.0 * n * DIM, 20 * 2.0 * n * DIM * CLASSES
    if name == "subsample":
        n = 10_000
    against = {
        **dict.fromkeys(("coreset", "contrastive", "subsample"), LABELED),
        **dict.fromkeys(("badge", "bait"), q),
        **dict.fromkeys(("kmeans", "clue"), 2 * q),  # seeding, and one assignment
        "typiclust": min(LABELED + q, 500),
        "boostmis": q // 2 + 4 * CLASSES,  # neighbours of the chosen half alone, and the head's products
    }
    return 4.0 * n * DIM, 2.0 * n * DIM * against.get(name, 0)


def pool(n: int) -> Any:
    """A view of n items: classes, no negative entry, like the pooled features of a trained network."""
    import torch

    from albench.testing import make_view

    generator = torch.Generator().manual_seed(0)
    centers = 3 * torch.randn(CLASSES, DIM, generator=generator)
    label = torch.randint(CLASSES, (n + LABELED,), generator=generator)
    x = torch.randn(n + LABELED, DIM, generator=generator)
    for part, classes in zip(x.split(1024), label.split(1024), strict=True):
        part.add_(centers[classes]).relu_()
    weight = centers / (3 * DIM**0.5)
    return make_view(x[LABELED:], weight=weight, labeled_embeddings=x[:LABELED], labeled_y=label[:LABELED])


def ours(name: str, n: int, q: int) -> Callable[[], object]:
    """The query, ready to be timed; predictions are made already, as in a round."""
    from albench.plugins import registry

    strategy = registry().build("strategy", name + WRAPPERS.get(name, ""))
    view = pool(n)
    return lambda: strategy.select(view, q)


def peer(name: str, n: int, q: int) -> Callable[[], object]:
    """The same rule by another library."""
    import numpy as np

    view = pool(n)
    x, labeled = view.embeddings.numpy(), view.labeled_embeddings.numpy()
    probs = view.probs.double().numpy()
    both = np.concatenate([labeled, x])
    y = np.concatenate([view.labeled_y.numpy().astype(float), np.full(len(x), np.nan)])
    if name in ("entropy", "margin", "least-confidence"):
        from skactiveml.pool import uncertainty_scores

        method = {"entropy": "entropy", "margin": "margin_sampling", "least-confidence": "least_confident"}[name]
        return lambda: np.argsort(-uncertainty_scores(probs, method=method), kind="stable")[:q]
    if name == "kmeans":
        from sklearn.cluster import KMeans
        from sklearn.metrics import pairwise_distances_argmin

        def clusters() -> object:
            found = KMeans(q, n_init=1, random_state=0).fit(x)
            return pairwise_distances_argmin(found.cluster_centers_, x)

        return clusters
    from skactiveml import pool as activeml

    classes = {"coreset": "CoreSet", "typiclust": "TypiClust", "probcover": "ProbCover"}
    strategy = getattr(activeml, classes[name])(random_state=0)
    return lambda: strategy.query(both, y, batch_size=q)


PEERS = ("entropy", "margin", "least-confidence", "kmeans", "coreset", "typiclust", "probcover")


def resident(name: str) -> float:
    """A figure of /proc/self/status in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise KeyError(name)


def run_case(which: str, name: str, n: int, q: int) -> dict[str, float]:
    """Time one query in this process."""
    import torch

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    make = {"ours": ours, "peer": peer}[which]
    make(name, 2000, 20)()
    query = make(name, n, q)
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak of making the inputs
    before, started = resident("VmRSS"), time.perf_counter()
    query()
    return {"seconds": time.perf_counter() - started, "peak": resident("VmHWM") - before}


def measured(which: str, name: str, n: int, q: int, limit: float) -> dict[str, float] | None:
    """``run_case`` in a process of its own; None where it takes longer than the limit."""
    environment = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    command = [sys.executable, __file__, "--case", which, name, str(n), str(q)]
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, timeout=limit)
    except subprocess.TimeoutExpired:
        return None
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def rates() -> tuple[float, float]:
    """Bytes a second of one read, and floating-point operations a second of a product, on one thread."""
    import torch

    torch.set_num_threads(1)
    a, x = torch.ones(2048, 2048), torch.ones(64_000_000)
    product = reading = float("inf")
    for _ in range(4):
        start = time.perf_counter()
        a @ a
        product = min(product, time.perf_counter() - start)
        start = time.perf_counter()
        x.sum()
        reading = min(reading, time.perf_counter() - start)
    return 4 * 64e6 / reading, 2 * 2048**3 / product


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 50_000, 200_000])
    parser.add_argument("--queries", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--only", nargs="+", help="strategies; all by default")
    parser.add_argument("--peers", action="store_true", help="time the peers too, at 50,000 items")
    parser.add_argument("--limit", type=float, default=600, help="seconds after which a case is given up")
    parser.add_argument("--case", nargs=4, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.case:
        which, name, n, q = args.case
        print(json.dumps(run_case(which, name, int(n), int(q))))
        return
    from albench.plugins import registry

    reading, product = rates()
    print(f"{reading / 1e9:.0f} GB/s read, {product / 1e9:.0f} GFLOP/s, one thread; N x {DIM}, {LABELED} labelled\n")
    heads = [f"{n:,}" for n in args.sizes]
    print("| strategy | query | " + " | ".join(f"{h} s" for h in heads) + " | growth | MB | floor s | ratio | peer s |")
    print("|---|---:|" + "---:|" * (len(heads) + 5))
    for name in args.only or registry().names("strategy"):
        for q in args.queries:
            cases = [measured("ours", name, n, q, args.limit) for n in args.sizes]
            seconds = [case["seconds"] if case else None for case in cases]
            moved, operations = floor_cost(name, args.sizes[-1], q)
            floor = max(moved / reading, operations / product)
            first, last = seconds[0], seconds[-1]
            growth = ratio = peak = "-"
            if first and last:
                ratio, peak = f"{last / floor:.1f}", f"{max(case['peak'] for case in cases if case):.0f}"
                if len(seconds) > 1:
                    growth = f"{math.log(last / first) / math.log(args.sizes[-1] / args.sizes[0]):.2f}"
            other = "-"
            if args.peers and name in PEERS:
                found = measured("peer", name, 50_000, q, args.limit)
                other = f"{found['seconds']:.2f}" if found else f"> {args.limit:.0f}"
            shown = " | ".join("-" if s is None else f"{s:.3f}" for s in seconds)
            print(f"| `{name}` | {q} | {shown} | {growth} | {peak} | {floor:.4f} | {ratio} | {other} |", flush=True)


if __name__ == "__main__":
    main()

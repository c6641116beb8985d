"""Every query strategy on fixed pools: seconds, memory, growth, ratios to a counted floor and to installable peers.

    python benchmarks/perf/strategies.py                       # sizes 10,000 50,000 200,000; queries 100 and 1,000
    python benchmarks/perf/strategies.py --sizes 50000 --queries 100 --only badge coreset --peers

A pool is N x 512 embeddings of ten classes through a linear head, 1,000 more items labelled. Each case runs in a
process of its own after a small warm-up, on one thread, denormals flushed as in a trial.

- "x floor": the time at the largest size over what no implementation can leave out (``floor``), counted as bytes read,
  multiply-adds and elementary functions, at the rates measured in the same run.
- "MB": largest resident memory above what was resident when the query began; the input is apart.
- "growth": exponent between the smallest and the largest size; 1 is linear.
- "peer": the same rule by another library at 50,000 items (``--peers``, see peers.py; needs ``albench[test]``), and how
  many times faster ours is.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DIM, CLASSES, LABELED = 512, 10, 1000
PEER_SIZE = 50_000
WRAPPERS = {"balanced": "[of=entropy]", "stochastic": "[of=entropy]", "subsample": "[of=coreset,size=10000]"}

SCORES = {"entropy", "margin", "least-confidence", "galaxy", "falcun", "balanced", "stochastic"}
DROPOUT = {"bald", "mean-std", "variation-ratios", "power-bald", "batch-bald"}


@dataclass(frozen=True)
class Rates:
    """What one thread of this machine does in a second: bytes read, multiply-adds times two, logarithms."""

    read: float
    product: float
    logarithm: float


def floor(name: str, n: int, q: int, rates: Rates) -> float:
    """Seconds that a query of q from n items cannot leave out, at the machine's rates.

    One reading of the embeddings; the products of each item with as many vectors as are counted here; an elementary
    function (a logarithm) of each probability that decides. What an algorithm needs beyond that, e.g. the rounds of
    k-means after the first or the q steps of a greedy choice, is not counted.
    """
    if name == "random":
        return 0.0
    if name in SCORES:  # one pass over the probabilities
        return n * CLASSES / rates.logarithm
    if name in DROPOUT:  # twenty samples: the head's products, a softmax, and a term of each probability
        return 20 * n * (2.0 * DIM * CLASSES / rates.product + 2 * CLASSES / rates.logarithm)
    if name == "subsample":
        n = 10_000
    labeled = ("coreset", "contrastive", "subsample", "probcover", "information-density")
    vectors = {
        **dict.fromkeys(labeled, LABELED),
        "bait": CLASSES * q,
        **dict.fromkeys(("kmeans", "clue"), 2 * q),  # an assignment, and one after the centres have moved
        "typiclust": 2 * min(LABELED + q, 500),
        **dict.fromkeys(("max-herding", "uncertainty-herding"), min(n, 10_000)),
        "alfa-mix": CLASSES * CLASSES,  # an anchor of each class, mixed in and sent through the head
        "boostmis": q // 2 + 4 * CLASSES,  # neighbours of the chosen half alone, and the head four times
    }
    if name == "information-density":
        return 4.0 * n * DIM / rates.read + n * CLASSES / rates.logarithm
    return max(4.0 * n * DIM / rates.read, 2.0 * n * DIM * vectors.get(name, CLASSES) / rates.product)


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
    _ = view.probs
    return lambda: strategy.select(view, q)


def peer(name: str, n: int, q: int) -> Callable[[], object]:
    """The same rule by another library."""
    from peers import PEERS

    view = pool(n)
    _ = view.probs
    return PEERS[name][1](view, q)


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
    seconds, peak = time.perf_counter() - started, resident("VmHWM") - before
    for _ in range(4 if seconds < 0.05 else 0):  # pages that are touched for the first time weigh on the shortest
        started = time.perf_counter()
        query()
        seconds = min(seconds, time.perf_counter() - started)
    return {"seconds": seconds, "peak": peak}


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


def measured_rates() -> Rates:
    """The best of some tries, on one thread."""
    import torch

    torch.set_num_threads(1)
    a, x, p = torch.ones(2048, 2048), torch.ones(64_000_000), torch.ones(1_000_000)

    def seconds(work: Callable[[], object]) -> float:
        best = float("inf")
        for _ in range(5):
            start = time.perf_counter()
            work()
            best = min(best, time.perf_counter() - start)
        return best

    return Rates(4 * 64e6 / seconds(x.sum), 2 * 2048**3 / seconds(lambda: a @ a), 1e6 / seconds(p.log))


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
    from peers import PEERS

    from albench.plugins import registry

    rates = measured_rates()
    print(
        f"{rates.read / 1e9:.0f} GB/s read, {rates.product / 1e9:.0f} GFLOP/s, {rates.logarithm / 1e9:.1f} G "
        f"logarithms/s, one thread; N x {DIM}, {CLASSES} classes, {LABELED} labelled\n"
    )
    heads = [f"{n:,}" for n in args.sizes]
    print(
        "| strategy | query | " + " | ".join(f"{h} s" for h in heads) + " | growth | MB | x floor | peer s | faster |"
    )
    print("|---|---:|" + "---:|" * (len(heads) + 5))
    for name in args.only or registry().names("strategy"):
        for q in args.queries:
            cases = [measured("ours", name, n, q, args.limit) for n in args.sizes]
            known = [(n, case["seconds"], case["peak"]) for n, case in zip(args.sizes, cases, strict=True) if case]
            growth = ratio = peak = other = faster = "-"
            if known:
                n, seconds, _ = known[-1]
                lowest = floor(name, n, q, rates)
                ratio = f"{seconds / lowest:.1f}" if lowest else "-"
                peak = f"{max(peak for _, _, peak in known):.0f}"
            if len(known) > 1 and known[0][1] > 1e-3:
                growth = f"{math.log(known[-1][1] / known[0][1]) / math.log(known[-1][0] / known[0][0]):.2f}"
            if args.peers and name in PEERS and PEER_SIZE in args.sizes:
                found = measured("peer", name, PEER_SIZE, q, args.limit)
                least = found["seconds"] if found else args.limit
                mine = {n: seconds for n, seconds, _ in known}.get(PEER_SIZE)
                more = "" if found else "> "
                other = f"{more}{least:.3g}"
                faster = f"{more}{least / mine:.1f}" if mine else "-"
            shown = " | ".join(f"{case['seconds']:.3g}" if case else f"> {args.limit:g}" for case in cases)
            print(f"| `{name}` | {q} | {shown} | {growth} | {peak} | {ratio} | {other} | {faster} |", flush=True)


if __name__ == "__main__":
    main()

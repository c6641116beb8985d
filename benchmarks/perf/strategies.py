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
from collections.abc import Callable
from pathlib import Path

from floors import SPECS, floor, timed

from albench.bench.floors import QuerySizes
from albench.bench.queries import CLASSES, LABELED, pool, query, query_seconds
from albench.bench.rates import measured_rates
from albench.trial.numerics import numerics

DIM = 512
PEER_SIZE = 50_000


def peer(name: str, n: int, q: int) -> Callable[[], object]:
    """The same rule by another library."""
    from peers import PEERS

    view = pool(n, DIM)
    _ = view.probs
    return PEERS[name][1](view, q)


def resident(name: str, process: int | str = "self") -> float:
    """A figure of /proc/PROCESS/status in MB."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise KeyError(name)


def run_case(which: str, name: str, n: int, q: int) -> dict[str, float]:
    """Time one query in this process."""
    with numerics(1):
        make = {"ours": lambda name, n, q: query(SPECS.get(name, name), n, q, DIM), "peer": peer}[which]
        make(name, 2000, 20)()
        work = make(name, n, q)
        Path("/proc/self/clear_refs").write_text("5")  # forget the peak of making the inputs
        before = resident("VmRSS")
        seconds = query_seconds(work)
        return {"seconds": seconds, "peak": resident("VmHWM") - before}


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

    with numerics(1):
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
    for name in args.only or timed():
        for q in args.queries:
            cases = [measured("ours", name, n, q, args.limit) for n in args.sizes]
            known = [(n, case["seconds"], case["peak"]) for n, case in zip(args.sizes, cases, strict=True) if case]
            growth = ratio = peak = other = faster = "-"
            if known:
                n, seconds, _ = known[-1]
                lowest = floor(name, QuerySizes(n, q, DIM, CLASSES, LABELED), rates)
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

"""Every query strategy on four pools: seconds, memory, growth, ratios to a counted floor and to installable peers.

    python benchmarks/perf/strategies.py                       # sizes 10,000 50,000 200,000; queries 100 and 1,000
    python benchmarks/perf/strategies.py --sizes 50000 --queries 100 --only badge coreset --pools own tails --peers

A pool is N x 512 embeddings of ten classes through a linear head, 1,000 more items labelled (query_pools.py). Each case
runs in a process of its own after a small warm-up, on one thread, denormals flushed as in a trial. Seconds are
processor time of that thread: other work on the machine does not count.

- "x floor": the time at the largest size over what no implementation can leave out (``floor``), counted as bytes read,
  multiply-adds and elementary functions, at the rates measured in the same run.
- "MB": largest resident memory above what was resident when the query began; the input is apart.
- "growth": exponent between the smallest and the largest size; 1 is linear.
- "peer": the same rule by another library at 50,000 items (``--peers``, see peers.py; needs ``albench[test]``, and
  small-text for `discriminative`), and how many times faster ours is. Of `batch-bald` it is at 5,000 items.
- A name may have options, ``--only "discriminative[hidden=0]"``; `bald-stored` is `bald` on samples drawn before.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from floors import SPECS, floor, timed

from albench.bench.floors import QuerySizes
from albench.bench.queries import CLASSES, LABELED, SHORT
from albench.bench.rates import Rates, best_seconds, measured_rates, seconds
from albench.components.registry import registry
from albench.trial.numerics import numerics

DIM = 512
PEER_SIZE = 50_000
STORED = "-stored"
"""Ends the name of a strategy whose dropout samples are drawn before its query."""


def ours(name: str, view: Any, q: int) -> Callable[[], object]:
    """A query by albench."""
    strategy = registry().build("strategy", SPECS.get(name, name.removesuffix(STORED)))
    return lambda: strategy.select(view, q)


def peer(name: str, view: Any, q: int) -> Callable[[], object]:
    """The same rule by another library."""
    from peers import PEERS

    return PEERS[name][1](view, q)


def with_samples(view: Any, samples: int) -> None:
    """Let a view give dropout samples that are drawn now."""
    drawn = [*view.mc_probs(samples)]
    view.mc_probs = lambda *_: iter(drawn)


def processor_seconds(work: Callable[[], object]) -> float:
    """Processor time of some work on this thread; of short work the least of five."""

    first = seconds(work, clock=time.thread_time)
    return first if first >= SHORT else min(first, best_seconds(work, tries=3, clock=time.thread_time))


def resident(name: str, process: int | str = "self") -> float:
    """A figure of /proc/PROCESS/status in MB."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise KeyError(name)


def run_case(which: str, kind: str, name: str, n: int, q: int, limit: float) -> dict[str, float]:
    """Time one query of a kind of pool in this process, which ends with SIGXCPU once it takes longer than the limit."""
    from query_pools import POOLS

    def made(n: int, q: int) -> Callable[[], object]:
        view = POOLS[kind](n, DIM)
        _ = view.probs  # predictions are made already, as in a round
        if name.endswith(STORED):
            with_samples(view, 20)
        return {"ours": ours, "peer": peer}[which](name, view, q)

    with numerics(1):
        made(2000, 20)()
        work = made(n, q)
        Path("/proc/self/clear_refs").write_text("5")  # forget the peak of making the inputs
        before = resident("VmRSS")
        last = math.ceil(time.process_time() + limit)
        resource.setrlimit(resource.RLIMIT_CPU, (last, resource.getrlimit(resource.RLIMIT_CPU)[1]))
        spent = processor_seconds(work)
        return {"seconds": spent, "peak": resident("VmHWM") - before}


def measured(which: str, kind: str, name: str, n: int, q: int, limit: float) -> dict[str, float] | None:
    """``run_case`` in a process of its own; None where it takes longer than the limit."""
    environment = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    command = [sys.executable, __file__, "--limit", str(limit), "--case", which, kind, name, str(n), str(q)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if done.returncode == -signal.SIGXCPU:
        return None
    done.check_returncode()
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def row(kind: str, name: str, q: int, args: argparse.Namespace, rates: Rates) -> str:
    """A line of the table."""
    from peers import SIZES, peer_of

    cases = [measured("ours", kind, name, n, q, args.limit) for n in args.sizes]
    known = [(n, case["seconds"], case["peak"]) for n, case in zip(args.sizes, cases, strict=True) if case]
    growth = ratio = peak = other = faster = "-"
    if known:
        n, spent, _ = known[-1]
        lowest = floor(name, QuerySizes(n, q, DIM, CLASSES, LABELED), rates)
        ratio = f"{spent / lowest:.1f}" if lowest else "-"
        peak = f"{max(peak for _, _, peak in known):.0f}"
    if len(known) > 1 and known[0][1] > 1e-3:
        growth = f"{math.log(known[-1][1] / known[0][1]) / math.log(known[-1][0] / known[0][0]):.2f}"
    size = SIZES.get(name, PEER_SIZE)
    if args.peers and peer_of(name) and (size in args.sizes or name in SIZES):
        found = measured("peer", kind, name, size, q, args.limit)
        least = found["seconds"] if found else args.limit
        mine = {n: spent for n, spent, _ in known}.get(size)
        if mine is None and (case := measured("ours", kind, name, size, q, args.limit)):
            mine = case["seconds"]
        more = "" if found else "> "
        other = f"{more}{least:.3g}"
        faster = f"{more}{least / mine:.1f}" if mine else "-"
    shown = " | ".join(f"{case['seconds']:.3g}" if case else f"> {args.limit:g}" for case in cases)
    return f"| `{name}` | {kind} | {q} | {shown} | {growth} | {peak} | {ratio} | {other} | {faster} |"


def main() -> None:
    from query_pools import POOLS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 50_000, 200_000])
    parser.add_argument("--queries", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--pools", nargs="+", choices=[*POOLS], default=[*POOLS], help="all by default")
    parser.add_argument("--only", nargs="+", help="strategies; all by default")
    parser.add_argument("--peers", action="store_true", help="time the peers too, at 50,000 items")
    parser.add_argument("--limit", type=float, default=600, help="processor seconds after which a query is given up")
    parser.add_argument("--case", nargs=5, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.case:
        which, kind, name, n, q = args.case
        print(json.dumps(run_case(which, kind, name, int(n), int(q), args.limit)))
        return
    with numerics(1):
        rates = measured_rates(clock=time.thread_time)
    print(
        f"{rates.read / 1e9:.0f} GB/s read, {rates.product / 1e9:.0f} GFLOP/s, {rates.logarithm / 1e9:.1f} G "
        f"logarithms/s, one thread; N x {DIM}, {CLASSES} classes, {LABELED} labelled\n"
    )
    heads = [f"{n:,} s" for n in args.sizes]
    print(f"| strategy | pool | query | {' | '.join(heads)} | growth | MB | x floor | peer s | faster |")
    print("|---|---|---:|" + "---:|" * (len(heads) + 5))
    for name in args.only or timed():
        for kind in args.pools:
            for q in args.queries:
                print(row(kind, name, q, args, rates), flush=True)


if __name__ == "__main__":
    main()

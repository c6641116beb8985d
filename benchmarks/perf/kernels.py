"""Kernels and host waits of every strategy's query on the pretended CUDA device: python benchmarks/perf/kernels.py

No GPU is needed, and none is measured: kernels are operations that launch at least one, waits are where the host cannot
go on without the device. Queries are of made-up pools, their predictions made before.
"""

from __future__ import annotations

import argparse

import torch

from albench.bench.queries import pool
from albench.components.registry import registry
from albench.testing.pretended import Account, pretended_cuda
from albench.trial.numerics import numerics

SPECS = {
    "balanced": "balanced[of=entropy]",
    "stochastic": "stochastic[of=entropy]",
    "subsample": "subsample[of=coreset,size=10000]",
    "sharded": "sharded[of=coreset,shards=8]",
}
"""Strategies that take another."""


def asked(spec: str, n: int, q: int, size: int) -> Account:
    """What a query of ``q`` among ``n`` items asks of the device."""
    strategy = registry().build("strategy", spec)
    with numerics(1), pretended_cuda() as account:
        view = pool(n, size, "cuda:0")
        _ = view.probs, view.labeled_probs
        account.clear()
        strategy.select(view, q)
        return account


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = [c.name for c in registry().components("strategy") if not c.family.startswith(("bridge", "oracle"))]
    parser.add_argument("strategies", nargs="*", metavar="STRATEGY", help="by default all")
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--query", type=int, default=100)
    parser.add_argument("--size", type=int, default=64, help="numbers in an embedding")
    given = parser.parse_args()
    torch.set_num_threads(1)
    print("| strategy | kernels | waits | MB up | MB down |\n|---|---:|---:|---:|---:|")
    for name in given.strategies or known:
        account = asked(SPECS.get(name, name), given.items, given.query, given.size)
        up, down = (account.bytes[way] / 1e6 for way in ("up", "down"))
        print(
            f"| `{name}` | {account.count('kernels'):,} | {account.count('waits'):,} | {up:.2f} | {down:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()

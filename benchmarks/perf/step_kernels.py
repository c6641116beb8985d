"""Kernels of one more training step on the pretended CUDA device: python benchmarks/perf/step_kernels.py [METHOD ...]

No GPU is needed, and none is measured: kernels are operations that launch at least one. A round of twelve steps less
one of two, by ten, so that what is asked once for many steps (views, the noise) or once a round is left out. ``mlp`` on
16 features, outside of CUDA graphs; with ``--graphs`` what the host launches for a step by a graph,
its batch aside, and what the graph launches.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections import Counter

from albench.bench import steps
from albench.bench.measured import TimedCase
from albench.suite.protocol import Protocol
from albench.testing.pretended import pretended_cuda
from albench.training.graphs import Graphed
from albench.training.lanes import Stack
from albench.training.learner import Learner
from albench.trial.numerics import numerics

FEW, MANY = 2, 12
PLAIN = 8
"""A step by the graph that is not made again without it."""


def kernels(method: str, precision: str, count: int) -> Counter[str]:
    """Operation -> how often a round of so many steps launches it."""
    with numerics(1), pretended_cuda() as account:
        (run,) = steps.begun(TimedCase("mlp", (16,), 6, 200, method=method), "cuda:0", 1, count, 8)
        protocol = dataclasses.replace(run.network.protocol, precision=precision)
        learner = Learner(run.network.model, run.network.method, run.parts.splits.task, protocol, run.network.device)
        learner.start_round(run.facts(0, 0))
        account.clear()
        for number, batch in enumerate(run.batches(0)):
            learner.step(number, [batch])
        return account.kernels.copy()


def by_graph(method: str, count: int = 1) -> tuple[int, int]:
    """Launches of one step, of so many seeds together, by a graph; and kernels in the graph."""
    with numerics(1), pretended_cuda() as account:
        runs = steps.begun(TimedCase("mlp", (16,), 6, 200, method=method), "cuda:0", count, MANY, 8)
        trainee = Graphed(Stack([run.network for run in runs]) if count > 1 else runs[0].network, sys.exit)
        for number, batches in enumerate(zip(*(run.batches(0) for run in runs), strict=True)):
            before = account.kernels.total()
            trainee.step(number, batches)
            if number == PLAIN:
                return account.kernels.total() - before, account.captured.total()
    raise ValueError(f"no step {PLAIN}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("methods", nargs="*", metavar="METHOD", default=["supervised", "fixmatch"])
    parser.add_argument("--each", action="store_true", help="how many of each operation")
    parser.add_argument("--graphs", action="store_true", help="by CUDA graphs, alone and as two lanes")
    given = parser.parse_args()
    if given.graphs:
        print("| method | launches | in the graph | two lanes | in the graph |\n|---|---:|---:|---:|---:|")
        for method in given.methods:
            print(
                f"| `{method}` | {' | '.join(str(n) for count in (1, 2) for n in by_graph(method, count))} |",
                flush=True,
            )
        return
    print("| method | bf16 | fp32 |\n|---|---:|---:|")
    for method in given.methods:
        found = {}
        for precision in Protocol.precision, "fp32":
            few, many = (kernels(method, precision, count) for count in (FEW, MANY))
            many.subtract(few)
            found[precision] = Counter({name: number / (MANY - FEW) for name, number in many.items() if number})
        print(f"| `{method}` | " + " | ".join(f"{one.total():g}" for one in found.values()) + " |", flush=True)
        for precision, one in found.items() if given.each else ():
            print(f"  {precision}: " + ", ".join(f"{number:g} {name}" for name, number in one.most_common()))


if __name__ == "__main__":
    main()

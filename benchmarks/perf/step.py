"""Whole training step against the bare one on the same tensors: python benchmarks/perf/step.py [CASE ...]

The whole step gathers the batch, augments it, calls the method, steps the optimizer and averages the weights. The bare
step is FixMatch written by hand: forward, backward and the same optimizer on tensors made before. Blocks of both are
timed alternately and the smallest of each is kept, so that other load on the machine hits both.
"""

from __future__ import annotations

import argparse

from albench.bench.measured import STEPS, TimedCase
from albench.bench.steps import whole_and_bare
from albench.trial.numerics import numerics

CASES = {**STEPS, "wrn": TimedCase("wrn", (1, 64, 64), 6, 512, steps=1, goal=1.20)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}; those of albench bench by default"
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--blocks", type=int, default=12)
    arguments = parser.parse_args()
    print(f"{'case':6}{'whole ms':>10}{'bare ms':>10}{'ratio':>8}{'goal':>8}")
    with numerics(1):
        for name in arguments.cases or STEPS:
            whole, bare = whole_and_bare(CASES[name], arguments.device, arguments.blocks)
            print(f"{name:6}{whole * 1e3:10.2f}{bare * 1e3:10.2f}{whole / bare:8.3f}{CASES[name].goal:8.2f}")


if __name__ == "__main__":
    main()

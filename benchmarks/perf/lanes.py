"""Several seeds in one step against the same seeds one by one: python benchmarks/perf/lanes.py [CASE ...] [--lanes 8]

Whole steps: gathering, augmentation, the method's loss, the optimizer and the moving average. Blocks of both are timed
alternately in one process on one thread, and the smallest of each is kept. The last columns are the cost of all lanes
in units of a single run's, and the seconds of a trial of 6 rounds x 300 steps that this makes, queries aside.
"""

from __future__ import annotations

import argparse

import torch

from albench.bench.measured import LANES, TimedCase
from albench.bench.steps import lane_seconds
from albench.trial.numerics import numerics

TRIAL_STEPS = 6 * 300
CASES = {
    "mlp, 2,048 features": TimedCase("mlp", (2048,), 6, 5207),
    "mlp[hidden=16], 2,048 features": TimedCase("mlp[hidden=16]", (2048,), 6, 5207),
    "mlp[depth=0], 2,048 features": TimedCase("mlp[depth=0]", (2048,), 6, 5207),
    **LANES,
    **{
        f"{method}, mlp[hidden=64], {width} features": TimedCase("mlp[hidden=64]", (width,), 6, 5207, method=method)
        for method in ("supervised", "boostmis", "pseudo-label", "freematch", "vat")
        for width in (256, 64)
    },
    "cnn, 28 x 28": TimedCase("cnn", (1, 28, 28), 6, 3882),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help="part of a case's name; all by default")
    parser.add_argument("--lanes", type=int, default=0, help="8 on a CPU, 32 on CUDA")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--blocks", type=int, default=8)
    arguments = parser.parse_args()
    lanes = arguments.lanes or (32 if arguments.device.startswith("cuda") else 8)
    where = torch.cuda.get_device_name() if arguments.device.startswith("cuda") else "one CPU thread"
    print(f"{lanes} seeds of FixMatch if not said otherwise, 64 labelled + 128 unlabelled items a step, {where}\n")
    chosen = [name for name in CASES if not arguments.cases or any(part in name for part in arguments.cases)]
    print("| case | one seed | one by one | together | to one by one | to one seed | s a trial |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    with numerics(1):
        for name in chosen:
            one, each, all_ = lane_seconds(CASES[name], lanes, arguments.device, arguments.blocks)
            milliseconds = " | ".join(f"{1000 * value:.1f} ms" for value in (one, each, all_))
            amortised = all_ / lanes * TRIAL_STEPS
            print(f"| `{name}` | {milliseconds} | {all_ / each:.2f} | {all_ / one:.1f} | {amortised:.2f} |")


if __name__ == "__main__":
    main()

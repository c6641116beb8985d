"""Kills suites at random moments and compares what is there in the end: python benchmarks/faults/kills.py [--kills 100]

Real ``python -m albench run`` with each executor, and with lanes: all of its processes are killed with SIGKILL, or one
worker alone, and the same command is typed again until the suite is complete; then the next suite follows. Printed are
kills, restarts, suites and records compared; exits with 1 where a record is missing, there twice or not the same as in
the suite that nothing disturbed, or where anything is left behind.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
import tempfile
import time
from pathlib import Path

import forks
import harness

FORKED = ("local, forked", "slow writes")
"""Without the seconds that a real command takes to start: many kills in a short time."""
CASES = {
    "local": ("local", "off"),
    "local, lanes": ("local", "auto"),
    "processes": ("processes[workers=2]", "off"),
    "processes, lanes": ("processes[workers=2]", "2"),
    "ray": ("ray", "off"),
    "local, forked": ("local", "off"),
    "slow writes": ("local", "off"),
}
WORKERS = 0.4
"""Share of the kills that hit one worker alone, where there are workers."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--kills", type=int, default=100, help="kills in all, in equal shares")
    parser.add_argument("--seed", type=int, default=0, help="of the random moments")
    parser.add_argument("--case", choices=CASES, action="append", help="only this one; may be repeated")
    arguments = parser.parse_args()
    cases = arguments.case or [case for case in CASES if case not in FORKED]
    print(f"{'':18}kills  of workers  restarts  suites  records  differences")
    n_differences = 0
    with tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate(cases):
            share = arguments.kills * (number + 1) // len(cases) - arguments.kills * number // len(cases)
            tally = torment(case, Path(folder), share, random.Random(f"{arguments.seed} {case}"))
            n_differences += len(tally.differences)
            restarts = tally.runs - tally.suites
            print(
                f"{case:18}{tally.kills:5}{tally.worker_kills:12}{restarts:10}{tally.suites:8}{tally.records:9}"
                f"{len(tally.differences):13}",
                flush=True,
            )
            for line in tally.differences:
                print(f"  {line}")
    return 1 if n_differences else 0


def torment(case: str, folder: Path, kills: int, rng: random.Random) -> harness.Tally:
    """So many kills of one kind of run."""
    executor, lanes = CASES[case]
    name = "-".join(case.replace(",", "").split())
    options = harness.small_suite("--executor", executor, "--lanes", lanes, steps=40)
    if case == "slow writes":
        options = harness.small_suite("--executor", executor, "--plugin", str(harness.SLOW_DISK), rounds=3, steps=2)
    workers = 0.0 if executor == "local" else WORKERS
    with forks.nursery() if case in FORKED else contextlib.nullcontext() as nursery:
        whole = harness.reference(options, folder / f"{name}-whole", nursery)
        return harness.torment(
            options, folder / name, whole, kills=kills, rng=rng, worker_share=workers, nursery=nursery
        )


if __name__ == "__main__":
    started = time.monotonic()
    code = main()
    print(f"{time.monotonic() - started:.0f} s")
    sys.exit(code)

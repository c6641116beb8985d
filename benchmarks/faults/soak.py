"""Many trials in one process: does memory grow, do files stay open, do trials get slower?

    python benchmarks/faults/soak.py              # 20 passes of 15 trials; about 6 minutes
    python benchmarks/faults/soak.py --passes 60

A pass is one ``albench.run`` of 3 methods x 5 strategies with a seed of its own, on scikit-learn's digits, in this
process. After each pass resident memory (collected and trimmed), open files, threads and the seconds of its trials are
noted. Printed is the slope of each over the passes after the first three, per trial, with its 95 % interval. The exit
code is 1 where open files or threads grew, or where the interval of memory or time lies above 0 and the growth
over 300 trials is more than 2 % of the mean.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from scipy import stats

import albench

METHODS = ["supervised", "fixmatch", "boostmis"]
STRATEGIES = ["random", "entropy", "coreset", "badge", "boostmis"]
TRIALS = len(METHODS) * len(STRATEGIES)
SETTINGS = {"initial": 50, "query_size": 20, "rounds": 3, "steps": 20, "evaluations": 2}
WARM_UP = 3
HORIZON = 300
TOLERATED = 0.02


def resident_mib() -> float:
    """Resident memory once what is free has been given back."""
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def one_pass(number: int, out: str) -> tuple[float, float, float, float]:
    """Memory in MiB, open files, threads, and seconds of one pass's trials."""
    started = time.process_time()
    albench.run(
        dataset="digits",
        method=METHODS,
        strategy=STRATEGIES,
        seeds=[number],
        out=out,
        name=f"pass-{number}",  # what an ever larger folder costs to read is no cost of a trial
        executor="local",
        **SETTINGS,
    )
    seconds = time.process_time() - started
    return resident_mib(), len(list(Path("/proc/self/fd").iterdir())), threading.active_count(), seconds


def slope(values: np.ndarray) -> tuple[float, float]:
    """Growth a trial and the half width of its 95 % interval."""
    found = stats.linregress(np.arange(len(values)) * TRIALS, values)
    half = found.stderr * stats.t.ppf(0.975, len(values) - 2)
    return float(found.slope), float(np.nan_to_num(half))  # of a constant it is no number


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passes", type=int, default=20)
    passes = max(WARM_UP + 3, parser.parse_args().passes)
    with tempfile.TemporaryDirectory() as out:
        rows = np.array([one_pass(number, out) for number in range(passes)])[WARM_UP:]
    print(f"{passes * TRIALS} trials in one process; slopes over the last {len(rows) * TRIALS}, with 95 % intervals\n")
    print("| | first | last | slope a trial |\n|---|---:|---:|---:|")
    grew = []
    names = ("resident memory, MiB", "open files", "threads", f"processor seconds of {TRIALS} trials")
    for name, values in zip(names, rows.T, strict=True):
        growth, half = slope(values)
        print(f"| {name} | {values[0]:.4g} | {values[-1]:.4g} | {growth:+.2g} ± {half:.1g} |")
        counted = name in ("open files", "threads")
        if (counted and values[-1] > values[0]) or (
            not counted and growth > half and growth * HORIZON > TOLERATED * values.mean()
        ):
            grew.append(name)
    print(f"\n{'grew: ' + ', '.join(grew) if grew else 'nothing grows'}")
    sys.exit(1 if grew else 0)


if __name__ == "__main__":
    main()

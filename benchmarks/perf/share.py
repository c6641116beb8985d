"""What sharing first rounds saves: python benchmarks/perf/share.py

Five strategies x two seeds of FixMatch on the stand-in for MESCC, four rounds of 100 steps, in one process: with the
first round trained for each strategy, and trained for each seed, by turns, twice. Counted, sharing leaves 32 of 40
rounds of training; printed are the smaller processor seconds of the whole run, and whether the records are the same.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import albench
from albench.results.records import read_trial, trial_folders, without_measured

STRATEGIES = ["random", "entropy", "coreset", "badge", "boostmis"]
SETTINGS = {"initial": 100, "query_size": 50, "rounds": 4, "steps": 100, "evaluations": 2}


def run(share: bool, folder: Path) -> tuple[float, dict[str, Any]]:
    """Processor seconds, and the records without what they measured."""
    started = time.process_time()
    results = albench.run(
        dataset="mescc-sim",
        method="fixmatch",
        strategy=STRATEGIES,
        seeds=2,
        share=share,
        out=folder,
        executor="local",
        **SETTINGS,
    )
    seconds = time.process_time() - started
    records = {
        trial.name: [without_measured(record) for record in read_trial(trial).records]
        for trial in trial_folders(results.folders[0])
    }
    return seconds, records


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        run(True, Path(folder, "warm-up"))
        apart = shared = float("inf")
        for turn in range(2):
            seconds, records_apart = run(False, Path(folder, f"apart-{turn}"))
            apart = min(apart, seconds)
            seconds, records_shared = run(True, Path(folder, f"shared-{turn}"))
            shared = min(shared, seconds)
    print("| | processor seconds |\n|---|---:|")
    print(f"| each strategy trains its first round | {apart:.1f} |")
    print(f"| each seed trains it once | {shared:.1f} |")
    same = "the same" if records_apart == records_shared else "NOT the same"
    print(f"\nratio {shared / apart:.2f}; the records are {same}")


if __name__ == "__main__":
    main()

"""Do seeds that share their steps end as they do alone? python benchmarks/lanes_and_solo.py [--seeds 64]

Each case is run twice under the same seeds, one by one and in lanes of eight. Printed are the share of seeds whose
weights are the very same after every round, the mean of the final metric both ways, and the p-value of the two-sample
Kolmogorov-Smirnov test on the final metric: lanes round differently where an operation has another form for several
lanes (convolutions), and what matters is that the distribution stays. Ends with an error where it does not (p < 0.01).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

from scipy.stats import ks_2samp

import albench
from albench.results.records import read_trial, trial_folders

CASES = {
    "mlp on mescc-sim": {"dataset": "mescc-sim", "backbone": "mlp[hidden=16]", "method": "boostmis"},
    "cnn on digits": {"dataset": "digits", "backbone": "cnn[width=8]", "method": "fixmatch"},
}


def final(case: dict[str, Any], lanes: str, seeds: int, folder: Path) -> tuple[list[float], list[list[str]]]:
    """The final test macro F1 of each seed, and the hashes of its weights."""
    settings = {"initial": 50, "query_size": 50, "rounds": 2, "steps": 60, "evaluations": 2}
    with patch(
        "albench.execution.grouping.pays_on_cpu", return_value=True
    ):  # whether it is faster is not the question here
        results = albench.run(**case, strategy="random", seeds=seeds, lanes=lanes, out=folder, **settings)
    found = {}
    for trial in trial_folders(results.folders[0]):
        files = read_trial(trial)
        hashes = [record["training"]["weights"] for record in files.records]
        found[files.facts["seed"]] = (files.records[-1]["test"]["macro_f1"], hashes)
    ordered = [found[seed] for seed in sorted(found)]
    return [value for value, _ in ordered], [hashes for _, hashes in ordered]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=64)
    seeds = parser.parse_args().seeds
    print("| case | seeds | same weights | alone | in lanes | p |\n|---|---:|---:|---:|---:|---:|")
    worst = 1.0
    for name, case in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            alone, weights_alone = final(case, "off", seeds, Path(folder, "alone"))
            lanes, weights_lanes = final(case, "8", seeds, Path(folder, "lanes"))
        same = sum(a == b for a, b in zip(weights_alone, weights_lanes, strict=True)) / seeds
        p = float(ks_2samp(alone, lanes).pvalue)
        worst = min(worst, p)
        means = " | ".join(f"{sum(values) / seeds:.4f}" for values in (alone, lanes))
        print(f"| {name} | {seeds} | {100 * same:.0f} % | {means} | {p:.2f} |", flush=True)
    return int(worst < 0.01)


if __name__ == "__main__":
    sys.exit(main())

"""How often a difference of macro F1 is told apart: python benchmarks/calibration_power.py [--runs N] [--seed N]

One row beside ``random``, better by 0.02 after the first labels, under the spread of real curves (``simulated.py``).
The weights of a round are its last ones, or those that do best on validation labels that are drawn by the seed: 50, or
as many as training labels (``1x``). Used by ``calibration.py``.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from simulated import LABELS, MEASURED, chosen, trials

from albench.compare.pairs import p_values
from albench.compare.statistics import ALPHA, area

DIFFERENCE = 0.02
SEEDS = (5, 10, 20, 50)
VALIDATION = {"none": None, "50": np.full_like(LABELS, 50), "1x": LABELS}


def power_table(runs: int, seed: int) -> pd.DataFrame:
    """Deviation of the difference of AUBC over seeds, and the share of runs that tell it."""
    rows = []
    for validation, paid in VALIDATION.items():
        gaps = np.concatenate([differences(np.random.default_rng([seed, at]), paid) for at in range(runs)], axis=1)
        for dataset, of in zip(MEASURED, gaps, strict=True):
            told = {n: p_values(of[:, :n], np.zeros((runs, n)))[0] < ALPHA for n in SEEDS}
            shares = {f"{n} seeds": f"{100 * found.mean():.1f} %" for n, found in told.items()}
            rows.append({"data": dataset, "validation": validation, "deviation": f"{of.std(ddof=1):.3f}", **shares})
    return pd.DataFrame(rows).sort_values("data", kind="stable")


def differences(rng: np.random.Generator, paid: np.ndarray | None) -> np.ndarray:
    """(D, 1, S) differences of AUBC of one run with the largest number of seeds."""
    levels = trials(rng, "normal", len(MEASURED), 2, max(SEEDS))
    levels[:, 1, :, 1:] += DIFFERENCE
    areas = area(chosen(rng, levels, paid), LABELS)
    return areas[:, 1:] - areas[:, :1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print(power_table(arguments.runs, arguments.seed).to_string(index=False))


if __name__ == "__main__":
    main()

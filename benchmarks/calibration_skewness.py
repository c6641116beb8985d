"""What Hall's test beside the first mends, and costs: python benchmarks/calibration_skewness.py [--runs N] [--seed N]

Rows of the same mean as a baseline that never varies: their scores are exponential, or fail now and then by three
standard units of a noise of 0.3. First the runs that add seeds, up to 50: how many claim a difference at some look, by
the number of such rows, with the test that ``auto`` chooses alone and as it is. Then five rows at a fixed number of
seeds, where Hall's test is not asked: what it would mend there, and what becomes of a normal difference of one standard
deviation, alone and beside four that are none.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
import pandas as pd

from albench.compare.looks import FIRST, MOST, as_many, planned
from albench.compare.pairs import p_values
from albench.compare.statistics import ALPHA

Rng = np.random.Generator
ROWS = (1, 4, 10)
SEEDS = (5, 10, 20)
FAMILY = 5
NOISE = 0.3


def failing(one_in: int) -> Callable[[Rng, tuple[int, int]], np.ndarray]:
    """Scores that fall by 3 in one seed of so many, less their mean."""
    return lambda rng, shape: 3 / one_in - 3.0 * (rng.random(shape) * one_in < 1) + NOISE * rng.standard_normal(shape)


SHAPES: dict[str, Callable[[Rng, tuple[int, int]], np.ndarray]] = {
    "exponential": lambda rng, shape: rng.exponential(1, shape) - 1,
    "fails in one seed of five": failing(5),
    "fails in one seed of ten": failing(10),
    "normal": lambda rng, shape: rng.standard_normal(shape),
}


def told(gaps: np.ndarray, n_rows: int, share: float, skewed: bool) -> np.ndarray:
    """(K,) which of K rows' differences (K, S) would be told as the first of so many."""
    p, _ = p_values(gaps, np.zeros_like(gaps), "auto", as_many(n_rows, share), skewed)
    return p < ALPHA * share / n_rows


def any_of(rate: float, n_rows: int) -> str:
    """The share of families with a claim: rows against a baseline that never varies are independent."""
    return f"{100 * (1 - (1 - rate) ** n_rows):.1f} %"


def at_looks(runs: int, seed: int) -> pd.DataFrame:
    """False claims at any look."""
    looks, rows = planned(FIRST, MOST), []
    for shape, draw in SHAPES.items():
        gaps = draw(np.random.default_rng([seed, *map(ord, shape)]), (runs, MOST))
        for n_rows in ROWS:
            found = {
                skewed: np.any(
                    [told(gaps[:, :n], n_rows, s, skewed) for n, s in zip(looks.at, looks.shares, strict=True)], axis=0
                )
                for skewed in (False, True)
            }
            shares = {name: any_of(found[on].mean(), n_rows) for name, on in (("alone", False), ("with Hall's", True))}
            rows.append({"scores": shape, "rows": n_rows, **shares})
    return pd.DataFrame(rows)


def at_fixed(runs: int, seed: int) -> pd.DataFrame:
    """False claims among five differences, and the power for one standard deviation."""
    rows = []
    for n in SEEDS:
        rng = np.random.default_rng([seed, n])
        row: dict[str, object] = {"seeds": n}
        drawn = {shape: draw(rng, (runs, n)) for shape, draw in SHAPES.items()}
        for skewed in (False, True):
            name = "with Hall's" if skewed else "alone"
            row |= {f"{of}, {name}": any_of(told(x, FAMILY, 1.0, skewed).mean(), FAMILY) for of, x in drawn.items()}
            for n_rows in (1, FAMILY):
                found = told(drawn["normal"] + 1, n_rows, 1.0, skewed).mean()
                row[f"power of {n_rows}, {name}"] = f"{100 * found:.1f} %"
        rows.append(row)
    return pd.DataFrame(rows).set_index("seeds").T.reset_index(names="what")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=4000, help="rows of each shape")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    for make in (at_looks, at_fixed):
        print(make(arguments.runs, arguments.seed).to_string(index=False))


if __name__ == "__main__":
    main()

"""Runs whose seeds are added until it is sure: what they claim falsely at any of their looks, and how far they go.

A run adds seeds as ``albench run --until-sure`` does: looks at 5, 10, 15, 20, 30 and 50 seeds, each with its share of
the 5 % (``albench.compare.looks``), tests and intervals as ``albench compare`` makes them. Scores of a row have a
standard deviation of one. Used by ``calibration.py``; by itself: python benchmarks/calibration_looks.py [--runs N]

- *told apart*: rows that do not differ, of which one is told from the baseline at some look; *without correction*: the
  same where each look has all of the 5 %, and a run ends at its first finding.
- *below*: all rows differ from the baseline by as much as matters, and one is shown to differ by less.
  ``unequal`` are scores of the skewed shape against a baseline that never varies and has the same mean.
- *first*: rows that do not differ, of which the first is told from all others.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from simulated import NOISE

from albench.compare.looks import FIRST, MOST, planned
from albench.compare.overall import beaten
from albench.compare.question import Question
from albench.compare.significance import Tested, corrected
from albench.compare.statistics import ALPHA
from albench.compare.until import is_below

ROWS = (1, 4)
"""Rows beside the baseline."""
MATTERS = 1.0
"""The smallest difference that matters, in standard deviations of a score."""
DIFFERENCES = (0.0, 0.5, 1.0, 2.0, 8.0)
LOOKS = planned(FIRST, MOST)
Shape = Callable[[np.ndarray], np.ndarray]


def tested(scores: np.ndarray, n: int, share: float) -> Tested:
    """The differences of rows (K + 1, S) from the first over the first n seeds, at a share of the 5 %."""
    own, base = scores[1:, :n], np.broadcast_to(scores[:1, :n], (len(scores) - 1, n))
    return corrected([(own, base, np.ones(len(own), dtype=bool), np.full(len(own), n))], "auto", share)[0]


def shown(found: Tested, at: int, share: float, least: float = MATTERS) -> bool:
    """Whether a difference is decided."""
    level = ALPHA * share / found.family
    return bool(found.told[at]) or is_below(found.low[at], found.high[at], int(found.n[at]), least, level)


def claims_at_looks(runs: int, seed: int) -> pd.DataFrame:
    """One line a run: the false claims of each kind that it makes at any look."""
    lines = []
    for noise, shape in {**NOISE, "unequal": NOISE["skewed"]}.items():
        for n_rows in ROWS:
            rng = np.random.default_rng([seed, *map(ord, noise), n_rows])
            for _ in range(runs):
                scores = shape(rng.standard_normal((n_rows + 1, MOST)))
                scores[0] *= noise != "unequal"
                lines.append({"noise": noise, "rows": n_rows, **_false_claims(scores)})
    return pd.DataFrame(lines)


def _false_claims(scores: np.ndarray) -> dict[str, bool]:
    """What one run claims of rows that do not differ, and of the same rows where each differs by as much as matters."""
    kinds = dict.fromkeys(("told apart", "without correction", "below", "first"), False)
    moved = scores + MATTERS * (np.arange(len(scores)) > 0)[:, None]
    for n, share in zip(LOOKS.at, LOOKS.shares, strict=True):
        kinds["told apart"] |= bool(tested(scores, n, share).told.any())
        kinds["without correction"] |= bool(tested(scores, n, 1.0).told.any())
        found = tested(moved, n, share)
        kinds["below"] |= any(shown(found, at, share) for at in np.flatnonzero(~found.told))
        beats = beaten([scores[:, :n]], Question().at_share(share))[0]
        kinds["first"] |= bool((beats.sum(axis=1) == len(scores) - 1).any())
    return kinds


def seeds_taken(runs: int, seed: int) -> pd.DataFrame:
    """One line a run with normal noise: at how many seeds it ends, and whether decided; one row differs by so much."""
    lines = []
    for n_rows in ROWS:
        for by in DIFFERENCES:
            rng = np.random.default_rng([seed, n_rows, int(10 * by)])
            for _ in range(runs):
                scores = rng.standard_normal((n_rows + 1, MOST))
                scores[1] += by
                lines.append({"difference": by, "rows": n_rows, **_ends(scores)})
    return pd.DataFrame(lines)


def _ends(scores: np.ndarray) -> dict[str, float | bool]:
    told = False
    for n, share in zip(LOOKS.at, LOOKS.shares, strict=True):
        found = tested(scores, n, share)
        told = bool(found.told[0])
        if all(shown(found, at, share) for at in range(found.family)):
            return {"seeds": n, "decided": True, "told": told}
    return {"seeds": MOST, "decided": False, "told": told}


def exponents(runs: int, seed: int) -> pd.DataFrame:
    """What other ways to spend the 5 % find of one row, whose differences have a standard deviation of one.

    ``fixed`` is a single look at the largest number of seeds. All have the same draws.
    """
    shares = {"fixed": np.array([0.0] * (len(LOOKS.at) - 1) + [1.0])}
    shares |= {f"t ** {e}": np.diff(np.array([0, *LOOKS.at]) ** e) / MOST**e for e in (1.0, 1.5, 2.0)}
    lines = []
    for by in (0.5, 1.0, 5.0):
        gaps = np.random.default_rng([seed, int(10 * by)]).standard_normal((runs, MOST)) + by
        for gap in gaps:
            for name, each in shares.items():
                ends = (
                    n
                    for n, s in zip(LOOKS.at, each, strict=True)
                    if s and tested(np.stack([0 * gap, gap]), n, s).told[0]
                )
                end = next(ends, None)
                lines.append({"difference": by, "rows": name, "seeds": end or MOST, "told": end is not None})
    return pd.DataFrame(lines)


def looks_table(found: pd.DataFrame) -> pd.DataFrame:
    """Shares in per cent and mean seeds, by what was drawn."""
    by = ["noise", "rows"] if "noise" in found else ["difference", "rows"]
    means = found.groupby(by, sort=False).mean().reset_index()
    for name in means.columns.drop(by):
        form = "{:.1f}" if name == "seeds" else "{:.1f} %"
        means[name] = [form.format(value * (1 if name == "seeds" else 100)) for value in means[name]]
    return means


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200, help="of each noise and number of rows")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    started = time.perf_counter()
    for make, runs in (
        (claims_at_looks, arguments.runs),
        (seeds_taken, arguments.runs // 2),
        (exponents, arguments.runs),
    ):
        found = make(runs, arguments.seed)
        print(looks_table(found).to_string(index=False), f"{time.perf_counter() - started:.0f} s", sep="\n")


if __name__ == "__main__":
    main()

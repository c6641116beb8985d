"""False claims over budgets: python benchmarks/budget_claims.py [--pages N] [--seed N]

Each page is three budgets of one data set, random and three strategies, five or ten seeds, with the spread of real
curves (``simulated.py``). Counted is what the table over budgets claims: a row told from what leads, a winner that
changes or is the same at each. Ends with exit code 1 where a rate of false claims is above 5 % by more than chance
(binomial, p < 0.0001).
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
import pandas as pd
from scipy import stats
from simulated import LABELS, MEASURED, NOISE, trials

from albench.compare import compare

STRATEGIES = ("random", "a", "b", "c")
BUDGETS = (1, 2, 4)
"""Times as many labels."""
SEEDS = (5, 10)
AHEAD = 2.0
"""Standard deviations by which a row is ahead, where one is."""
LIFTS = {
    "nothing differs": [(), (), ()],
    "a and b are ahead, and alike": [("a", "b")] * 3,
    "a is ahead": [("a",)] * 3,
    "a is ahead with few labels, b with many": [("a",), (), ("b",)],
}
"""Design -> which rows are ahead at each budget."""


def page(lifts: list[tuple[str, ...]], n_seeds: int, noise: str, rng: np.random.Generator) -> dict[str, bool]:
    """What the table over budgets claims of one page."""
    own = np.array(list(MEASURED.values()))[: len(BUDGETS), 2]
    curves = trials(rng, noise, len(BUDGETS), len(STRATEGIES), n_seeds)
    rows = []
    for at, (times, ahead) in enumerate(zip(BUDGETS, lifts, strict=True)):
        settings = {"protocol.initial": str(100 * times), "protocol.query_size": str(100 * times)}
        facts = {"suite": "s", "dataset": "d", "stand_in": "", "method": "m", "backbone": "b", "device": "cpu"}
        facts |= {"protocol": str(times), "protocol.rounds": len(LABELS), **settings}
        for row, strategy in enumerate(STRATEGIES):
            lift = AHEAD * own[at] * (strategy in ahead)
            rows += [
                {**facts, "key": f"{strategy}{seed}{times}", "strategy": strategy, "seed": seed, "round": number}
                | {"n_labeled": int(labels * times), "test.macro_f1": curves[at, row, seed, number] + lift[number]}
                for seed in range(n_seeds)
                for number, labels in enumerate(LABELS)
            ]
    (over,) = compare(pd.DataFrame(rows)).budgets
    best = {row.strategy: row.firsts for row in over.rows}
    every = set(STRATEGIES)
    behind = [any(not best[name][at] for name in ahead or every) for at, ahead in enumerate(lifts)]
    return {"told behind though none is ahead of it": any(behind), "changes": over.winner == "changes",
            "same": over.winner == "same"}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=40, help="of each design, shape of noise and number of seeds")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    rng = np.random.default_rng(asked.seed)
    found = []
    for design, lifts in LIFTS.items():
        pages = [page(lifts, n, noise, rng) for n in SEEDS for noise in NOISE for _ in range(asked.pages)]
        shares = pd.DataFrame(pages)
        found.append({"pages": design, "n": len(pages), **shares.mean().map("{:.1%}".format)})
        wrong = ["told behind though none is ahead of it"]
        wrong += ["changes"] * (len(set(lifts)) == 1) + ["same"] * (design != "a is ahead")
        false = int(shares[wrong].any(axis=1).sum())
        if stats.binom.sf(false - 1, len(pages), 0.05) < 1e-4:
            print(f"{design}: {false} of {len(pages)} pages claim what is not so, more than 5 %")
            return 1
    print(pd.DataFrame(found).to_string(index=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())

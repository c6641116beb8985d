"""Results that were made up: what is said of them is known beforehand."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from albench.compare import Comparison, Row
from albench.results.results import Results

FAILED = ["dataset", "method", "strategy", "backbone", "seed", "protocol", "status", "reason"]


def trial(strategy: str, seed: int, scores: Iterable[float], metric: str = "test.macro_f1", **facts: Any) -> list[dict]:
    """The rows of one trial: 100, 200, 300 ... labels."""
    base = {
        "suite": "s",
        "dataset": "digits",
        "stand_in": "",
        "method": "supervised",
        "strategy": strategy,
        "backbone": "mlp",
        "seed": seed,
        "protocol": "aaaa",
        "device": "cpu",
        **facts,
    }
    key = "-".join(str(base[name]) for name in ("dataset", "method", "strategy", "backbone", "seed", "protocol"))
    return [
        {"key": key, **base, "round": at, "n_labeled": 100 * (at + 1), metric: score, "seconds.train": 1.0}
        for at, score in enumerate(scores)
    ]


def frame(*trials: list[dict]) -> pd.DataFrame:
    """The records of trials, as ``Results.frame`` has them."""
    return pd.DataFrame([row for rows in trials for row in rows])


def finals(values: dict[str, list[float]], **facts: Any) -> pd.DataFrame:
    """Trials of one round each: strategy -> value of each seed; NaN leaves the trial out."""
    return frame(
        *(
            trial(strategy, seed, [value], **facts)
            for strategy, scores in values.items()
            for seed, value in enumerate(scores)
            if not math.isnan(value)
        )
    )


def curve_records(values: dict[str, list[list[float]]], n_labeled: Iterable[int], **facts: Any) -> pd.DataFrame:
    """Strategy -> one curve a seed, at these label counts, of a pool of 1,000 items."""
    base = {"suite": "s", "dataset": "d", "stand_in": "", "method": "m", "backbone": "b", "protocol": "p"}
    rows = [
        {**base, "device": "cpu", "pool_size": 1000, "strategy": strategy, "seed": seed, "round": at, **facts}
        | {"key": f"{strategy}{seed}{facts}", "n_labeled": labels, "test.macro_f1": value}
        for strategy, seeds in values.items()
        for seed, of_seed in enumerate(seeds)
        for at, (labels, value) in enumerate(zip(n_labeled, of_seed, strict=False))
    ]
    return pd.DataFrame(rows)


def row(comparison: Comparison, strategy: str, method: str = "supervised") -> Row:
    """The first row of a method and strategy."""
    return next(row for row in comparison.rows if (row.method, row.strategy) == (method, strategy))


def made_results(
    strategies: Sequence[str] = ("random", "entropy", "badge"),
    methods: Sequence[str] = ("supervised",),
    gains: Sequence[float] = (0.0, 0.2, 0.001),
    seeds: int = 5,
    rounds: int = 7,
    noise: float = 0.01,
) -> Results:
    """Curves of a data set: strategies of one method start alike, then gain so much over the first."""
    rng = np.random.default_rng(0)
    start = {(method, seed): rng.normal(0.3, 0.02) for method in methods for seed in range(seeds)}
    rows: list[dict[str, Any]] = []
    for (at, strategy), method, seed in itertools.product(enumerate(strategies), methods, range(seeds)):
        for number in range(rounds):
            gain = 0.0 if number == 0 else gains[at % len(gains)] + 0.05 * number + rng.normal(0, noise)
            rows.append(
                {
                    **{"suite": "s", "key": f"{method}-{strategy}-{seed}", "dataset": "digits", "stand_in": ""},
                    **{"method": method, "strategy": strategy, "backbone": "mlp", "seed": seed, "protocol": "1a2b"},
                    **{"device": "cpu", "round": number, "n_labeled": 20 + 15 * number},
                    **{"test.macro_f1": min(1.0, start[method, seed] + gain), "test.accuracy": 0.9},
                }
            )
    return Results((), pd.DataFrame(rows), pd.DataFrame(columns=FAILED))

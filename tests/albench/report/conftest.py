"""Results that were made up: what a page shows of them is known beforehand."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from albench.results.load import Results

_FAILED = ["dataset", "method", "strategy", "backbone", "seed", "protocol", "status", "reason"]


@pytest.fixture(scope="session")
def results() -> Callable[..., Results]:
    return made


def made(
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
    return Results((), pd.DataFrame(rows), pd.DataFrame(columns=_FAILED))

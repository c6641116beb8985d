"""Results under several budgets that were made up: what is first under each is known beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

SEEDS = 8
BUDGETS = {"20+2x10": (20, 10, 3), "60+2x30": (60, 30, 3), "150+2x80": (150, 80, 3)}


def under(budget: str, scores: Mapping[str, float | Sequence[float]], **facts: Any) -> pd.DataFrame:
    """Records of a budget: strategy -> the level of its flat curves over seeds, with a noise that all seeds share.

    A level is a number, around which each seed's curve lies by up to 0.02, or one number a seed.
    """
    initial, size, rounds = BUDGETS[budget]
    settings = {"protocol.initial": str(initial), "protocol.query_size": str(size), "protocol.rounds": rounds}
    base = {"suite": "s", "dataset": "digits", "stand_in": "", "method": "supervised", "backbone": "cnn"}
    base |= {"protocol": f"p{initial}", "device": "cpu", "data_hash": "d1", **settings, "protocol.lr": 0.03, **facts}
    rows = []
    for number, (strategy, level) in enumerate(scores.items()):
        levels = [level] * SEEDS if isinstance(level, float) else list(level)
        noise = np.random.default_rng([number, initial]).uniform(-0.02, 0.02, len(levels))
        for seed, (mean, off) in enumerate(zip(levels, noise, strict=True)):
            for at in range(rounds):
                value = mean + off if isinstance(level, float) else mean
                key = f"{base['dataset']}-{strategy}-{seed}-{base['protocol']}"
                place = {"key": key, "strategy": strategy, "seed": seed, "round": at, "n_labeled": initial + at * size}
                rows.append({**base, **place, "test.macro_f1": value, "seconds.train": 1.0})
    return pd.DataFrame(rows)


def changing(**facts: Any) -> pd.DataFrame:
    """``typical`` is best with few labels, ``entropy`` with many; in between they are alike."""
    return pd.concat(
        [
            under("150+2x80", {"random": 0.70, "entropy": 0.90, "typical": 0.80}, **facts),
            under("20+2x10", {"random": 0.40, "entropy": 0.30, "typical": 0.60}, **facts),
            under("60+2x30", {"random": 0.50, "entropy": 0.70, "typical": 0.701}, **facts),
        ],
        ignore_index=True,
    )


def steady(**facts: Any) -> pd.DataFrame:
    """``entropy`` is far ahead under each budget."""
    scores = {"random": 0.40, "entropy": 0.60, "typical": 0.50}
    return pd.concat([under(budget, scores, **facts) for budget in BUDGETS], ignore_index=True)


def alike(**facts: Any) -> pd.DataFrame:
    """Nothing differs but by noise."""
    scores = {"random": 0.40, "entropy": 0.401, "typical": 0.40}
    return pd.concat([under(budget, scores, **facts) for budget in BUDGETS], ignore_index=True)

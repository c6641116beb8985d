"""Comparisons that are shown, and what a terminal shows of them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console

from albench.compare import Comparison, compare
from albench.render import terminal

STRATEGIES = ("random", "entropy", "boostmis[density=none]", "a_b|50%")


def stand_in_records(
    n_seeds: int = 4,
    rounds: int = 6,
    methods: tuple[str, ...] = ("boostmis", "supervised"),
    names: tuple[str, ...] = STRATEGIES,
) -> pd.DataFrame:
    """Records of a stand-in: strategies of which each gains a little more than the one before."""
    rng = np.random.default_rng(0)
    rows: list[dict[str, Any]] = []
    for method in methods:
        for lift, strategy in enumerate(names):
            for seed in range(n_seeds):
                for at in range(rounds):
                    score = 0.3 + 0.05 * at + min(0.04, 0.3 / len(names)) * lift * (at > 0) + rng.normal(0, 0.01)
                    rows.append(
                        {
                            "suite": "s",
                            "key": f"{method}-{strategy}-{seed}",
                            "dataset": "mescc-sim",
                            "stand_in": "MESCC",
                            "method": method,
                            "strategy": strategy,
                            "backbone": "mlp",
                            "seed": seed,
                            "protocol": "1a2b",
                            "device": "cpu",
                            "round": at,
                            "n_labeled": 100 + 100 * at,
                            "test.macro_f1": score,
                            "test.auroc": score + 0.2,
                        }
                    )
    return pd.DataFrame(rows)


def failures() -> pd.DataFrame:
    """Trials that failed, for reasons whose letters mean something to LaTeX."""
    names = {"dataset": "digits", "method": "boostmis", "strategy": "core_set", "backbone": "mlp", "protocol": "1a2b"}
    reasons = ("loss & step_40 are\nnot finite: 100% #1", "loss & step_40 are\nnot finite: 100% #1", "out of memory")
    rows = [{**names, "seed": seed, "status": "failed", "reason": reason} for seed, reason in enumerate(reasons)]
    return pd.DataFrame(rows)


def gapped() -> Comparison:
    """Rows with other numbers of seeds: one trial stops early, another is not there."""
    data = stand_in_records()
    stops = (data["key"] == "boostmis-entropy-3") & (data["round"] > 3)
    return compare(data[~stops & (data["key"] != "supervised-random-0")], failed=failures())


def shown(comparison: Comparison, width: int) -> str:
    """The table on a terminal of so many columns."""
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    with console.capture() as captured:
        console.print(terminal(comparison))
    return captured.get()


def header(text: str) -> str:
    """The line of the first table's titles."""
    return text.partition("\n─")[0].splitlines()[-1]


def shared_first_round(**options: Any) -> pd.DataFrame:
    """Every strategy of a method starts from the same model, as in a run."""
    data = stand_in_records(**options)
    first = data["round"] == 0
    for score in ("test.macro_f1", "test.auroc"):
        data.loc[first, score] = data[first].groupby(["method", "seed"])[score].transform("first")
    return data

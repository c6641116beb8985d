"""What was tuned, as a table and as CSV."""

from __future__ import annotations

import io

import pandas as pd
from rich.console import Console

from albench.render.tuned import as_frame, as_table

ROW = {
    **{"suite": "s", "dataset": "d", "method": "m", "strategy": "random", "backbone": "mlp", "seed": 1, "round": 0},
    **{"n_labeled": 12, "tuned": "lr=0.1, m.[x]=2", "tuned.score": 0.51239, "tuned.tries": 6.0, "seconds.tune": 2.25},
}
MADE = pd.DataFrame([ROW, {**ROW, "seed": 0, "tuned.score": None}])


def test_a_row_is_a_tuning_in_the_order_of_the_seeds() -> None:
    console = Console(file=io.StringIO(), width=200)
    with console.capture() as captured:
        console.print(as_table(MADE))
    head, first, second = captured.get().splitlines()
    assert head.split() == ["dataset", "method", "seed", "labels", "chosen", "validation", "tries", "seconds"]
    assert first.split() == ["d", "m", "0", "12", "lr=0.1,", "m.[x]=2", "undefined", "6", "2.2"]
    assert second.split() == ["d", "m", "1", "12", "lr=0.1,", "m.[x]=2", "0.512", "6", "2.2"]


def test_csv_has_every_column_at_full_precision() -> None:
    made = as_frame(MADE)
    assert made["validation"].tolist()[1] == 0.51239
    assert made.columns.tolist()[:7] == ["suite", "dataset", "method", "backbone", "seed", "round", "labels"]

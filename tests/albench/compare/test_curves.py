"""Learning curves of several metrics, by label count."""

from __future__ import annotations

import math

import pytest
from made_up import frame, trial

from albench.compare import learning_curve_table
from albench.errors import UnknownName

NAN = float("nan")


def test_each_metric_by_label_count() -> None:
    data = frame(*(trial("random", seed, [0.1, 0.2 + seed / 10]) for seed in range(3)))
    data["test.auroc"] = [0.5, 0.6, NAN, 0.7, 0.5, 0.8]
    (table,) = learning_curve_table(data, metrics=["macro_f1", "auroc"])
    assert (table.dataset, table.method, table.strategy, table.seeds) == (
        "digits",
        "supervised",
        "random",
        (0, 1, 2),
    )
    assert [r.n_labeled for r in table.rows] == [100, 200]
    last = table.rows[1].estimates
    assert last["macro_f1"].mean == pytest.approx(0.3)
    assert last["macro_f1"].half_width == pytest.approx(0.1 * 4.302652729911275 / math.sqrt(3))
    assert (last["auroc"].n, table.rows[0].estimates["auroc"].n) == (3, 2)


def test_label_counts_that_a_curve_has_not_reached_are_not_shown() -> None:
    data = frame(trial("a", 0, [0.1, 0.2]), trial("b", 0, [0.3]))
    tables = learning_curve_table(data, metrics=["macro_f1"])
    assert [len(table.rows) for table in tables] == [2, 1]


def test_unknown_metric() -> None:
    with pytest.raises(UnknownName, match="did you mean 'macro_f1'"):
        learning_curve_table(frame(trial("a", 0, [0.1])), metrics=["macrof1"])

"""Labels saved without an interval are an estimate that a table shows on demand alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from rendered import header, shared_first_round, shown, stand_in_records

from albench.compare import compare
from albench.render import render


def records(n_seeds: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            **{"suite": "s", "key": f"{name}-{seed}", "dataset": "digits", "stand_in": "", "method": "m"},
            **{"strategy": name, "backbone": "mlp", "seed": seed, "protocol": "1a2b", "device": "cpu"},
            **{"round": at, "n_labeled": 20 + 20 * at},
            "test.macro_f1": 0.4 + 0.1 * at * (1 + (name == "a")) + rng.normal(0, 0.01),
        }
        for name in ("random", "a")
        for seed in range(n_seeds)
        for at in range(3)
    )


@pytest.mark.parametrize(("n_seeds", "details", "there"), [(4, False, False), (4, True, True), (5, False, True)])
@pytest.mark.parametrize("form", ["markdown", "latex", "html"])
def test_they_come_with_an_interval_or_on_demand(n_seeds: int, details: bool, there: bool, form: str) -> None:
    comparison = compare(records(n_seeds), target="0.55", details=details)
    text = comparison._repr_html_() if form == "html" else render(comparison, form)
    assert ("labels saved" in text) == there
    assert ("Labels saved" in text) == there


@pytest.mark.parametrize("methods", [("boostmis",), ("boostmis", "supervised")])
def test_the_shared_first_round_is_said_once_and_leaves_room(methods: tuple[str, ...]) -> None:
    found = compare(shared_first_round(methods=methods))
    text = shown(found, 80)
    assert " 100 labels" not in header(text)
    start = {row.method: f"{row.cells[100].mean:.3f}±{row.cells[100].half_width:.3f}" for row in found.rows}
    said = " and ".join(f"{name} {start[name]}" if len(start) > 1 else start[name] for name in start)
    assert f"before any query (100 labels): {said}" in " ".join(text.split())
    assert "100 labels" in header(render(found, "table"))  # with room for all, nothing is hidden


def test_a_first_round_that_differs_or_ranks_or_is_alone_stays_a_column() -> None:
    differs = compare(stand_in_records(methods=("boostmis",), names=("random", "entropy")))
    ranks = compare(shared_first_round(methods=("boostmis",)), at="labels:100")
    alone = compare(shared_first_round(methods=("boostmis",), rounds=1))
    single = compare(shared_first_round(methods=("boostmis", "supervised"), names=("random",)))
    for found in (differs, ranks, alone, single):
        assert "100 labels" in header(shown(found, 80))
        assert "before any query" not in shown(found, 80)

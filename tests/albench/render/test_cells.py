"""Labels saved without an interval are an estimate that a table shows on demand alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

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

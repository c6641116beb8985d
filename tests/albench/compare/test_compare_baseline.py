"""What the others are compared with where no baseline is named."""

from __future__ import annotations

import pandas as pd

from albench.compare.choose import Choice, usual_baseline


def frame(*strategies: str) -> pd.DataFrame:
    return pd.DataFrame({"dataset": "digits", "method": "supervised", "strategy": strategies})


def test_the_usual_baseline_is_the_one_that_a_plugin_marks() -> None:
    assert usual_baseline(frame("entropy", "random")) == "random"
    assert usual_baseline(pd.DataFrame()) == "random"


def test_one_that_is_named_is_taken_and_an_empty_one_is_none() -> None:
    table = frame("entropy", "margin", "random")
    assert Choice(baseline="supervised + margin").baseline_in(table) == "supervised/margin"
    assert Choice(baseline="").baseline_in(table) == ""
    assert list(Choice(strategies=["entropy"]).of(table)["strategy"]) == ["entropy", "random"]
    assert list(Choice(strategies=["entropy"], baseline="").of(table)["strategy"]) == ["entropy"]

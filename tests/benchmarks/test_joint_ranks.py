"""Joint ranks: a data set counts once, whatever was tried on it; the page is what today's code makes of the records."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from script_modules import BENCHMARKS, loaded

joint_ranks = loaded(BENCHMARKS / "joint_ranks.py")


def frame(rows: dict[tuple[str, str], list[float]]) -> pd.DataFrame:
    index = pd.MultiIndex.from_tuples(rows, names=["block", "what"])
    return pd.DataFrame(list(rows.values()), index=index, columns=list(joint_ranks.STRATEGIES))


def test_a_data_set_with_two_models_counts_once() -> None:
    """Random is best with both models of one of three data sets and worst elsewhere: rank (1 + 5 + 5) / 3."""
    best, worst = [0.9, 0.5, 0.4, 0.3, 0.2], [0.1, 0.5, 0.4, 0.3, 0.2]
    text = joint_ranks.joint(frame({("a", "1"): best, ("a", "2"): best, ("b", "1"): worst, ("c", "1"): worst}))
    assert text.startswith("4 settings on 3 data sets (a, b, c)")
    rows = {line.split("`")[1]: line.split(" | ") for line in text.splitlines() if line.startswith("| `")}
    assert {name: row[1] for name, row in rows.items()} == {
        "random": "3.67", "margin": "1.33", "coreset": "2.33", "typiclust": "3.33", "badge": "4.33",
    }  # fmt: skip
    assert rows["margin"][3] == "+0.133 (-0.400 to +0.400)"
    assert rows["margin"][4] == "2 of 3"
    assert rows["random"][3] == "baseline"


def test_p_values_are_those_of_wilcoxon_and_holm() -> None:
    rng = np.random.default_rng(0)
    rows = {(f"d{at}", "m"): [0.5, 0.6 + at / 100, *(0.5 + rng.normal(0, 0.01, 3))] for at in range(12)}
    text = joint_ranks.joint(frame(rows))
    margin = next(line for line in text.splitlines() if line.startswith("| `margin`"))
    assert margin.endswith(f"| 12 of 12 | {min(1, 4 * 2 * 0.5**12):.3f} |"), "all twelve signs alike, smallest of four"


@pytest.mark.slow
def test_the_page_is_what_the_records_say() -> None:
    told = joint_ranks.PAGE.read_text(encoding="utf-8").partition(joint_ranks.BEGIN)[2].partition(joint_ranks.END)[0]
    assert told == joint_ranks.joint(joint_ranks.settings())

"""The paragraph for a paper says what the tests say, how they were made, and claims nothing more."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from albench.compare import compare
from albench.compare.paragraph import paragraphs
from albench.render import render

CLAIM = re.compile(r" (was|were) (better|worse) than ")


def records(
    gains: dict[str, float], n_seeds: int = 6, stand_in: str = "", datasets: tuple[str, ...] = ("digits",), **more: Any
) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows: list[dict[str, Any]] = [
        {
            **{"suite": "s", "key": f"{dataset}-{name}-{seed}", "dataset": dataset, "stand_in": stand_in},
            **{"method": "fixmatch", "strategy": name, "backbone": "mlp", "seed": seed, "protocol": "1a2b"},
            **{"device": "cpu", "round": at, "n_labeled": 20 + 20 * at, **more},
            "test.macro_f1": 0.5 + gain * (at > 0) + rng.normal(0, 0.01),
        }
        for dataset in datasets
        for name, gain in gains.items()
        for seed in range(n_seeds)
        for at in range(2)
    ]
    return pd.DataFrame(rows)


def test_a_finding_is_told_with_effect_interval_test_correction_seeds_labels_and_versions() -> None:
    made = {"made_with.albench": "0.1.0", "made_with.torch": "2.13.0"}
    comparison = compare(records({"random": 0.0, "entropy": 0.2, "margin": 0.0}, **made))
    first, last = paragraphs(comparison)
    (row,) = [row for row in comparison.rows if row.strategy == "entropy"]
    assert row.difference is not None
    gap = row.difference
    said = f"entropy (difference {gap.mean:+.3f}, 95 % interval [{gap.low:+.3f}, {gap.high:+.3f}], d = {gap.effect:.2f}"
    assert said in first
    assert "3 query strategies with method fixmatch and backbone mlp" in first
    assert "at 2 label counts from 20 to 40, over 6 seeds" in first
    assert "by paired t-tests over the seeds that both have, with Holm's correction over 2 differences" in first
    assert "6 seeds) was better than random." in first
    assert "No difference from random was shown for margin, which does not show that there is none." in first
    assert last.endswith("Run with albench 0.1.0 and PyTorch 2.13.0.")


def test_nothing_is_claimed_where_no_test_stands() -> None:
    for gains, seeds in (({"random": 0.0, "entropy": 0.0}, 6), ({"random": 0.0, "entropy": 0.2}, 1)):
        text = render(compare(records(gains, seeds)), "paragraph")
        assert not CLAIM.search(text)
    assert "No test is possible for entropy" in text
    assert "The versions of what was run are not recorded." in text


def test_claims_are_those_of_the_table_and_no_others() -> None:
    gains = {"random": 0.0, "entropy": 0.1, "badge": -0.1, "margin": 0.001, "bald": 0.0}
    comparison = compare(records(gains))
    text = paragraphs(comparison)[0]
    for verdict in ("better", "worse"):
        rows = [row.strategy for row in comparison.rows if row.difference and row.difference.verdict == verdict]
        told = next((part for part in text.split(". ") if f" {verdict} than random" in part), "")
        assert rows
        assert re.findall(r"(\w+) \(difference", told) == rows


def test_a_stand_in_several_data_sets_and_what_was_left_out_are_told() -> None:
    frame = records({"random": 0.0, "entropy": 0.1, "margin": 0.0}, stand_in="MESCC", datasets=("a", "b"))
    text = render(compare(frame, strategies=["entropy"]), "paragraph")
    assert "a is a simulated stand-in for MESCC: its numbers say nothing about patients." in text
    assert "Over 2 data sets together" in text
    assert "rows chosen by name out of all that was run, and the correction does not count the others" in text
    assert len(text.rstrip("\n").split("\n\n")) == 3


def test_several_versions_are_all_named() -> None:
    frame = records({"random": 0.0, "entropy": 0.1}, **{"made_with.torch": "2.12.0"})
    frame.loc[frame["seed"] > 2, "made_with.torch"] = "2.13.0"
    assert paragraphs(compare(frame))[-1].endswith("Run with PyTorch 2.12.0 and 2.13.0.")

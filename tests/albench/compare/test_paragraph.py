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


def said(frame: pd.DataFrame, **options: Any) -> str:
    return render(compare(frame, **options), "paragraph")


def test_a_thin_test_split_is_told() -> None:
    text = said(records({"random": 0.0, "entropy": 0.2}, thin_test="12 test items, 1 of normal"))
    assert "The test split has only 12 test items, 1 of normal: too few to carry a claim" in text
    assert "--test-items" not in text


def test_versions_and_processors_that_are_mixed_are_told() -> None:
    frame = records({"random": 0.0, "entropy": 0.1}, **{"made_with.processor": "A"})
    frame.loc[frame["seed"] > 2, "made_with.processor"] = "B"
    assert "Its trials were made with processor A (6 trials) and B (6 trials); one seed may give other numbers" in said(
        frame
    )


def test_rows_that_predict_one_class_are_told() -> None:
    frame = records({"random": 0.0, "entropy": 0.1})
    lost = frame["strategy"] == "entropy"
    frame["test.recall.a"] = np.where(lost, 1.0, 0.5)
    frame["test.recall.b"] = np.where(lost, 0.0, 0.5)
    frame["test.accuracy"] = 0.5
    frame["test.macro_precision"] = np.where(lost, 0.25, 0.5)
    assert "One class is predicted for every test item at 40 labels: fixmatch/entropy with 6 of 6" in said(frame)


def test_seeds_and_rounds_that_are_missing_are_told() -> None:
    frame = records({"random": 0.0, "entropy": 0.1, "margin": 0.0})
    without = frame[~((frame["strategy"] == "entropy") & (frame["seed"] == 5))]
    text = said(without[~((without["strategy"] == "margin") & (without["seed"] == 0) & (without["round"] == 1))])
    assert "Not every row has every seed: fixmatch/entropy without seed 5." in text
    assert "Curves with missing rounds have no AUBC: fixmatch/margin seed 0." in text


def test_trials_that_are_not_complete_are_told_by_how_they_ended() -> None:
    frame = records({"random": 0.0, "entropy": 0.1})
    names = {"dataset": "digits", "method": "fixmatch", "backbone": "mlp", "protocol": "1a2b", "reason": "x"}
    failed = [
        {**names, "strategy": name, "seed": seed, "status": status}
        for name, seed, status in [("badge", 0, "failed"), ("badge", 1, "failed"), ("entropy", 6, "incomplete")]
    ]
    text = said(frame, failed=pd.DataFrame(failed))
    assert (
        "Not every trial is complete: 2 failed and 1 is incomplete (fixmatch/badge on digits and fixmatch/entropy on "
        "digits)." in text
    )


def test_protocols_apart_and_rows_without_a_baseline_are_told() -> None:
    frame = records({"random": 0.0, "entropy": 0.1})
    other = records({"margin": 0.1}).assign(protocol="3c4d", key="other")
    text = said(pd.concat([frame, other]))
    assert "digits was run under 2 protocols (protocol 1a2b; protocol 3c4d), shown apart" in text
    assert "There is no 'random' to compare fixmatch/margin with." in text


def test_every_note_that_limits_a_claim_is_in_the_paragraph() -> None:
    frame = records({"random": 0.0, "entropy": 0.1}, datasets=("a", "b"), thin_test="12 test items")
    comparison = compare(frame[~((frame["strategy"] == "entropy") & (frame["seed"] == 5))])
    text = render(comparison, "paragraph").lower()
    assert comparison.caveats
    for caveat in comparison.caveats:
        assert caveat.text.lower() in text
        assert str(caveat) in comparison.notes

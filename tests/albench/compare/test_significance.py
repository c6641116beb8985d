"""What is told stands after a correction that counts it: on one page, over data sets, in pairs, by several metrics."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from made_up import finals, frame, row, trial
from scipy import stats

from albench.compare import Comparison, compare


def results(lifts: dict[str, float], seeds: int = 10, datasets: int = 2, spread: float = 0.01) -> pd.DataFrame:
    """Two label counts, two metrics; ``lifts``: what a strategy adds to macro F1. Accuracy has a noise of its own."""
    rng = np.random.default_rng(0)
    rows = [
        {"dataset": f"d{dataset}", "strategy": name, "seed": seed, "round": at, "n_labeled": 10 * (at + 1)}
        | {f"test.{metric}": 0.5 + lift * at + rng.normal(0, spread) for metric in ("macro_f1", "accuracy")}
        for dataset in range(datasets)
        for name, lift in lifts.items()
        for seed in range(seeds)
        for at in range(2)
    ]
    facts = {"suite": "s", "stand_in": "", "method": "m", "backbone": "b", "protocol": "p", "device": "cpu"}
    data = pd.DataFrame(rows).assign(**facts)
    return data.assign(key=data["dataset"] + data["strategy"] + data["seed"].astype(str))


def verdicts(found: Comparison) -> dict[tuple[str, str], str]:
    return {(row.dataset, row.strategy): row.difference.verdict for row in found.rows if row.difference}


LIFTS = {"random": 0.0, "entropy": 0.1, "margin": 0.001}


def test_differences_over_data_sets_are_of_the_same_family() -> None:
    found = compare(results(LIFTS))
    assert found.n_tests == 6
    assert found.overall is not None
    p = sorted(
        (difference.p, difference.p_holm)
        for row in (*found.rows, *found.overall.rows)
        for difference in [row.difference]
        if difference
    )
    assert p[0][1] == 6 * p[0][0]


def test_pairs_count_after_correction_over_all_pairs() -> None:
    wins = compare(results(LIFTS)).wins
    assert wins is not None
    assert [name[2] for name in wins.names] == ["entropy", "margin", "random"]
    assert wins.matrix == ((0.0, 2.0, 2.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))


def test_where_no_difference_is_told_nothing_else_is() -> None:
    found = compare(results({"random": 0.0, "entropy": 0.001, "margin": -0.001}, spread=0.05))
    assert set(verdicts(found).values()) == {"~"}
    assert found.wins is not None
    assert not np.any(found.wins.matrix)
    assert not any(cell.clear for row in found.rows for cell in (*row.cells.values(), row.aubc))
    assert found.overall is not None
    assert found.overall.indistinguishable == ((0, 2),)


def test_a_further_metric_tells_no_row_that_the_first_does_not() -> None:
    frame = results(LIFTS)
    frame.loc[frame["strategy"] == "margin", "test.accuracy"] += 0.2
    first, alone = compare(frame), compare(frame, metric="accuracy")
    assert verdicts(first)["d0", "margin"] == "~"
    assert verdicts(alone)["d0", "margin"] == "better"
    beside = compare(frame, metric="accuracy", after=first)
    assert verdicts(beside)["d0", "margin"] == "~"
    assert verdicts(beside)["d0", "entropy"] == "better"
    margin = next(row.difference for row in beside.rows if row.strategy == "margin")
    assert margin is not None
    assert margin.low <= 0 <= margin.high


def test_nothing_is_bold_where_all_rows_are_one() -> None:
    frame = results({"random": 0.0, "entropy": 0.1})
    frame.loc[frame["round"] == 0, "test.macro_f1"] = 0.5  # the first round is the same training for all strategies
    found = compare(frame)
    assert not any(row.cells[10].best for row in found.rows)
    assert any(row.cells[20].best for row in found.rows)


def test_of_rows_that_are_not_told_from_their_baseline_no_pair_is_told() -> None:
    frame = results({"random": 0.0, "entropy": 0.1, "low": -0.012, "high": 0.012})
    found = compare(frame)
    assert found.wins is not None
    names = [name[2] for name in found.wins.names]
    verdict = verdicts(found)
    for name_of_row, won in zip(names, found.wins.matrix, strict=True):
        for other, count in zip(names, won, strict=True):
            told = [verdict.get((f"d{at}", name), "~") != "~" for at in range(2) for name in (name_of_row, other)]
            assert not count or any(told)


def test_without_a_baseline_a_further_metric_tells_no_pair_unless_the_first_tells_one() -> None:
    frame = results({"entropy": 0.0, "margin": 0.0}, spread=0.05)
    frame.loc[frame["strategy"] == "margin", "test.accuracy"] += 0.3
    first, alone = compare(frame), compare(frame, metric="accuracy")
    assert first.n_tests == 0
    assert first.wins is not None
    assert not np.any(first.wins.matrix)
    assert alone.wins is not None
    assert np.any(alone.wins.matrix)
    beside = compare(frame, metric="accuracy", after=first)
    assert beside.wins is not None
    assert not np.any(beside.wins.matrix)
    assert not any(row.aubc.clear for row in beside.rows)


NAN = float("nan")


VALUES = {
    "random": [0.50, 0.52, 0.49, 0.51],
    "entropy": [0.60, 0.63, 0.58, 0.61],
    "badge": [0.5, 0.53, 0.5, 0.5],
}


def test_a_best_that_is_not_significant_is_not_clear() -> None:
    close = compare(finals({"a": [0.5, 0.6, 0.8, 0.4], "b": [0.52, 0.5, 0.7, 0.5]}))
    assert (close.rows[0].aubc.best, close.rows[0].aubc.clear) == (True, False)
    apart = compare(finals({"a": [0.5, 0.6, 0.8, 0.4], "b": [0.3, 0.41, 0.6, 0.21]}))
    assert (apart.rows[0].aubc.best, apart.rows[0].aubc.clear) == (True, True)


def test_bests_are_corrected_over_groups_and_agree_with_the_difference_from_the_same_row() -> None:
    values = {"entropy": [0.5, 0.6, 0.8, 0.4], "random": [0.46, 0.57, 0.72, 0.37]}
    raw = stats.ttest_rel(values["entropy"], values["random"]).pvalue
    assert 0.025 < raw < 0.05  # significant alone, not beside a second group
    alone = compare(finals(values))
    first = alone.rows[0]
    assert first.difference is not None
    assert (first.aubc.clear, first.difference.verdict) == (True, "better")
    beside = compare(pd.concat([finals(values), finals({"entropy": [0.3, 0.4], "random": [0.2, 0.7]}, dataset="b")]))
    first = next(row for row in beside.rows if row.dataset == "digits" and row.rank == 1)
    assert first.difference is not None
    assert (first.aubc.clear, first.difference.verdict) == (False, "~")


def test_label_counts_are_corrected_for_each_other_and_aubc_is_not() -> None:
    a, b = [0.5, 0.6, 0.8, 0.4], [0.46, 0.57, 0.72, 0.37]
    assert 0.025 < stats.ttest_rel(a, b).pvalue < 0.05
    once = compare(finals({"a": a, "b": b})).rows[0]
    assert (once.cells[100].clear, once.aubc.clear) == (True, True)
    curves = [trial(name, seed, [y, y]) for name, scores in (("a", a), ("b", b)) for seed, y in enumerate(scores)]
    twice = compare(frame(*curves)).rows[0]
    assert (twice.cells[100].best, twice.cells[100].clear, twice.aubc.clear) == (True, False, True)


def test_against_scipy_with_holm_over_what_is_shown() -> None:
    comparison = compare(finals(VALUES))
    raw = {name: stats.ttest_rel(VALUES[name], VALUES["random"]).pvalue for name in ("entropy", "badge")}
    entropy, badge = row(comparison, "entropy").difference, row(comparison, "badge").difference
    assert entropy is not None
    assert badge is not None
    assert (entropy.method, entropy.strategy, entropy.n) == ("supervised", "random", 4)
    assert entropy.mean == pytest.approx(0.1)
    assert entropy.p == pytest.approx(raw["entropy"])
    assert entropy.p_holm == pytest.approx(2 * raw["entropy"])
    assert badge.p_holm == pytest.approx(raw["badge"])
    assert (entropy.verdict, badge.verdict) == ("better", "~")
    assert row(comparison, "random").is_baseline
    assert row(comparison, "random").difference is None
    assert (comparison.baseline, comparison.n_tests) == ("random", 2)


def test_holm_counts_every_group() -> None:
    data = pd.concat([finals(VALUES), finals(VALUES, dataset="other")])
    assert compare(data).n_tests == 6  # two of each data set, and two over both
    found = [row.difference for row in compare(data).rows if row.difference]
    raw = stats.ttest_rel(VALUES["entropy"], VALUES["random"]).pvalue
    assert found[0].p_holm == pytest.approx(5 * raw)  # over both data sets its p is smaller still


def test_worse() -> None:
    difference = row(compare(finals(VALUES), baseline="entropy"), "random").difference
    assert difference is not None
    assert difference.verdict == "worse"


def test_too_few_seeds() -> None:
    comparison = compare(finals({"random": [0.1], "entropy": [0.3]}))
    difference = row(comparison, "entropy").difference
    assert difference is not None
    assert difference.verdict == "too few seeds"
    assert difference.mean == pytest.approx(0.2)
    assert math.isnan(difference.half_width)
    assert math.isnan(difference.p_holm)
    assert math.isnan(comparison.rows[0].aubc.half_width)
    assert not comparison.rows[0].aubc.best  # one seed each: its luck
    assert comparison.n_tests == 0
    assert any("one seed" in note for note in comparison.notes)


def test_fewer_than_three_seeds_in_common_have_no_verdict() -> None:
    values = {"random": [0.1, 0.2, 0.3], "near": [0.2, 0.31, 0.39], "far": [0.9, 0.99, NAN]}
    comparison = compare(finals(values))
    far, near = row(comparison, "far").difference, row(comparison, "near").difference
    assert far is not None
    assert near is not None
    assert (far.n, far.verdict, far.test) == (2, "too few seeds", "")
    assert far.mean == pytest.approx(0.795)
    assert all(map(math.isnan, (far.p, far.p_holm, far.low, far.high)))
    assert far.seeds_needed is None
    assert near.verdict == "better"
    assert comparison.n_tests == 1  # what is not tested is not corrected for
    assert any("fewer than three seeds in common: no verdict on supervised/far." in n for n in comparison.notes)


def test_no_common_seed() -> None:
    difference = row(compare(finals({"random": [0.1, NAN], "entropy": [NAN, 0.3]})), "entropy").difference
    assert difference is not None
    assert (difference.n, difference.verdict) == (0, "too few seeds")
    assert math.isnan(difference.mean)

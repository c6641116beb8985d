"""Comparison over data sets: Demšar's published example, SciPy, and small cases by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from albench.compare import Comparison, compare
from albench.compare.overall import cliques, critical_difference, friedman, mean_ranks

# AUC of C4.5, C4.5 + m, C4.5 + cf, C4.5 + m + cf on 14 data sets: Demšar (2006), table 6.
DEMSAR = np.array(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.9751, 0.975],
        [0.957, 0.978, 0.946, 0.970],
    ]
)


def test_mean_ranks_and_critical_difference_of_demsars_example() -> None:
    np.testing.assert_allclose(mean_ranks(DEMSAR), [3.143, 2.000, 2.893, 1.964], atol=0.0005)
    assert critical_difference(4, 14) == pytest.approx(1.25, abs=0.005)


def test_ranks_are_scipys() -> None:
    scores = np.random.default_rng(0).integers(0, 4, size=(9, 6)).astype(float)
    np.testing.assert_allclose(mean_ranks(scores), stats.rankdata(-scores, axis=1).mean(axis=0))


def test_friedman_needs_three_rows_that_differ() -> None:
    scores = np.random.default_rng(1).normal(size=(8, 3))
    assert friedman(scores) == pytest.approx(stats.friedmanchisquare(*scores.T).pvalue)
    assert np.isnan(friedman(scores[:, :2]))
    assert np.isnan(friedman(np.ones((5, 4))))


def test_cliques_by_hand() -> None:
    # From 1.0 to 2.3 reach the first two, from 1.5 to 2.8 the next; 2.6 and 2.9 go together, 5.0 alone.
    assert cliques([1.0, 1.5, 2.6, 2.9, 5.0], 1.3) == ((0, 1), (1, 2), (2, 3))
    assert cliques([1.0, 3.0, 5.0], 1.0) == ()
    assert cliques([1.0, 2.0, 3.0], 9.0) == ((0, 2),)


def finals(dataset: str, values: dict[str, list[float]], backbone: str = "mlp") -> pd.DataFrame:
    rows = [
        {"strategy": name, "seed": seed, "round": at, "n_labeled": 100 + 100 * at, "test.macro_f1": value}
        for name, scores in values.items()
        for seed, value in enumerate(scores)
        for at in range(2)
    ]
    base = {"suite": "s", "dataset": dataset, "stand_in": "", "method": "m", "backbone": backbone, "protocol": "p"}
    data = pd.DataFrame(rows).assign(**base, device="cpu")
    return data.assign(key=data["dataset"] + data["strategy"] + data["seed"].astype(str))


def over(*parts: pd.DataFrame) -> Comparison:
    return compare(pd.concat(parts))


def test_only_what_every_data_set_has_is_compared_and_the_rest_is_named() -> None:
    both = {"random": [0.3, 0.4], "entropy": [0.5, 0.7]}
    comparison = over(finals("a", both | {"badge": [0.6, 0.6]}), finals("b", both))
    overall = comparison.overall
    assert overall is not None
    assert [row.strategy for row in overall.rows] == ["entropy", "random"]
    assert [row.mean_rank for row in overall.rows] == [1.0, 2.0]
    assert overall.left_out == ("m/badge",)
    assert any("left out: m/badge" in note for note in comparison.notes)


def test_differences_are_paired_by_seed_and_data_set() -> None:
    first = {"random": [0.3, 0.4, 0.5], "entropy": [0.5, 0.7, 0.8]}
    second = {"random": [0.1, 0.3], "entropy": [0.2, 0.2]}
    overall = over(finals("a", first), finals("b", second)).overall
    assert overall is not None
    difference = next(row.difference for row in overall.rows if row.strategy == "entropy")
    assert difference is not None
    gaps = [0.2, 0.3, 0.3, 0.1, -0.1]
    assert difference.n == 5
    assert difference.mean == pytest.approx(np.mean(gaps))
    assert difference.p == pytest.approx(stats.ttest_1samp(gaps, 0).pvalue)
    chance = next(row.improvement for row in overall.rows if row.strategy == "entropy")
    assert chance is not None
    assert chance.value == pytest.approx((17 / 18 + 0.5) / 2)  # on a 8 of 9 pairs and a tie, on b 2 of 4


def test_two_seeds_of_many_data_sets_have_no_verdict() -> None:
    values = {"random": [0.3, 0.4], "entropy": [0.5, 0.61], "badge": [0.5, 0.62]}
    comparison = over(*(finals(name, values) for name in "abcdef"))
    assert comparison.overall is not None
    differences = [row.difference for row in comparison.overall.rows if row.difference]
    assert [(each.n, each.verdict) for each in differences] == [(12, "too few seeds")] * 2
    assert comparison.n_tests == 0
    assert comparison.overall.indistinguishable == ((0, 2),)
    assert any("fewer than three seeds: no verdict" in note for note in comparison.notes)


def test_a_backbone_of_the_data_sets_own_does_not_part_rows() -> None:
    values = {"random": [0.3, 0.4], "entropy": [0.5, 0.7]}
    overall = over(finals("a", values, "mlp"), finals("b", values, "cnn")).overall
    assert overall is not None
    assert {row.backbone for row in overall.rows} == {""}
    several = over(finals("a", values, "mlp"), finals("a", values, "cnn"), finals("b", values, "cnn")).overall
    assert several is not None
    assert {row.backbone for row in several.rows} == {"cnn"}


def test_one_data_set_or_one_row_is_not_compared_over_data_sets() -> None:
    values = {"random": [0.3, 0.4], "entropy": [0.5, 0.7]}
    assert over(finals("a", values)).overall is None
    assert over(finals("a", values), finals("b", {"random": [0.1, 0.2]})).overall is None
    assert over(finals("a", values), finals("b", {"coreset": [0.1, 0.2], "badge": [0.3, 0.4]})).overall is None


def test_wins_by_hand() -> None:
    # On a, entropy beats random clearly at both label counts; on b the two are mixed.
    clear = {"random": [0.30, 0.31, 0.32, 0.29], "entropy": [0.50, 0.52, 0.53, 0.49]}
    mixed = {"random": [0.3, 0.5, 0.4, 0.2], "entropy": [0.4, 0.3, 0.5, 0.1]}
    wins = over(finals("a", clear), finals("b", mixed)).wins
    assert wins is not None
    assert [name[2] for name in wins.names] == ["entropy", "random"]
    assert wins.matrix == ((0.0, 1.0), (0.0, 0.0))
    assert wins.n_settings == 2

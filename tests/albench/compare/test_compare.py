"""Comparisons against results worked out by hand and by SciPy."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import integrate, stats

from albench.compare import Comparison, Row, compare, learning_curve_table
from albench.compare.statistics import area, holm, interval, paired
from albench.errors import UnknownName, UserError

NAN = float("nan")


def trial(strategy: str, seed: int, scores: Iterable[float], metric: str = "test.macro_f1", **facts: Any) -> list[dict]:
    """The rows of one trial: 100, 200, 300 ... labels."""
    base = {
        "suite": "s",
        "dataset": "digits",
        "stand_in": "",
        "method": "supervised",
        "strategy": strategy,
        "backbone": "mlp",
        "seed": seed,
        "protocol": "aaaa",
        "device": "cpu",
        **facts,
    }
    key = "-".join(str(base[name]) for name in ("dataset", "method", "strategy", "backbone", "seed", "protocol"))
    return [
        {"key": key, **base, "round": at, "n_labeled": 100 * (at + 1), metric: score, "seconds.train": 1.0}
        for at, score in enumerate(scores)
    ]


def frame(*trials: list[dict]) -> pd.DataFrame:
    return pd.DataFrame([row for rows in trials for row in rows])


def finals(values: dict[str, list[float]], **facts: Any) -> pd.DataFrame:
    """Trials of one round each: strategy -> value of each seed; NaN leaves the trial out."""
    return frame(
        *(
            trial(strategy, seed, [value], **facts)
            for strategy, scores in values.items()
            for seed, value in enumerate(scores)
            if not math.isnan(value)
        )
    )


def row(comparison: Comparison, strategy: str, method: str = "supervised") -> Row:
    return next(row for row in comparison.rows if (row.method, row.strategy) == (method, strategy))


class TestStatistics:
    def test_interval_by_hand(self) -> None:
        # Mean 2, standard deviation 1, t(0.975, 2) = 4.302653 -> 4.302653 / sqrt(3).
        mean, half, n = interval(np.array([1.0, 2.0, 3.0]))
        assert (mean, n) == (2.0, 3)
        assert half == pytest.approx(4.302652729911275 / math.sqrt(3))

    def test_interval_against_scipy(self) -> None:
        values = np.random.default_rng(0).normal(size=(4, 7))
        mean, half, _ = interval(values)
        low, high = stats.t.interval(0.95, 6, loc=values.mean(axis=1), scale=stats.sem(values, axis=1))
        np.testing.assert_allclose(mean - half, low)
        np.testing.assert_allclose(mean + half, high)

    def test_missing_seeds_are_left_out_and_one_seed_has_no_interval(self) -> None:
        mean, half, n = interval(np.array([[1.0, NAN, 3.0], [5.0, NAN, NAN], [NAN, NAN, NAN]]))
        np.testing.assert_array_equal(n, [2, 1, 0])
        np.testing.assert_array_equal(mean, [2.0, 5.0, NAN])
        assert half[0] == pytest.approx(12.706204736432095)  # sd sqrt(2), over sqrt(2), times t(0.975, 1)
        assert np.isnan(half[1:]).all()

    def test_paired_against_scipy(self) -> None:
        rng = np.random.default_rng(1)
        a, b = rng.normal(size=(2, 5, 6))
        mean, half, n, p = paired(a, b)
        expected = stats.ttest_rel(a, b, axis=1)
        low, high = expected.confidence_interval(0.95)
        np.testing.assert_allclose(p, expected.pvalue)
        np.testing.assert_allclose(mean - half, low)
        np.testing.assert_allclose(mean + half, high)
        assert (n == 6).all()

    def test_paired_uses_common_seeds_only(self) -> None:
        a, b = np.array([0.1, 0.5, NAN, 0.9, 0.4]), np.array([0.2, 0.1, 0.7, 0.3, NAN])
        mean, _, n, p = paired(a, b)
        assert n == 3
        assert mean == pytest.approx((-0.1 + 0.4 + 0.6) / 3)
        assert p == pytest.approx(stats.ttest_rel(a[[0, 1, 3]], b[[0, 1, 3]]).pvalue)

    @pytest.mark.parametrize(("gap", "p"), [(0.0, 1.0), (0.1, 0.25)])
    def test_equal_differences_are_not_taken_for_certainty(self, gap: float, p: float) -> None:
        a = np.array([0.3, 0.5, 0.8])
        assert paired(a + gap, a)[3] == pytest.approx(p)  # three signs alike: 2 * (1/2) ** 3

    def test_no_test_with_one_pair(self) -> None:
        mean, half, n, p = paired(np.array([0.5, NAN]), np.array([0.4, 0.3]))
        assert (mean, n) == (pytest.approx(0.1), 1)
        assert np.isnan(half)
        assert np.isnan(p)

    def test_holm_by_hand(self) -> None:
        # Sorted 0.01, 0.02, 0.03, 0.04 times 4, 3, 2, 1 = 0.04, 0.06, 0.06, 0.04 -> running maximum.
        corrected = holm(np.array([0.03, NAN, 0.01, 0.04, 0.02]))
        np.testing.assert_allclose(corrected, [0.06, NAN, 0.04, 0.06, 0.06])

    def test_holm_stops_at_one(self) -> None:
        np.testing.assert_array_equal(holm(np.array([0.6, 0.7])), [1.0, 1.0])
        assert len(holm(np.array([]))) == 0

    @given(arrays(np.float64, st.integers(1, 20), elements=st.floats(0, 1)))
    def test_holm_lies_between_none_and_bonferroni_and_keeps_order(self, p: np.ndarray) -> None:
        corrected = holm(p)
        assert (corrected >= p).all()
        assert (corrected <= np.minimum(1, p * len(p)) + 1e-15).all()
        assert (np.diff(corrected[np.argsort(p, kind="stable")]) >= 0).all()

    def test_area_by_hand(self) -> None:
        # 100 * 0.3 + 300 * 0.5 = 180 over a span of 400.
        assert area(np.array([0.2, 0.4, 0.6]), np.array([100, 200, 500])) == pytest.approx(0.45)

    def test_area_of_one_label_count_is_the_value_and_of_a_gap_nothing(self) -> None:
        assert area(np.array([0.7]), np.array([100])) == 0.7
        assert np.isnan(area(np.array([0.2, NAN, 0.6]), np.array([100, 200, 500])))

    @given(arrays(np.float64, st.integers(2, 9), elements=st.floats(0, 1)), st.data())
    def test_area_is_numpys_and_within_the_curve(self, values: np.ndarray, data: st.DataObject) -> None:
        steps = data.draw(arrays(np.int64, len(values), elements=st.integers(1, 500)))
        labels = np.cumsum(steps)
        expected = integrate.trapezoid(values, labels) / (labels[-1] - labels[0])
        assert area(values, labels) == pytest.approx(expected)
        assert values.min() - 1e-9 <= area(values, labels) <= values.max() + 1e-9


class TestTable:
    def test_a_row_holds_means_intervals_and_aubc(self) -> None:
        comparison = compare(frame(*(trial("random", seed, [0.1, 0.3 + seed / 10, 0.5]) for seed in range(3))))
        (only,) = comparison.rows
        assert list(only.cells) == [100, 200, 300]
        assert only.cells[200].mean == pytest.approx(0.4)
        assert only.cells[200].half_width == pytest.approx(0.1 * 4.302652729911275 / math.sqrt(3))
        assert only.cells[100].half_width == pytest.approx(0, abs=1e-12)
        assert only.aubc.mean == pytest.approx(np.mean([0.3, 0.35, 0.4]))
        assert only.value is only.aubc
        assert only.seeds == (0, 1, 2)
        assert only.rank == 1
        assert not only.aubc.best  # alone, nothing is best

    def test_ranking_follows_at(self) -> None:
        data = frame(
            *(trial("early", seed, [0.1, 0.8 + seed / 100, 0.5]) for seed in range(2)),
            *(trial("late", seed, [0.3, 0.4 + seed / 100, 0.6]) for seed in range(2)),
        )

        def first(at: str) -> str:
            return compare(data, at=at).rows[0].strategy

        assert first("final") == "late"
        assert first("aubc") == "early"
        assert (first("round:0"), first("round:1"), first("labels:200"), first("labels:300")) == (
            "late",
            "early",
            "early",
            "late",
        )
        assert compare(data, at="round:1").groups[0].ranked == 200

    def test_lower_is_better_for_ece(self) -> None:
        values = {"random": [0.30, 0.31, 0.32, 0.33], "entropy": [0.10, 0.12, 0.11, 0.135]}
        data = finals(values, metric="test.ece")
        comparison = compare(data, metric="ece")
        assert not comparison.higher_is_better
        assert [row.strategy for row in comparison.rows] == ["entropy", "random"]
        assert comparison.rows[0].aubc.best
        assert comparison.rows[0].aubc.clear
        difference = comparison.rows[0].difference
        assert difference is not None
        assert difference.mean < 0
        assert difference.verdict == "better"

    def test_ties_share_the_rank_and_none_is_clear(self) -> None:
        comparison = compare(finals({"a": [0.5, 0.7, 0.6], "b": [0.7, 0.6, 0.5], "c": [0.1, 0.2, 0.3]}))
        assert [(r.strategy, r.rank, r.aubc.best, r.aubc.clear) for r in comparison.rows] == [
            ("a", 1, True, False),
            ("b", 1, True, False),
            ("c", 3, False, False),
        ]

    def test_a_best_that_is_not_significant_is_not_clear(self) -> None:
        close = compare(finals({"a": [0.5, 0.6, 0.8, 0.4], "b": [0.52, 0.5, 0.7, 0.5]}))
        assert (close.rows[0].aubc.best, close.rows[0].aubc.clear) == (True, False)
        apart = compare(finals({"a": [0.5, 0.6, 0.8, 0.4], "b": [0.3, 0.41, 0.6, 0.21]}))
        assert (apart.rows[0].aubc.best, apart.rows[0].aubc.clear) == (True, True)

    def test_bests_are_corrected_over_groups_and_agree_with_the_difference_from_the_same_row(self) -> None:
        values = {"entropy": [0.5, 0.6, 0.8, 0.4], "random": [0.46, 0.57, 0.72, 0.37]}
        raw = stats.ttest_rel(values["entropy"], values["random"]).pvalue
        assert 0.025 < raw < 0.05  # significant alone, not beside a second group
        alone = compare(finals(values))
        first = alone.rows[0]
        assert first.difference is not None
        assert (first.aubc.clear, first.difference.verdict) == (True, "better")
        beside = compare(
            pd.concat([finals(values), finals({"entropy": [0.3, 0.4], "random": [0.2, 0.7]}, dataset="b")])
        )
        first = next(row for row in beside.rows if row.dataset == "digits" and row.rank == 1)
        assert first.difference is not None
        assert (first.aubc.clear, first.difference.verdict) == (False, "~")

    def test_label_counts_are_corrected_for_each_other_and_aubc_is_not(self) -> None:
        a, b = [0.5, 0.6, 0.8, 0.4], [0.46, 0.57, 0.72, 0.37]
        assert 0.025 < stats.ttest_rel(a, b).pvalue < 0.05
        once = compare(finals({"a": a, "b": b})).rows[0]
        assert (once.cells[100].clear, once.aubc.clear) == (True, True)
        curves = [trial(name, seed, [y, y]) for name, scores in (("a", a), ("b", b)) for seed, y in enumerate(scores)]
        twice = compare(frame(*curves)).rows[0]
        assert (twice.cells[100].best, twice.cells[100].clear, twice.aubc.clear) == (True, False, True)

    def test_a_row_that_loses_on_common_seeds_does_not_lead(self) -> None:
        # a's mean is better because of its own seeds 3 to 5; where both ran, b is better by far.
        a = [0.5, 0.51, 0.52, 0.9, 0.9, 0.9]
        b = [0.6, 0.611, 0.62, NAN, NAN, NAN]
        first, second = compare(finals({"a": a, "b": b})).rows
        assert (first.strategy, first.aubc.best, first.aubc.clear) == ("b", True, True)
        assert (second.aubc.mean, second.aubc.n) == (pytest.approx(0.51), 3)


class TestDifferences:
    VALUES: ClassVar = {
        "random": [0.50, 0.52, 0.49, 0.51],
        "entropy": [0.60, 0.63, 0.58, 0.61],
        "badge": [0.5, 0.53, 0.5, 0.5],
    }

    def test_against_scipy_with_holm_over_what_is_shown(self) -> None:
        comparison = compare(finals(self.VALUES))
        raw = {name: stats.ttest_rel(self.VALUES[name], self.VALUES["random"]).pvalue for name in ("entropy", "badge")}
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

    def test_holm_counts_every_group(self) -> None:
        data = pd.concat([finals(self.VALUES), finals(self.VALUES, dataset="other")])
        assert compare(data).n_tests == 6  # two of each data set, and two over both
        found = [row.difference for row in compare(data).rows if row.difference]
        raw = stats.ttest_rel(self.VALUES["entropy"], self.VALUES["random"]).pvalue
        assert found[0].p_holm == pytest.approx(5 * raw)  # over both data sets its p is smaller still

    def test_worse(self) -> None:
        difference = row(compare(finals(self.VALUES), baseline="entropy"), "random").difference
        assert difference is not None
        assert difference.verdict == "worse"

    def test_a_strategy_is_taken_with_each_rows_method_and_a_pair_is_fixed(self) -> None:
        data = pd.concat([finals(self.VALUES), finals(self.VALUES, method="boostmis")])
        own = compare(data, baseline="badge")
        assert {(r.method, r.difference.method, r.difference.strategy) for r in own.rows if r.difference} == {
            ("supervised", "supervised", "badge"),
            ("boostmis", "boostmis", "badge"),
        }
        fixed = compare(data, baseline="supervised/badge")
        assert {(r.difference.method, r.difference.strategy) for r in fixed.rows if r.difference} == {
            ("supervised", "badge")
        }
        assert len([r for r in fixed.rows if r.difference]) == 5

    def test_a_baseline_stays_on_its_backbone(self) -> None:
        data = pd.concat([finals(self.VALUES), finals({"entropy": [0.1, 0.2]}, backbone="linear")])
        comparison = compare(data)
        assert all(r.difference is None for r in comparison.rows if r.backbone == "linear")
        assert "digits: there is no 'random' to compare supervised/entropy on linear with." in comparison.notes

    def test_without_random_there_is_no_difference_and_a_note(self) -> None:
        comparison = compare(finals({"entropy": [0.1, 0.2], "badge": [0.2, 0.3]}))
        assert comparison.baseline == ""
        assert not any(row.difference for row in comparison.rows)
        assert any("--baseline" in note for note in comparison.notes)

    def test_pairs_by_seed_not_by_position(self) -> None:
        data = finals({"random": [0.1, 0.2, 0.3, NAN], "entropy": [NAN, 0.25, 0.36, 0.9]})
        comparison = compare(data)
        difference = row(comparison, "entropy").difference
        assert difference is not None
        assert (difference.n, difference.mean) == (2, pytest.approx(0.055))
        assert any("entropy 2 of 3" in note for note in comparison.notes)
        assert any("supervised/random without seed 3" in note for note in comparison.notes)
        assert any("not ranked, as too few of them are there: supervised/entropy" in note for note in comparison.notes)

    def test_too_few_seeds(self) -> None:
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

    def test_fewer_than_three_seeds_in_common_have_no_verdict(self) -> None:
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

    def test_no_common_seed(self) -> None:
        difference = row(compare(finals({"random": [0.1, NAN], "entropy": [NAN, 0.3]})), "entropy").difference
        assert difference is not None
        assert (difference.n, difference.verdict) == (0, "too few seeds")
        assert math.isnan(difference.mean)


class TestIncomplete:
    def test_a_short_trial_counts_where_it_has_rounds_and_has_no_aubc(self) -> None:
        data = frame(
            *(trial("random", seed, [0.1, 0.2, 0.3 + seed / 10]) for seed in range(3)),
            *(trial("entropy", seed, [0.2, 0.3 + seed / 10, 0.5]) for seed in range(2)),
            trial("entropy", 2, [0.5, 0.6]),
        )
        comparison = compare(data)
        entropy = row(comparison, "entropy")
        assert [entropy.cells[labels].n for labels in (100, 200, 300)] == [3, 3, 2]
        assert entropy.aubc.n == 2
        assert entropy.difference is not None
        assert entropy.difference.n == 2
        assert "digits: curves with missing rounds have no AUBC: supervised/entropy seed 2." in comparison.notes

    def test_a_row_without_the_ranked_value_comes_last_without_rank(self) -> None:
        data = frame(*(trial("random", s, [0.1, 0.2]) for s in range(2)), *(trial("a", s, [0.9]) for s in range(2)))
        comparison = compare(data, at="final")
        assert [(r.strategy, r.rank) for r in comparison.rows] == [("random", 1), ("a", None)]
        assert math.isnan(comparison.rows[1].value.mean)
        assert comparison.rows[1].cells[200].n == 0

    def test_undefined_metrics_are_left_out_and_said(self) -> None:
        data = finals({"a": [0.1, 0.2, 0.3], "b": [0.2, 0.3, 0.4]})
        data.loc[0, "test.macro_f1"] = NAN
        comparison = compare(data)
        assert row(comparison, "a").cells[100].n == 2
        assert "digits: test.macro_f1 is undefined in 1 of 6 records, which are left out." in comparison.notes

    def test_a_metric_that_is_undefined_everywhere(self) -> None:
        data = finals({"a": [0.1, 0.2], "b": [0.2, 0.3]})
        data["test.auroc"] = [None] * len(data)
        comparison = compare(data, metric="auroc")
        assert all(r.rank is None and r.aubc.n == 0 and not r.aubc.best for r in comparison.rows)

    def test_protocols_stay_apart(self) -> None:
        data = pd.concat([finals({"a": [0.1, 0.2]}), finals({"a": [0.5, 0.6], "random": [0.1, 0.3]}, protocol="bbbb")])
        comparison = compare(data)
        assert [(g.protocol, len(g.rows)) for g in comparison.groups] == [("aaaa", 1), ("bbbb", 2)]
        assert not comparison.groups[0].rows[0].aubc.best
        assert any(
            "2 protocols (protocol aaaa; protocol bbbb)" in note and "must not" in note for note in comparison.notes
        )

    def test_stand_ins_are_named_and_kept_from_the_real_data(self) -> None:
        data = pd.concat([finals({"a": [0.1, 0.2]}), finals({"a": [0.1, 0.2]}, stand_in="MESCC")])
        comparison = compare(data)
        assert [group.stand_in for group in comparison.groups] == ["", "MESCC"]
        assert comparison.notes[0] == "digits is a stand-in for MESCC: simulated, not patient data."

    def test_labels_of_one_data_set_only(self) -> None:
        data = pd.concat(
            [frame(*(trial("a", s, [0.1, 0.2]) for s in range(2))), finals({"a": [0.3, 0.4]}, dataset="b")]
        )
        comparison = compare(data, at="labels:200")
        assert [group.ranked for group in comparison.groups] == [None, 200]
        assert "b: nothing is ranked, as there is no labels:200; there is 100." in comparison.notes

    def test_a_trial_in_two_suites_counts_once(self) -> None:
        data = finals({"a": [0.1, 0.2], "b": [0.3, 0.4]})
        comparison = compare(pd.concat([data, data.assign(suite="t")]))
        assert row(comparison, "a").aubc.n == 2
        assert any("counted once" in note for note in comparison.notes)

    def test_of_trials_with_other_defaults_the_most_complete_counts(self) -> None:
        data = frame(trial("a", 0, [0.1, 0.2]), trial("a", 1, [0.3, 0.4]))
        again = frame(trial("a", 0, [0.9])).assign(key="other")
        comparison = compare(pd.concat([data, again]))
        assert row(comparison, "a").cells[100].mean == pytest.approx(0.2)
        assert any("1 trial was run again" in note for note in comparison.notes)

    def test_failed_trials_are_kept(self) -> None:
        names = {"dataset": "digits", "method": "m", "strategy": "s", "backbone": "mlp", "protocol": "aaaa"}
        failed = pd.DataFrame([{**names, "seed": 1, "reason": "diverged"}, {**names, "seed": 0, "reason": "diverged"}])
        found = compare(finals({"a": [0.1]}), failed=failed).failed
        assert [(trial.seed, trial.status, trial.reason) for trial in found] == [
            (0, "failed", "diverged"),
            (1, "failed", "diverged"),
        ]


class TestUnknown:
    DATA = frame(*(trial(name, seed, [0.1, 0.2]) for name in ("random", "entropy") for seed in range(2)))

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"metric": "macro_f"}, "unknown metric 'macro_f': did you mean 'macro_f1'?"),
            ({"split": "tset"}, "unknown split 'tset': did you mean 'test'?"),
            ({"split": "seconds"}, "unknown split 'seconds'"),
            ({"at": "abc"}, "unknown ranking 'abc': did you mean 'aubc'?"),
            ({"baseline": "entrpy"}, "unknown baseline 'entrpy': did you mean 'entropy'?"),
            ({"baseline": "supervised/rando"}, "did you mean 'supervised/random'?"),
        ],
    )
    def test_the_nearest_name_is_offered(self, options: dict[str, Any], message: str) -> None:
        with pytest.raises(UnknownName, match=message.replace("?", r"\?")):
            compare(self.DATA, **options)

    @pytest.mark.parametrize(
        ("at", "message"),
        [
            ("labels:250", "ranking 'labels:250': no such label count; there is 100, 200: try labels:200."),
            ("200", "ranking '200': did you mean 'labels:200'?"),
            ("round:7", "ranking 'round:7': no such round; there is 0, 1: try round:1."),
            ("round:x", "ranking 'round:x': give a whole number after 'round:', as in round:3."),
            ("labels", "ranking 'labels': give a whole number after 'labels:', as in labels:300."),
        ],
    )
    def test_what_there_is_is_said(self, at: str, message: str) -> None:
        with pytest.raises(UserError) as caught:
            compare(self.DATA, at=at)
        assert str(caught.value) == message

    def test_no_results(self) -> None:
        with pytest.raises(UserError, match="albench run"):
            compare(self.DATA.iloc[:0])


class TestCurves:
    def test_each_metric_by_label_count(self) -> None:
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

    def test_label_counts_that_a_curve_has_not_reached_are_not_shown(self) -> None:
        data = frame(trial("a", 0, [0.1, 0.2]), trial("b", 0, [0.3]))
        tables = learning_curve_table(data, metrics=["macro_f1"])
        assert [len(table.rows) for table in tables] == [2, 1]

    def test_unknown_metric(self) -> None:
        with pytest.raises(UnknownName, match="did you mean 'macro_f1'"):
            learning_curve_table(TestUnknown.DATA, metrics=["macrof1"])

"""Labels to a target, labels saved, and quality at equal cost, worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from albench.compare import compare
from albench.compare.cost import Cost, area_at_equal_cost, parse_cost, spent_seconds
from albench.compare.labels import labels_to_reach, parse_target, savings
from albench.errors import UserError

NAN, INF = float("nan"), float("inf")
LABELS = np.array([100, 200, 400])


def records(curves: dict[str, list[list[float]]], **facts: object) -> pd.DataFrame:
    """Strategy -> one curve a seed, at 100, 200 and 400 labels."""
    rows = [
        {"strategy": strategy, "seed": seed, "round": at, "n_labeled": int(LABELS[at]), "test.macro_f1": value}
        for strategy, seeds in curves.items()
        for seed, curve in enumerate(seeds)
        for at, value in enumerate(curve)
    ]
    base = {"suite": "s", "dataset": "d", "stand_in": "", "method": "m", "backbone": "b", "protocol": "p"}
    data = pd.DataFrame(rows).assign(**{**base, "device": "cpu", "pool_size": 1000}, **facts)
    return data.assign(key=data["strategy"] + data["seed"].astype(str) + data["protocol"])


def test_labels_to_reach_by_hand() -> None:
    curves = np.array([[0.2, 0.4, 0.8], [0.5, 0.6, 0.7], [0.1, 0.2, 0.3], [0.2, NAN, 0.8], [NAN, NAN, NAN]])
    found = labels_to_reach(curves, LABELS, np.full(5, 0.5), 1.0)
    # 0.4 to 0.8 over 200 labels: 0.5 after a quarter. There from the start. Never. 0.2 to 0.8 over 300: half. No curve.
    np.testing.assert_allclose(found, [250, 100, INF, 250, NAN])


def test_a_curve_that_falls_back_has_reached_it_the_first_time() -> None:
    assert labels_to_reach(np.array([0.4, 0.6, 0.3]), LABELS, np.array(0.5), 1.0) == 150


def test_lower_is_better_where_the_sign_says_so() -> None:
    assert labels_to_reach(np.array([0.4, 0.2, 0.1]), LABELS, np.array(0.3), -1.0) == 150


def test_saved_is_read_at_one_quality_that_both_reach() -> None:
    values = np.array([[[0.2, 0.4, 0.5]], [[0.3, 0.6, 0.9]], [[0.1, 0.2, 0.3]]])  # baseline, better, worse
    found = savings(values, LABELS, np.array([0, 0, 0]), None, 1.0)
    # 0.5 lies two thirds of the way from 0.3 to 0.6: 166.7 labels, where the baseline needs 400. The worse row ends
    # with 0.3, which the baseline has with 150.
    np.testing.assert_allclose(found.saved, [NAN, 400 - (100 + 100 * 2 / 3), 150 - 400])
    assert np.isnan(found.saved_low).all()  # one seed has no interval


def test_a_baseline_that_is_level_before_its_end_is_not_charged_all_of_its_labels() -> None:
    # Both are at 0.6 with 200 labels and stay there: nothing is saved, though the baseline went on to 400.
    values = np.array([[[0.2, 0.6, 0.6]], [[0.2, 0.6, 0.61]], [[0.2, 0.58, 0.61]]])
    found = savings(values, LABELS, np.array([0, 0, 0]), None, 1.0)
    np.testing.assert_allclose(found.saved[1], 0, atol=1e-9)
    assert found.saved[2] < 0  # it gets there later, though it ends higher


@given(arrays(np.float64, (2, 6, 3), elements=st.floats(0, 1)), st.sampled_from([None, 0.5]), st.sampled_from([1, -1]))
def test_what_a_row_saves_its_baseline_loses(values: np.ndarray, target: float | None, sign: float) -> None:
    one = savings(values, LABELS, np.array([-1, 0]), target, sign)
    other = savings(values, LABELS, np.array([1, -1]), target, sign)
    np.testing.assert_allclose(one.saved[1], -other.saved[0], atol=1e-6)


def test_a_pair_is_read_over_the_seeds_that_both_have() -> None:
    base = np.array([[0.2, 0.4, 0.6]] * 3 + [[0.7, 0.8, 0.9]] * 3)  # the last three seeds are easy ones
    row = np.concatenate([base[:3] + 0.1, np.full((3, 3), NAN)])
    found = savings(np.stack([base, row]), LABELS, np.array([0, 0]), None, 1.0)
    assert found.saved[1] == pytest.approx(100)  # 0.6: with 300 labels and with 400


def test_saved_at_a_target_that_the_baseline_does_not_reach() -> None:
    values = np.array([[[0.2, 0.4, 0.5]], [[0.3, 0.6, 0.9]]])
    found = savings(values, LABELS, np.array([0, 0]), 0.8, 1.0)
    np.testing.assert_allclose(found.needed, [INF, 200 + 200 * 2 / 3])
    np.testing.assert_allclose(found.saved, [NAN, INF])
    assert found.at_least[1] == pytest.approx(400 - (200 + 200 * 2 / 3))


def test_intervals_are_paired_over_seeds() -> None:
    # Every seed saves 100 labels, whatever its own level: so does every resample.
    base = [[0.1 + s, 0.3 + s, 0.5 + s] for s in (0.0, 0.1, 0.2, 0.3, 0.4)]
    better = [[0.3 + s, 0.5 + s, 0.7 + s] for s in (0.0, 0.1, 0.2, 0.3, 0.4)]
    comparison = compare(records({"random": base, "better": better}))
    saved = next(row.saved for row in comparison.rows if row.strategy == "better")
    assert saved is not None
    assert (saved.labels, saved.low, saved.high) == (pytest.approx(200), pytest.approx(200), pytest.approx(200))
    assert next(row for row in comparison.rows if row.strategy == "random").saved is None


def test_the_interval_of_labels_to_a_target_says_when_it_is_not_always_reached() -> None:
    curves = [[0.2, 0.4, 0.6], [0.2, 0.4, 0.9], [0.2, 0.3, 0.4], [0.2, 0.4, 0.8], [0.1, 0.3, 0.5]]
    row = compare(records({"random": curves}), target="0.55").rows[0]
    assert row.reach is not None
    assert 200 < row.reach.labels < 400
    assert row.reach.low < row.reach.labels
    assert row.reach.high == INF


def test_a_share_of_full_is_of_the_best_trained_on_the_whole_pool() -> None:
    part = records({"random": [[0.2, 0.4, 0.8], [0.2, 0.4, 0.8]]})
    full = part[part["round"] == 0].assign(protocol="full", n_labeled=1000, **{"test.macro_f1": 0.8})
    comparison = compare(pd.concat([part, full]), target="75%-of-full")
    group = next(group for group in comparison.groups if group.protocol == "p")
    assert group.target == pytest.approx(0.6)
    assert group.rows[0].reach is not None
    assert group.rows[0].reach.labels == pytest.approx(300)


def test_no_full_labels_says_what_to_run() -> None:
    with pytest.raises(UserError, match=r"albench run -d d -m supervised -s random --initial 100% --rounds 1"):
        compare(records({"random": [[0.2, 0.4, 0.8]]}), target="95%-of-full")


@pytest.mark.parametrize("text", ["high", "95%", "nan", "-5%-of-full", "0%-of-full"])
def test_a_wrong_target_is_told(text: str) -> None:
    with pytest.raises(UserError, match="give a value of the metric"):
        parse_target(text)


def test_spent_counts_training_up_to_a_point_and_queries_before_it() -> None:
    train, query = np.array([10.0, 20.0, 30.0]), np.array([1.0, 2.0, 99.0])
    np.testing.assert_allclose(spent_seconds(train, query), [10, 31, 63])


def test_cost_in_hours_and_in_money() -> None:
    labels, seconds = np.array([100, 200]), np.array([3600.0, 7200.0])
    np.testing.assert_allclose(Cost(seconds_per_label=36).of(labels, seconds), [2, 4])
    np.testing.assert_allclose(Cost(price_per_label=2, price_per_hour=10).of(labels, seconds), [210, 420])


def test_area_over_the_costs_that_all_have() -> None:
    values = np.array([[[0.0, 1.0]], [[0.5, 0.5]]])
    spent = np.array([[[0.0, 10.0]], [[2.0, 6.0]]])
    areas, low, high = area_at_equal_cost(values, spent)
    assert (low, high) == (2, 6)
    np.testing.assert_allclose(areas[:, 0], [0.4, 0.5])  # the first runs from 0.2 to 0.6


def test_a_slow_strategy_pays_for_its_queries() -> None:
    curves = {"random": [[0.2, 0.4, 0.6], [0.2, 0.4, 0.62]], "slow": [[0.2, 0.5, 0.7], [0.2, 0.5, 0.72]]}
    data = records(curves).assign(**{"seconds.train": 60.0})
    data["seconds.query"] = np.where(data["strategy"] == "slow", 36_000.0, 1.0)
    free = compare(data, cost=["seconds-per-label=3600"])
    dear = compare(data, cost=["seconds-per-label=10"])
    assert {row.strategy: row.cost_rank for row in free.rows} == {"slow": 1, "random": 2}
    assert {row.strategy: row.rank for row in dear.rows} == {"slow": 1, "random": 2}
    # At 10 s a label random is done after 4,182 s, when the slow one is 3,122 of 37,060 s on its way from 0.2 to 0.5.
    assert {row.strategy: row.cost_rank for row in dear.rows} == {"slow": 2, "random": 1}
    slow = next(row.cost_adjusted for row in dear.rows if row.strategy == "slow")
    assert slow is not None
    assert slow.mean == pytest.approx(0.2 + 0.3 * 3122 / 37060 / 2)


@pytest.mark.parametrize(
    "words", [["label=3"], ["seconds-per-label=x"], ["seconds-per-label=-1"], ["seconds-per-label"]]
)
def test_a_wrong_cost_is_told(words: list[str]) -> None:
    with pytest.raises(UserError, match="write one of seconds-per-label=NUMBER"):
        parse_cost(words)


def test_time_and_money_are_not_mixed() -> None:
    with pytest.raises(UserError, match="seconds-per-label alone"):
        parse_cost(["seconds-per-label=3", "price-per-hour=2"])
    assert str(parse_cost(["price-per-hour=2"])) == "price-per-hour=2"

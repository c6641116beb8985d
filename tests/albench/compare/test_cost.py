"""What labels and computing cost, and quality at equal cost, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from made_up import curve_records

from albench.compare import compare
from albench.compare.cost import Cost, area_at_equal_cost, parse_cost, spent_seconds
from albench.errors import UserError


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
    data = curve_records(curves, [100, 200, 400]).assign(**{"seconds.train": 60.0})
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

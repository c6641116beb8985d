"""Groups side by side: one stands for each data set, with the rows that all of them have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from albench.compare.across import across_of, common_names
from albench.compare.gather import gather
from albench.compare.numbers import numbers_of
from albench.compare.question import Question


def rows(dataset: str, values: dict[str, list[float]], **facts: Any) -> list[dict[str, Any]]:
    """Trials of one round: strategy -> value of each seed."""
    base = {"suite": "s", "dataset": dataset, "stand_in": "", "method": "m", "backbone": "b", "protocol": "p"}
    return [
        {**base, "device": "cpu", "round": 0, "n_labeled": 10, "strategy": name, "seed": seed, **facts}
        | {"key": f"{dataset}{name}{seed}{facts}", "test.macro_f1": value}
        for name, of_seeds in values.items()
        for seed, value in enumerate(of_seeds)
    ]


def side_by_side(*parts: list[dict[str, Any]]) -> Any:
    question = Question()
    groups, _ = gather(pd.DataFrame([row for part in parts for row in part]), [question.column])
    return across_of([numbers_of(group, question, "random") for group in groups])


def test_names_are_without_backbones_where_each_group_has_one_of_its_own() -> None:
    assert common_names([[("mlp", "m", "a")], [("cnn", "m", "a")]]) == [[("", "m", "a")], [("", "m", "a")]]
    both = [[("mlp", "m", "a"), ("cnn", "m", "a")], [("cnn", "m", "a")]]
    assert common_names(both) == both


def test_pairs_are_those_that_every_data_set_has_seeds_in_a_row() -> None:
    found = side_by_side(
        rows("d", {"random": [0.1, 0.2, 0.3], "a": [0.4, 0.5, 0.6], "only here": [0.0, 0.0, 0.0]}),
        rows("e", {"random": [0.7, 0.8], "a": [0.9, 1.0]}, backbone="other"),
    )
    assert [setting.title for setting in found.settings] == ["d", "e"]
    assert found.rows.names == [("", "m", "a"), ("", "m", "random")]
    assert found.rows.pairs == [(("", "m", "a"), ("", "m", "random"))]
    np.testing.assert_array_equal(found.rows.own, [[0.4, 0.5, 0.6, 0.9, 1.0]])
    np.testing.assert_array_equal(found.rows.against, [[0.1, 0.2, 0.3, 0.7, 0.8]])
    assert found.rows.seeds.tolist() == [3]  # the most of one data set: pairs of two are not five seeds


def test_a_group_of_one_row_stands_for_no_data_set() -> None:
    pair = {"random": [0.1], "a": [0.2]}
    found = side_by_side(rows("alone", {"a": [0.3]}), rows("d", pair), rows("e", pair))
    assert [(setting.places, setting.title) for setting in found.settings] == [((1,), "d"), ((2,), "e")]


def test_one_data_set_or_no_second_row_in_common_is_nothing_over_data_sets() -> None:
    pair = {"random": [0.1], "a": [0.2]}
    assert side_by_side(rows("d", pair)).rows is None
    assert side_by_side(rows("d", pair), rows("e", {"b": [0.1], "a": [0.2]})).rows is None


def test_of_two_protocols_of_a_data_set_the_common_one_stands_for_it() -> None:
    pair = {"random": [0.1], "a": [0.2]}
    found = side_by_side(rows("d", pair), rows("d", pair, protocol="q"), rows("e", pair, protocol="q"))
    assert [setting.places for setting in found.settings] == [(1,), (2,)]


def test_a_data_set_that_is_read_in_two_ways_counts_once_as_their_mean() -> None:
    """By hand: pixels and features of the same items, of seed 2 only the pixels, of one strategy only the features."""
    found = side_by_side(
        rows("pixels", {"random": [0.1, 0.2, 0.3], "a": [0.3, 0.4, 0.5]}, items="same"),
        rows("features", {"random": [0.3, 0.6], "a": [0.6, 0.9], "more": [0.1, 0.1]}, items="same"),
        rows("other", {"random": [0.7, 0.8], "a": [0.9, 1.0]}, items="else"),
    )
    mean, other = found.settings
    assert (mean.title, other.title) == ("the mean of features and pixels", "other")
    assert (mean.places, mean.names) == ((0, 2), [("", "m", "a"), ("", "m", "more"), ("", "m", "random")])
    none = [np.nan] * 3
    np.testing.assert_allclose(mean.compared, [[0.45, 0.65, np.nan], none, [0.2, 0.4, np.nan]])
    np.testing.assert_allclose(mean.ranked, mean.compared)
    np.testing.assert_allclose(found.rows.own, [[0.45, 0.65, np.nan, 0.9, 1.0]])
    np.testing.assert_allclose(found.rows.against, [[0.2, 0.4, np.nan, 0.7, 0.8]])
    assert found.rows.seeds.tolist() == [2]


def test_one_data_set_is_none_beside_itself() -> None:
    pair = {"random": [0.1], "a": [0.2]}
    assert side_by_side(rows("pixels", pair, items="same"), rows("features", pair, items="same")).rows is None
    apart = side_by_side(rows("pixels", pair, items=""), rows("features", pair, items=""))
    assert len(apart.settings) == 2, "where nothing is known of the items, names decide"

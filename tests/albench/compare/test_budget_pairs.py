"""Which groups stand side by side at one budget."""

from __future__ import annotations

import dataclasses

import pandas as pd
from made_up_budgets import changing, steady

from albench.compare.budget_pairs import at_budgets, data_sets, other_settings
from albench.compare.budgets import budget_families
from albench.compare.gather import gather
from albench.compare.numbers import numbers_of
from albench.compare.question import Question


def test_groups_of_the_same_budget_and_protocol_are_side_by_side() -> None:
    frame = pd.concat([changing(), steady(dataset="rings", data_hash="d2"), steady(dataset="third", data_hash="d3")])
    frame.loc[frame["dataset"] == "third", "protocol.lr"] = 0.1
    curves, _ = gather(frame, ["test.macro_f1"])
    families = budget_families(curves)
    assert families == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    found = at_budgets([numbers_of(one, Question(), "random") for one in curves], families)
    assert [(one.datasets, one.budget) for one in found] == [
        (("digits", "rings"), budget) for budget in ("20+2x10", "60+2x30", "150+2x80")
    ]
    assert found[0].rows.own.shape == (2, 16), "seeds of both data sets in a row"
    assert dict(other_settings(curves[0])) == {"lr": "0.03"}


def test_one_data_set_that_is_read_in_two_ways_is_one() -> None:
    (first, *_), _ = gather(changing(), ["test.macro_f1"])
    other = dataclasses.replace(first, dataset="other", data_hash="d2")
    assert data_sets([first]) == {"digits": [0]}
    assert data_sets([first, other]) == {"digits": [0], "other": [1]}
    again = dataclasses.replace(first, dataset="again")
    assert data_sets([first, other, again]) == {"the mean of digits and again": [0, 2], "other": [1]}


def test_data_that_changed_behind_a_name_are_compared_with_nothing() -> None:
    (first, *_), _ = gather(changing(), ["test.macro_f1"])
    changed = dataclasses.replace(first, dataset="digits (data 12345678)", data_hash="12345678")
    assert data_sets([first, changed, dataclasses.replace(first, dataset="other", data_hash="d2")]) == {}
    stand_in = dataclasses.replace(first, stand_in="MESCC", data_hash="d2")
    assert data_sets([first, stand_in]) == {}, "two of one name have no two columns"


def test_at_a_budget_too_a_data_set_that_is_read_in_two_ways_counts_once() -> None:
    again = changing(dataset="digits again", data_hash="d3").assign(items="same")
    rings = steady(dataset="rings", data_hash="d2").assign(items="else")
    curves, _ = gather(pd.concat([changing().assign(items="same"), again, rings]), ["test.macro_f1"])
    numbers = [numbers_of(one, Question(), "random") for one in curves]
    found = at_budgets(numbers, budget_families(curves))
    assert found[0].datasets == ("the mean of digits and digits again", "rings")
    both, one = (
        at_budgets([numbers[at] for at in places], budget_families([curves[at] for at in places]))[0].rows
        for places in (range(9), (*range(3), *range(6, 9)))
    )
    assert both.own.shape == (2, 16)
    assert (both.own == one.own).all(), "the mean of two that are alike"

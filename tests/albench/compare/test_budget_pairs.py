"""Which groups stand side by side at one budget."""

from __future__ import annotations

import dataclasses

import pandas as pd
from made_up_budgets import changing, steady

from albench.compare.budget_pairs import at_budgets, distinct, other_settings
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


def test_one_data_set_under_two_names_is_not_distinct() -> None:
    (first, *_), _ = gather(changing(), ["test.macro_f1"])
    assert not distinct([first])
    assert not distinct([first, dataclasses.replace(first, dataset="again")])
    assert distinct([first, dataclasses.replace(first, dataset="other", data_hash="d2")])

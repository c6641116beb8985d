"""Over budgets: ranks at each, ties by the tests, and whether the winner changes, on curves made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_up_budgets import BUDGETS, SEEDS, alike, changing, steady, under

from albench.compare import Comparison, compare
from albench.compare.budget_tables import OverBudgets


def rows(over: OverBudgets) -> dict[str, tuple[tuple[float, ...], tuple[bool, ...]]]:
    return {row.strategy: (row.ranks, row.firsts) for row in over.rows}


def only(comparison: Comparison) -> OverBudgets:
    (over,) = comparison.budgets
    return over


def test_a_winner_that_changes_is_told_and_a_tie_is_called_one() -> None:
    over = only(compare(changing()))
    assert over.budgets == tuple(BUDGETS), "by their labels, however the records lie"
    assert over.levels == ("low", "medium", "high")
    assert over.n_labeled == (40, 120, 310)
    assert over.n_seeds == (SEEDS,) * 3
    assert over.winner == "changes"
    assert rows(over) == {
        "entropy": ((3, 1, 1), (False, True, True)),
        "typical": ((1, 2, 2), (True, True, False)),
        "random": ((2, 3, 3), (False, False, False)),
    }
    assert [row.mean_rank for row in over.rows] == pytest.approx([5 / 3, 5 / 3, 8 / 3])


def test_a_winner_that_stays_is_the_only_first_at_each_budget() -> None:
    over = only(compare(steady()))
    assert over.winner == "same"
    assert rows(over)["entropy"] == ((1, 1, 1), (True, True, True))
    assert not any(any(row.firsts) for row in over.rows if row.strategy != "entropy")


def test_where_nothing_is_told_all_are_tied_and_no_change_is_claimed() -> None:
    over = only(compare(alike()))
    assert over.winner == "open"
    assert all(all(row.firsts) for row in over.rows)
    assert len({row.ranks for row in over.rows}) == 3, "ranks differ all the same"


def test_equal_means_share_their_rank_and_both_lead() -> None:
    level = [0.5 + 0.01 * seed for seed in range(SEEDS)]
    same = {"random": [value - 0.3 for value in level], "a": level, "b": level}
    over = only(compare(pd.concat([under("20+2x10", same), under("60+2x30", same)])))
    assert over.levels == ("low", "high")
    assert rows(over)["a"] == rows(over)["b"] == ((1.5, 1.5), (True, True))
    assert over.winner == "open", "one is no winner beside the other"


def test_two_seeds_tell_no_row_from_another() -> None:
    few = changing()
    over = only(compare(few[few["seed"] < 2]))
    assert over.winner == "open"
    assert all(all(row.firsts) for row in over.rows)


def test_what_the_tables_tell_is_told_over_budgets_too() -> None:
    """Differences from the baseline stand in a family of 14, where of all 56 pairs this one would not."""
    pattern = np.array([-1.3, -1.0, -0.6, -0.1, 0.2, 0.6, 0.9, 1.3])
    level = np.linspace(0.5, 0.6, SEEDS)
    scores = {"random": level, "a": level - 0.0175 - 0.01 * pattern}
    scores |= {f"b{at}": level - 0.001 + 0.02 * np.roll(pattern, at) for at in range(6)}
    comparison = compare(pd.concat([under(budget, scores) for budget in list(BUDGETS)[:2]]))
    told = [row for group in comparison.groups for row in group.rows if row.strategy == "a"]
    assert [row.difference and row.difference.verdict for row in told] == ["worse", "worse"]
    assert all(0.05 / 56 < row.difference.p < 0.05 / 14 for row in told if row.difference)
    firsts = {name: firsts for name, (_, firsts) in rows(only(comparison)).items()}
    assert not any(firsts.pop("a"))
    assert all(map(all, firsts.values()))


def test_lower_is_better_where_the_metric_says_so() -> None:
    frame = changing().rename(columns={"test.macro_f1": "test.ece"})
    over = only(compare(frame, metric="ece"))
    assert rows(over)["random"][0] == (2, 1, 1)
    assert rows(over)["entropy"][0] == (1, 3, 3)


def test_only_rows_that_every_budget_ranks_are_there_and_the_others_are_named() -> None:
    frame = changing()
    over = only(compare(frame[(frame["strategy"] != "typical") | (frame["n_labeled"] < 60)]))
    assert set(rows(over)) == {"random", "entropy"}
    assert over.left_out == ("supervised/typical",)
    assert rows(over)["random"][0] == (1, 2, 2), "ranks are among the rows of the table"
    few = frame[(frame["strategy"] != "typical") | (frame["n_labeled"] < 60) | (frame["seed"] < 2)]
    assert only(compare(few)).left_out == ("supervised/typical",), "two seeds of eight are not ranked"


def test_budgets_are_joined_where_nothing_else_differs() -> None:
    low, high = under("20+2x10", {"random": 0.4, "a": 0.5}), under("60+2x30", {"random": 0.4, "a": 0.5})
    assert compare(low).budgets == ()
    assert compare(low).groups[0].place == "digits"
    joined = compare(pd.concat([low, high]))
    assert [group.place for group in joined.groups] == ["digits (20+2x10)", "digits (60+2x30)"]
    assert only(joined).place == "digits"
    assert compare(pd.concat([low, high.assign(**{"protocol.lr": 0.1})])).budgets == ()
    assert compare(pd.concat([low, high.drop(columns="protocol.rounds")])).budgets == (), "not known"
    assert compare(pd.concat([part[part["strategy"] == "a"] for part in (low, high)])).budgets == (), "one row"
    assert compare(pd.concat([low, high]), at="labels:120").budgets == (), "a label count of one budget alone"


def test_a_run_with_the_whole_pool_is_no_budget_of_the_table() -> None:
    whole = under("20+2x10", {"random": 0.95}).query("round == 0")
    whole = whole.assign(**{"protocol": "w", "n_labeled": 1000, "protocol.initial": "100%", "protocol.rounds": 1})
    comparison = compare(pd.concat([steady(), whole]))
    assert only(comparison).budgets == tuple(BUDGETS)
    assert comparison.groups[-1].place == "digits (100% at once)"


def test_two_families_of_one_data_set_are_apart_and_named() -> None:
    other = steady(**{"protocol.lr": 0.1})
    other["protocol"] += "x"
    found = compare(pd.concat([changing(), other])).budgets
    assert {(over.place, over.winner) for over in found} == {
        ("digits (lr=0.03)", "changes"),
        ("digits (lr=0.1)", "same"),
    }


def test_data_sets_with_the_same_budgets_are_ranked_together() -> None:
    frames = [changing(), steady(dataset="rings", data_hash="d2", backbone="mlp")]
    found = compare(pd.concat(frames)).budgets
    assert [over.datasets for over in found] == [("digits",), ("rings",), ("digits", "rings")]
    together = found[-1]
    assert {row.strategy: row.ranks for row in together.rows} == {
        "entropy": (2, 1, 1),
        "typical": (1.5, 2, 2),
        "random": (2.5, 3, 3),
    }
    assert together.winner == ""
    assert {row.backbone for row in together.rows} == {""}, "each data set has a backbone of its own"
    assert [row.mean_rank for row in together.rows] == pytest.approx([4 / 3, 11 / 6, 17 / 6])


def test_over_data_sets_each_budget_has_differences_paired_by_seed_and_data_set() -> None:
    frames = pd.concat([changing(), steady(dataset="rings", data_hash="d2")])
    alone = [compare(frames[frames["protocol"] == protocol]).overall for protocol in ("p20", "p60", "p150")]
    comparison = compare(frames)
    together = {row.strategy: row.differences for row in comparison.budgets[-1].rows}
    assert together["random"] == (None, None, None)
    for at, overall in enumerate(alone):
        assert overall is not None
        for row in overall.rows:
            gap = together[row.strategy][at]
            assert (gap and (gap.mean, gap.n, gap.p)) == (
                row.difference and (row.difference.mean, row.difference.n, row.difference.p)
            )
    assert comparison.n_tests == 2 * 2 * 3 + 2 * 3, "one family: each table's, and at each budget those over data sets"
    assert all(gap.p_holm >= gap.p for gaps in together.values() for gap in gaps if gap)
    assert not any("over data sets" in note for note in comparison.notes)


def test_one_data_set_under_two_names_is_not_two() -> None:
    found = compare(pd.concat([changing(), changing(dataset="again")])).budgets
    assert [over.datasets for over in found] == [("again",), ("digits",)]


def test_the_table_is_the_same_on_a_page_that_shows_another_metric_first() -> None:
    frame = steady().assign(**{"test.accuracy": lambda all_: all_["test.macro_f1"]})
    first = compare(frame)
    assert only(compare(frame, metric="accuracy", after=first)).winner == "same"
    noise = alike()["test.macro_f1"]
    after = compare(frame.assign(**{"test.macro_f1": noise}))
    assert only(compare(frame, metric="accuracy", after=after)).winner == "open", "one page claims no more than one"

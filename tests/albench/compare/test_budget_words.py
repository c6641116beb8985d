"""The verdict over budgets, word for word."""

from __future__ import annotations

import pandas as pd
from made_up_budgets import BUDGETS, alike, changing, steady, under

from albench.compare import answer, compare
from albench.compare.budget_words import budget_sentences


def said(*frames: pd.DataFrame) -> tuple[str, ...]:
    return budget_sentences(compare(pd.concat(frames)))


def test_a_change_names_each_winner_and_its_ties() -> None:
    assert said(changing()) == (
        "Over 3 budgets, in test macro F1, the winner changes: typical at 20+2x10, entropy (or typical, not told from "
        "it) at 60+2x30, entropy at 150+2x80.",
    )


def test_one_winner() -> None:
    assert said(steady()) == (
        "Over 3 budgets, in test macro F1, entropy is first at each budget, and told from all others there.",
    )


def test_nothing_told_is_no_winner_and_no_change() -> None:
    (text,) = said(alike())
    assert text.startswith(
        "Over 3 budgets, in test macro F1, no row can be told from the first at any budget; the best "
    )
    assert text.endswith(", and that may be chance.")


def test_ties_at_some_budgets() -> None:
    tied = [under(b, {"random": 0.4, "a": 0.6, "b": 0.6 if b == "20+2x10" else 0.5}) for b in BUDGETS]
    lead = compare(tied[0]).groups[0].rows[0].strategy
    (text,) = said(*tied)
    if lead == "a":
        assert text.endswith("a is first, or tied with the first, at each of 3; tied with it: b at 20+2x10.")
    else:
        assert "a is first, or tied with the first, at each of 3; the best means are those of b at 20+2x10" in text
    both = [under(b, {"random": 0.4, "a": 0.6, "b": 0.6001}) for b in list(BUDGETS)[:2]]
    assert "are first, or tied with the first, at each of 2" in said(*both)[0]


def test_several_data_sets_are_named_and_counted() -> None:
    first, second, third = said(changing(), steady(dataset="rings", data_hash="d2", stand_in="RINGS"))
    assert first.startswith("On digits, over 3 budgets, in test macro F1, the winner changes")
    assert second.startswith("On rings (simulated stand-in for RINGS), over 3 budgets, ")
    assert third == (
        "Over 2 data sets and 3 budgets, in test macro F1, the best mean ranks are those of typical at 20+2x10, "
        "entropy at 60+2x30 and 150+2x80; better than random: entropy at 60+2x30 and 150+2x80, typical at each budget; "
        "the winner is shown to change with the budget on 1 of 2 data sets (digits), and to be the same at each on 1 "
        "(rings)."
    )


def test_the_answer_tells_it_before_single_budgets() -> None:
    comparison = compare(changing())
    assert answer(comparison).lines[0] == budget_sentences(comparison)[0]
    assert len(answer(comparison).lines) == 4
    assert answer(compare(under("20+2x10", {"random": 0.4, "a": 0.5}))).budgets == ()

"""Counts and lists in words."""

from __future__ import annotations

import pytest

from albench.wording import budget_text, counted, listed, plural


@pytest.mark.parametrize(
    ("n", "noun", "said"),
    [
        (1, "trial", "1 trial"),
        (0, "trial", "0 trials"),
        (2000, "strategy", "2,000 strategies"),
        (2, "class", "2 classes"),
        (3, "data set", "3 data sets"),
        (2, "day", "2 days"),
        (2, "batch", "2 batches"),
    ],
)
def test_counts_agree_with_their_noun(n: int, noun: str, said: str) -> None:
    assert counted(n, noun) == said
    assert said.endswith(noun if n == 1 else plural(noun))


def test_lists_name_some_and_count_the_rest_but_never_a_rest_of_one() -> None:
    names = list("abcde")
    assert listed(names[:1]) == "a"
    assert listed(names[:2]) == "a and b"
    assert listed(names) == "a, b, c, d and e"
    assert listed(names, 4) == "a, b, c, d and e"
    assert listed(names, 3) == "a, b, c and 2 others"


def test_a_budget_is_its_start_and_its_queries() -> None:
    assert budget_text("20", "10", 6) == "20+5x10"
    assert budget_text("5%", "2%", 2) == "5%+1x2%"
    assert budget_text("20", "10", 1) == "20 at once"

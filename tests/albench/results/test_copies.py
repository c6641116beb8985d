"""Copies of a trial: which one counts, and how far they lie apart."""

from __future__ import annotations

from typing import Any

import pytest

from albench.results.copies import apart, completeness, first_difference, gaps, made_otherwise, other_words, plain
from albench.results.records import TrialFiles


@pytest.mark.parametrize(
    ("value", "text"), [(0.25, "0.250"), (0.0012, "0.001"), (4.34e-7, "0.00000043"), (1e-16, "0.00000000000000010")]
)
def test_small_numbers_have_plain_digits(value: float, text: str) -> None:
    assert plain(value) == text


def round_of(number: int, **metrics: float) -> dict[str, Any]:
    return {"round": number, "test": metrics, "seconds": {"train": float(number)}, "peak_memory_mb": 1.0}


def test_the_complete_copy_is_kept_then_the_longer_one_then_the_one_that_says_why() -> None:
    copies = [("complete", 2), ("incomplete", 3), ("failed", 2), ("incomplete", 2)]
    assert sorted(copies, key=lambda copy: completeness(*copy), reverse=True) == copies


def test_the_first_difference_is_named_and_measured_seconds_are_none() -> None:
    old, new = [round_of(0, accuracy=0.5), round_of(1, accuracy=0.5)], [round_of(0, accuracy=0.5)]
    new[0]["seconds"] = {"train": 99.0}
    assert first_difference(old, new) == ""  # over the rounds that both have
    assert first_difference(old, [*new, round_of(1, accuracy=0.6)]) == "round 1 on: test.accuracy 0.5 and 0.6"


def test_gaps_are_of_metrics_that_both_have() -> None:
    found = gaps("k", [round_of(0, accuracy=0.5, ece=0.1)], [round_of(0, accuracy=0.75, auroc=0.9)])
    assert [(gap.metric, gap.size) for gap in found] == [("accuracy", 0.25)]
    assert str(found[0]) == "0.250 in test accuracy (0.500 and 0.750), trial k, round 0"


def test_the_largest_gap_is_told_with_that_of_macro_f1() -> None:
    old, new = [round_of(3, accuracy=0.5, macro_f1=0.5)], [round_of(3, accuracy=0.75, macro_f1=0.625)]
    assert apart(gaps("k", old, new), "").endswith("round 0; in test macro_f1 it is at most 0.125")
    assert (
        apart([], "round 1 on: queried differs")
        == "no test metric differs; what does is, from round 1 on: queried differs"
    )


def test_what_copies_were_made_with_is_told_where_both_say_it() -> None:
    def files(**made_with: str) -> TrialFiles:
        attempts = [{"run": "r", "round": 0, "made_with": made_with}] if made_with else []
        return TrialFiles({"attempts": attempts}, [round_of(0)], {}, ())

    other = made_otherwise(files(torch="2.12", processor="A"), files(torch="2.13", processor="A", timm="1"))
    assert other == {"torch": ({"2.12"}, {"2.13"})}
    assert other_words(other) == "torch 2.12 and 2.13"
    assert made_otherwise(files(torch="2.12"), files()) is None

"""The sentence that answers: what stands after correction is a finding, what does not is never worded as one."""

from __future__ import annotations

import re

import pytest
from made_up_tables import NAN, comparison, gap, of, row

from albench.compare import Row, answer
from albench.compare.estimates import Verdict
from albench.compare.tables import Overall, OverallRow


def test_what_is_not_shown_is_said_first_with_the_seeds_that_would_decide() -> None:
    rows = (row("galaxy", 0.9, gap(0.04, "~", 6, n=3), n=3), row("random", 0.86, rank=2, n=3))
    found = answer(comparison(rows))
    assert found.text == str(found) == found.lines[0]
    assert found.text == (
        "With 3 seeds, nothing is shown to be better than random in test macro F1 (mean over 20 to 80 labels); galaxy "
        "leads with 0.900 against 0.860 of random; about 6 seeds would tell galaxy from random if the true difference "
        "is the one measured. At 80 labels the test macro F1 is "
        "0.900 ± 0.010 with galaxy and 0.860 ± 0.010 with random."
    )


def test_one_row_is_told_without_a_comparison() -> None:
    assert answer(comparison((row("galaxy", 0.9),), baseline="")).text == (
        "boostmis + galaxy has a test macro F1 of 0.900 ± 0.010 at 80 labels (10 seeds); nothing is beside it to "
        "compare it with."
    )


def test_nothing_that_ranks_is_said() -> None:
    rows = tuple(row(name, NAN, rank=1, n=0) for name in ("galaxy", "random"))
    rows = tuple(Row(**(vars(each) | {"rank": None})) for each in rows)
    text = answer(comparison(rows, at="round:9")).text
    assert text == "Nothing is ranked by test macro F1, as there is no round:9 here."
    assert answer(comparison(rows)).text == "Nothing is ranked by test macro F1, as no curve is whole."


def test_a_stand_in_and_several_data_sets_and_protocols_are_named() -> None:
    rows = (row("galaxy", 0.9, gap(0.04, "better")), row("random", 0.86, rank=2))
    alone = answer(comparison(of(*rows, dataset="mescc-sim", stand_in="MESCC"))).text
    assert alone.startswith("On mescc-sim (simulated stand-in for MESCC), with 10 seeds, galaxy is better")
    groups = (of(*rows, setup="lr=1"), of(*rows, protocol="ffff", setup="lr=2"), of(*rows, dataset="rings"))
    found = answer(comparison(*groups))
    assert found.lines == found.groups
    assert [re.split(", with", line)[0] for line in found.lines] == ["On digits (lr=1)", "On digits (lr=2)", "On rings"]


@pytest.mark.parametrize(
    ("verdict", "said"), [("better", "galaxy is better than random by"), ("~", "nothing is shown")]
)
def test_data_sets_together_come_first(verdict: Verdict, said: str) -> None:
    rows = (row("galaxy", 0.9, gap(0.04, "~", 30)), row("random", 0.86, rank=2))
    both = tuple(
        OverallRow("", "boostmis", name, 1.0, 0.9, 0.8, 1.0, 20, difference=difference)
        for name, difference in (("galaxy", gap(0.04, verdict, n=20)), ("random", None))
    )
    overall = Overall(("digits (1a2b)", "rings (1a2b)"), both, NAN, 1.0, (), ())
    found = answer(comparison(of(*rows), of(*rows, dataset="rings"), overall=overall))
    assert found.lines == (found.overall, *found.groups)
    assert found.overall.startswith(f"Over 2 data sets together, with 20 pairs of trials, {said}")
    assert "corrected for 2 comparisons" in found.overall

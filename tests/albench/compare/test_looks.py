"""Looks at a growing number of seeds: what each may claim, by hand, and that a comparison keeps to it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_up import finals, row
from scipy import stats

from albench.compare import answer, compare
from albench.compare.looks import Looks, as_many, planned, read, times
from albench.render.words import legend

HIGH = [0.53, 0.54, 0.52, 0.55, 0.53, 0.54, 0.56, 0.52, 0.55, 0.53]
LOW = [0.50, 0.52, 0.51, 0.52, 0.50, 0.53, 0.52, 0.51, 0.53, 0.50]


def under(looks: str, n: int, **values: list[float]) -> pd.DataFrame:
    return finals({name: scores[:n] for name, scores in values.items()}, looks=looks)


def test_the_shares_are_the_increments_of_a_power_of_the_seeds() -> None:
    looks = planned(5, 50)
    assert looks.at == (5, 10, 15, 20, 30, 50)
    # (5 / 50) ** 1.5 = 0.1 * sqrt(0.1); (30 / 50) ** 1.5 = 0.6 * sqrt(0.6) = 0.464758; one together
    assert looks.shares[0] == pytest.approx(0.0316228, abs=1e-7)
    assert looks.shares[-1] == pytest.approx(1 - 0.4647580, abs=1e-7)
    assert sum(looks.shares) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("first", "most", "at"),
    [
        (5, 5, (5,)),
        (8, 12, (8, 10, 12)),
        (10, 30, (10, 15, 20, 30)),
        (3, 4, (3, 4)),
        (12, 60, (12, 15, 20, 30, 50, 60)),
    ],
)
def test_where_there_are_looks(first: int, most: int, at: tuple[int, ...]) -> None:
    looks = planned(first, most)
    assert looks.at == at
    assert sum(looks.shares) == pytest.approx(1.0)
    assert min(looks.shares) > 0


def test_looks_that_were_taken_keep_what_they_used() -> None:
    taken = planned(5, 50).until(10)
    looks = planned(10, 100, taken)
    assert looks.at == (5, 10, 15, 20, 30, 50, 75, 100)
    assert looks.shares[:2] == taken.shares
    assert sum(looks.shares) == pytest.approx(1.0)
    left, whole = 1 - 0.2**1.5, 1 - 0.1**1.5  # what two looks of 5 and 10 of 50 leave, and 10 of 100
    assert looks.shares[-1] == pytest.approx(left * (1 - 0.75**1.5) / whole)
    assert planned(10, 8, taken) == taken, "a smaller number adds no look"


def test_a_comparison_has_the_share_of_its_look_or_of_the_next() -> None:
    looks = Looks((5, 10), (0.2, 0.8))
    assert [looks.share(n) for n in (3, 5, 7, 10, 11)] == [0.2, 0.2, 0.8, 0.8, 0.0]
    assert read(str(looks)) == looks
    assert read("") == Looks()


def test_p_values_of_a_share() -> None:
    assert times(np.array([0.01, 0.3, np.nan]), 0.25) == pytest.approx([0.04, 1.0, np.nan], nan_ok=True)
    assert times(np.array([0.0, np.nan]), 0.0) == pytest.approx([1.0, np.nan], nan_ok=True)
    assert (as_many(3, 1.0), as_many(3, 0.5), as_many(1, 0.3)) == (3, 6, 4)


def test_p_and_interval_are_those_of_the_looks_level() -> None:
    """Five seeds have a t-test: p is multiplied by one over the share, the interval is of 5 % times the share."""
    plain = row(compare(under("", 5, random=LOW, mine=HIGH)), "mine").difference
    looked = row(compare(under("5:0.05 10:0.95", 5, random=LOW, mine=HIGH), test="t"), "mine").difference
    assert plain is not None
    assert looked is not None
    gaps = np.subtract(HIGH[:5], LOW[:5])
    p = stats.ttest_1samp(gaps, 0).pvalue
    assert plain.p_holm == pytest.approx(p)
    assert plain.verdict == "better"
    assert (looked.p, looked.p_holm, looked.verdict) == (pytest.approx(p), pytest.approx(20 * p), "~")
    half = stats.t.ppf(1 - 0.0025 / 2, 4) * gaps.std(ddof=1) / np.sqrt(5)
    assert (looked.low, looked.high) == pytest.approx((gaps.mean() - half, gaps.mean() + half))


def test_pairs_bests_and_ranks_have_the_looks_level_too() -> None:
    """What all of the 5 % tells, a ten-thousandth of it does not: of ten seeds the t-test has p = 2e-5."""
    values = {"random": LOW, "mine": HIGH, "other": [*LOW[1:], LOW[0]]}
    parts = [under(looks, 10, **values) for looks in ("", "10:0.0001 50:0.9999")]
    told, untold = (compare(part) for part in parts)
    assert any(map(any, told.wins.matrix if told.wins else ()))
    assert not any(map(any, untold.wins.matrix if untold.wins else ()))
    assert [r.value.clear for r in untold.rows] == [False] * 3
    several = [pd.concat([part.assign(dataset=name, suite="s") for name in "ab"]) for part in parts]
    wide, narrow = (compare(part).overall for part in reversed(several))
    assert wide is not None
    assert narrow is not None
    assert wide.critical_difference == pytest.approx(stats.studentized_range.ppf(1 - 0.000005, 3, np.inf) / np.sqrt(2))
    assert narrow.critical_difference == pytest.approx(stats.studentized_range.ppf(0.95, 3, np.inf) / np.sqrt(2))


def test_a_reader_is_told_of_the_looks() -> None:
    found = compare(under("5:0.2 10:0.8", 10, random=LOW, mine=HIGH))
    assert any("with looks at 5 and 10 of at most 10 seeds: tests here are at 4 %" in note for note in found.notes)
    said = (
        "for looks as seeds were added, at 4 % in the place of 5 %, by that test and by Hall's for skewed differences"
    )
    assert any(said in line for line in legend(found))
    named = compare(under("5:0.2 10:0.8", 10, random=LOW, mine=HIGH), test="t")
    assert not any("skewed" in line for line in legend(named))
    assert "corrected for looks as seeds were added" in answer(found).text
    assert found.share == pytest.approx(0.8)
    between = compare(under("5:0.2 10:0.8", 7, random=LOW, mine=HIGH))
    assert any("7 seeds lie before the look at 10 of at most 10" in note for note in between.notes)


def test_beyond_the_last_look_nothing_is_told() -> None:
    found = compare(under("5:0.2 8:0.8", 10, random=LOW, mine=HIGH))
    assert any("all of the 5 % was spent there" in note for note in found.notes)
    difference = row(found, "mine").difference
    assert difference is not None
    assert (difference.verdict, difference.p_holm) == ("~", 1.0)
    assert (difference.low, difference.high) == (-np.inf, np.inf) or difference.low <= 0 <= difference.high


def test_of_several_suites_the_least_share_counts() -> None:
    one, two = under("10:0.5 50:0.5", 10, random=LOW), under("", 10, mine=HIGH)
    assert compare(pd.concat([one, two.assign(suite="t")])).share == 0.5
    assert compare(pd.concat([one.drop(columns="looks"), two.drop(columns="looks")])).share == 1.0

"""What of a comparison is decided: told, or shown to be small; ranks; and that what stops there is seldom wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_up import finals
from scipy import stats
from script_modules import benchmark

from albench.compare import compare
from albench.compare.looks import planned
from albench.compare.question import Question
from albench.compare.until import is_below, open_differences, open_ranks

NOISE = np.random.default_rng(3).normal(0, 0.01, (4, 50))
FIRST = str(planned(5, 50))


def scores(n: int, **by: float) -> pd.DataFrame:
    levels = {"random": 0.0, **by}
    values = {name: (0.5 + lift + NOISE[at, :n]).tolist() for at, (name, lift) in enumerate(levels.items())}
    return finals(values, looks=FIRST)


def test_a_huge_difference_is_decided_at_the_first_look() -> None:
    assert open_differences(compare(scores(5, mine=0.3)), 0.001) == []
    assert open_ranks(scores(5, mine=0.3), Question()) == []


def test_a_small_one_is_open_until_the_interval_is_short() -> None:
    """At 50 seeds the level is 5 % x 0.535, and Wilcoxon's interval about as long as the t-test's."""
    assert open_differences(compare(scores(5, mine=0.0)), 0.02) == ["mine"]
    half = stats.t.ppf(1 - 0.05 * 0.535 / 2, 49) * (NOISE[1] - NOISE[0]).std(ddof=1) / np.sqrt(50)
    assert half < 0.006
    assert open_differences(compare(scores(50, mine=0.0)), 0.02) == []
    assert open_differences(compare(scores(50, mine=0.0)), 0.001) == ["mine"]


def test_rows_are_named_with_their_data_set_where_there_are_several() -> None:
    one, two = scores(5, mine=0.0), scores(5, mine=0.3, other=0.0)
    both = pd.concat([one.assign(dataset="a"), two.assign(dataset="b")])
    assert open_differences(compare(both), 0.01) == ["mine on a", "other on b"]
    assert open_ranks(both, Question()) == ["supervised + mine on a"] or open_ranks(both, Question()) == [
        "supervised + random on a"
    ]


def test_too_few_seeds_decide_nothing() -> None:
    assert open_differences(compare(scores(2, mine=0.3)), 0.5) == ["mine"]
    assert open_ranks(scores(2, mine=0.3), Question()) != []


def test_ranks_are_open_where_the_first_has_an_equal() -> None:
    """Two rows far above the third: they lie alike, and stay open at the largest number."""
    assert len(open_ranks(scores(50, mine=0.3, other=0.3), Question())) == 1
    values = {"random": NOISE[0].tolist(), "same": NOISE[0].tolist(), "mine": (0.3 + NOISE[1]).tolist()}
    assert open_ranks(finals(values, looks=FIRST), Question()) == []
    assert open_ranks(finals({**values, "again": values["mine"]}, looks=FIRST), Question()) == ["supervised + mine"]


@pytest.mark.parametrize(
    ("low", "high", "n", "below"),
    [
        (-0.01, 0.015, 5, True),
        (-0.01, 0.02, 5, False),
        (-0.03, 0.0, 5, False),
        (float("nan"), 0.01, 5, False),
        (0.0, 0.0, 5, False),  # five zeros: 2 ** -4 is not below 1 %
        (0.0, 0.0, 8, True),  # 2 ** -7 is
    ],
)
def test_an_interval_shows_that_a_difference_is_small(low: float, high: float, n: int, below: bool) -> None:
    assert is_below(low, high, n, least=0.02, level=0.01) is below


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Any:
    return benchmark("calibration_looks", monkeypatch)


def test_false_claims_stay_below_one_in_twenty_and_would_not_without_correction(looks: Any) -> None:
    """90 runs in which nothing differs: at a rate of 5 % more than 11 have a chance of 0.2 %."""
    found = looks.claims_at_looks(9, seed=1)
    found = found[found["noise"] != "unequal"]
    assert len(found) == 90
    for kind in ("told apart", "below", "first"):
        assert found[kind].sum() <= 11, kind
    assert found["without correction"].sum() > found["told apart"].sum()


def test_seeds_are_saved_where_a_difference_is_large(looks: Any) -> None:
    scores = np.random.default_rng(0).standard_normal((2, 50))
    scores[1] += 12
    assert looks._ends(scores) == {"seeds": 5, "decided": True, "told": True}

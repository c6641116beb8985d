"""A table is of one data set, and what is paired by seed started from the same labels."""

from __future__ import annotations

import pandas as pd
import pytest

from albench.compare.same_start import check_same
from albench.errors import UserError


def frame(data: list[str], initial: list[str]) -> pd.DataFrame:
    """Two trials of one seed, of two suites."""
    return pd.DataFrame(
        {"suite": ["one", "two"], "dataset": "digits", "seed": 3, "data_hash": data, "initial_hash": initial}
    )


def test_what_is_the_same_or_not_known_passes() -> None:
    check_same(frame(["a", "a"], ["x", "x"]), ["dataset"])
    check_same(frame(["a", ""], ["x", ""]), ["dataset"])
    check_same(frame(["a", "a"], ["x", "x"])[["suite", "dataset", "seed"]], ["dataset"])


def test_other_data_of_one_name_are_refused_with_where_they_are() -> None:
    with pytest.raises(UserError, match=r"data set digits is not the same data everywhere: .*one.*two"):
        check_same(frame(["a", "b"], ["x", "x"]), ["dataset"])


def test_another_start_of_one_seed_is_refused_and_of_another_group_it_is_none() -> None:
    with pytest.raises(UserError, match="seed 3"):
        check_same(frame(["a", "a"], ["x", "y"]), ["dataset"])
    check_same(frame(["a", "a"], ["x", "y"]).assign(protocol=["p", "q"]), ["dataset", "protocol"])

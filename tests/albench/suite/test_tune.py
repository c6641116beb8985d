"""What is tuned, as people write it: one text for one meaning, and one line for what has none."""

from __future__ import annotations

import math
from typing import Any

import pytest

from albench.errors import SuiteError
from albench.suite.protocol import Protocol, protocol
from albench.suite.tune import Range, combinations, n_tries, read, written

TEXT = "fixmatch.threshold=0.8,0.95; lr=0.001..0.1:log"


@pytest.mark.parametrize(
    "given",
    [
        TEXT,
        "lr = 1e-3..0.10:log ; fixmatch.threshold=0.80, 0.95",
        ["lr=0.001..0.1:log", "fixmatch.threshold=0.8,.95"],
        {"fixmatch.threshold": [0.8, 0.95], "lr": {"low": 0.001, "high": "1e-1", "log": True}},
        {"fixmatch.threshold": ("0.8", "0.95"), "lr": "0.001..0.1:log"},
    ],
)
def test_one_meaning_has_one_text_and_so_one_key(given: Any) -> None:
    assert written(given) == TEXT
    assert protocol({"tune": given}) == protocol({"tune": TEXT})
    assert read(TEXT) == {"fixmatch.threshold": ("0.8", "0.95"), "lr": Range("0.001", "0.1", log=True)}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("lr", "write values, as lr=0.01,0.03,0.1, or a range, as lr=0.001..0.1:log"),
        ("lr=", "write values"),
        ("lr=0.1", "one value leaves nothing to choose"),
        ("lr=0.1,0.10", "names a value twice"),
        ("lr=0.1,1; lr=1,2", "names lr twice"),
        ("lr=0.1..0.01", "goes from a number to a larger one"),
        ("lr=0..0.1:log", "a larger one, above 0 for a log scale"),
        ("lr=a..b", "no range of numbers"),
        ("lr=0.1..nan", "goes from a number"),
        ({"lr": {"low": 1}}, r"a range is {low: 0.001, high: 0.1, log: true}"),
        ({"lr": {"low": 1, "high": 2, "log": "maybe"}}, "log is true or false"),
        ({"lr": 0.1}, "write values"),
        (0.1, "write values"),
    ],
)
def test_what_is_no_search_space_is_told(given: Any, told: str) -> None:
    with pytest.raises(SuiteError, match=told):
        written(given)


def test_keys_without_tuning_are_what_they_were() -> None:
    new = {"tune", "tries", "tune_when", "tune_seed"}
    assert not new & set(Protocol().content)
    assert protocol({"tune": "", "tries": 0, "tune_when": "first", "tune_seed": "own"}).hash == Protocol().hash
    tuned = protocol({"tune": "lr=0.1,1"})
    assert tuned.hash != Protocol().hash
    assert len({protocol({"tune": "lr=0.1,1", **more}).hash for more in ({}, {"tries": 4}, {"tune_seed": 7})}) == 3
    assert protocol({"tune": "lr=0.1,1", "tune_seed": "07"}).tune_seed == "7"
    with pytest.raises(SuiteError, match="tune_seed 'mine': write own, or the seed whose labels choose"):
        protocol({"tune_seed": "mine"})


@pytest.mark.parametrize(
    ("tune", "tries", "combined", "count"),
    [
        ("lr=1,2,3", 0, 3, 3),
        ("lr=1,2,3; a.x=1,2; b.y=1,2,3", 0, 9, 9),  # of the row that has most
        ("lr=1,2,3; a.x=1,2; a.y=1,2,3", 0, 18, 12),
        ("lr=1..2", 0, math.inf, 12),
        ("lr=1..2", 40, math.inf, 40),
        ("lr=1,2,3", 7, 3, 7),
    ],
)
def test_all_rows_have_as_many_tries_as_the_protocol_says(tune: str, tries: int, combined: float, count: int) -> None:
    assert combinations(tune) == combined
    assert n_tries(tune, tries) == count

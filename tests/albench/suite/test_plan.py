"""Suites, protocols and trial keys."""

from __future__ import annotations

import dataclasses
import re

import pytest

from albench.api import Task
from albench.errors import SuiteError
from albench.suite.plan import Protocol, Trial, amounts, check_name, parse_seeds, protocol

TASK = Task("features", (4,), 3, ("a", "b", "c"), pool_size=1000)


def test_label_counts() -> None:
    assert amounts(protocol({"initial": "5%", "query_size": "20", "rounds": 3}), TASK, "d").labels == [50, 70, 90]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"initial": 900, "query_size": 60, "rounds": 3}, "1020 labels, more than the pool's 1000: --initial 441 "),
        ({"initial": 900, "query_size": 60, "rounds": 3}, "--query-size 29 --rounds 3 would fit"),
        ({"initial": 2}, "write --initial 3 or more, or --initial-draw random"),
        ({"initial": 2}, "cannot hold one item of each of its 3 classes"),
        ({"initial": "2000"}, "more than the pool"),
    ],
)
def test_budgets_that_do_not_fit(settings: dict, message: str) -> None:
    with pytest.raises(SuiteError, match=message):
        amounts(protocol(settings), TASK, "d")


@pytest.mark.parametrize(
    "settings",
    [{"initial": "0"}, {"query_size": "0%"}, {"initial": "101%"}, {"initial": "-3"}, {"initial": "2.5"}, {"rounds": 0},
     {"lr": 0}, {"start": "hot"}, {"round": 3}, {"checkpoint_metric": "f1"}, {"steps": "many"}, {"initial": "٣"}],
)  # fmt: skip
def test_wrong_settings_are_refused(settings: dict) -> None:
    with pytest.raises(SuiteError):
        amounts(protocol(settings), TASK, "d")


def test_seeds() -> None:
    assert parse_seeds(3) == (0, 1, 2)
    assert parse_seeds([7]) == (7,)
    for wrong in (0, -1, [], "many", 1.5, True, [True], None, {"a": 1}, [[1]], ["x"], b"12", "1:30"):
        with pytest.raises(SuiteError):
            parse_seeds(wrong)


def test_keys_are_stable_and_tell_trials_apart() -> None:
    resolved = ("digits[x=1]", "fixmatch[y=2]", "random", "cnn")
    trial = Trial("digits", "fixmatch", "random", "cnn", 0, Protocol(), resolved)
    assert trial.key == "digits--fixmatch--random--cnn--s0--" + trial.key[-12:]
    others = [
        dataclasses.replace(trial, seed=1),
        dataclasses.replace(trial, protocol=Protocol(steps=9)),
        dataclasses.replace(trial, resolved=("digits[x=2]", *resolved[1:])),
    ]
    assert len({trial.key, *(other.key for other in others)}) == 4
    assert dataclasses.replace(trial).key == trial.key


def test_suite_names_are_folder_names() -> None:
    assert check_name("a.b-c_1") == "a.b-c_1"
    for wrong in ("", ".", "..", "a/b", "-a", "a b", "x" * 200):
        with pytest.raises(SuiteError):
            check_name(wrong)


@pytest.mark.parametrize(
    ("pool", "initial", "query_size", "rounds"), [(40, 100, 100, 6), (3, 100, 100, 6), (10, 3, 50, 9)]
)
def test_amounts_that_are_told_to_fit_do(pool: int, initial: int, query_size: int, rounds: int) -> None:
    task = dataclasses.replace(TASK, pool_size=pool)
    with pytest.raises(SuiteError) as refused:
        amounts(protocol({"initial": initial, "query_size": query_size, "rounds": rounds}), task, "d")
    told = re.search(r"--initial (\d+) --query-size (\d+) --rounds (\d+) would fit", str(refused.value))
    assert told
    first, size, n = map(int, told.groups())
    assert amounts(protocol({"initial": first, "query_size": size, "rounds": n}), task, "d").labels[-1] <= pool

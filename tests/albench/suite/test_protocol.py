"""The protocol: settings that are refused, its hash, and the label counts that it means."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest

from albench.api import Task
from albench.errors import SuiteError
from albench.suite.protocol import LATER, Protocol, amounts, check_validation, protocol, validation_count

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


def test_a_number_is_one_setting_however_it_is_written() -> None:
    one = protocol({"initial": "20"})
    assert protocol({"initial": 20}) == protocol({"initial": 20.0}) == protocol({"initial": "020"}) == one
    assert protocol({"validation": 40}) == protocol({"validation": "040"})
    assert protocol({"rounds": None}, one) == one


@pytest.mark.parametrize(
    ("wanted", "count"),
    [("all", 60), ("none", 0), ("7", 7), ("90", 60), ("25%", 15), ("0.5%", 1), ("100%", 60), ("1x", 8), ("0.5x", 4),
     ("0.01x", 1), ("20x", 60)],
)  # fmt: skip
def test_validation_labels(wanted: str, count: int) -> None:
    assert validation_count(wanted, n_labeled=8, size=60) == count
    assert protocol({"validation": wanted}).validation == wanted


@pytest.mark.parametrize("wanted", ["half", "0", "0%", "101%", "-3", "2.5", "x", "0x", "1X", "", "٣"])
def test_what_is_no_number_of_validation_labels_is_told(wanted: str) -> None:
    with pytest.raises(SuiteError, match=r"write all, none, a number such as 100, a share .* such as 1x"):
        protocol({"validation": wanted})


def test_more_validation_labels_than_there_are_are_refused() -> None:
    check_validation("60", 60, "d")
    with pytest.raises(SuiteError, match="d: validation 61: its validation split has 60 items; write all, or fewer"):
        check_validation("61", 60, "d")


def test_settings_that_came_later_are_no_part_of_the_hash_at_what_was_in_force_before() -> None:
    assert set(Protocol(validation="all").content) == {field.name for field in dataclasses.fields(Protocol)} - set(
        LATER
    )
    assert Protocol().content["validation"] == "none", "the default now, all before"
    assert "neighbors" in Protocol(neighbors="approximate").content
    assert Protocol().hash != Protocol(neighbors="approximate").hash


@pytest.mark.parametrize(("name", "default", "other"), [
    ("optimizer", "sgd", "adamw"), ("schedule", "cosine", "constant"), ("clip", 0.0, 1.0),
    ("steps_per_label", 0.0, 2.0), ("epochs", 0.0, 30.0),
])  # fmt: skip
def test_how_training_steps_is_a_setting_and_no_part_of_old_keys(name: str, default: Any, other: Any) -> None:
    assert getattr(Protocol(), name) == default
    assert protocol({name: default}).hash == Protocol().hash
    assert protocol({name: str(other)}).content[name] == other
    assert protocol({name: other}).hash != Protocol().hash
    with pytest.raises(SuiteError, match=name):
        protocol({name: "-1"})
    assert len(Protocol().hash) == 8


def test_steps_are_fixed_or_grow_with_the_labels() -> None:
    assert [protocol({"steps": 50}).steps_in(n) for n in (10, 1000)] == [50, 50]
    growing = protocol({"steps": 50, "steps_per_label": 1.5})
    assert [growing.steps_in(n) for n in (10, 1000)] == [65, 1550]
    passes = protocol({"epochs": 30})
    assert [passes.steps_in(n) for n in (1, 64, 100, 200)] == [1, 30, 47, 94], "ceil(30 n / 64)"
    assert [each.steps_text for each in (protocol({"steps": 1}), growing, passes)] == [
        "1 step", "50 steps and 1.5 a label", "30 epochs",
    ]  # fmt: skip
    with pytest.raises(SuiteError, match="both let the steps grow with the labels: set one of them to 0"):
        protocol({"epochs": 30, "steps_per_label": 1})


@pytest.mark.parametrize("lanes", ["1", "many", "0", "-2"])
def test_lanes_are_off_auto_or_several(lanes: str) -> None:
    with pytest.raises(SuiteError, match="write off, auto or a number from 2 on"):
        protocol({"lanes": lanes})
    assert protocol({"lanes": 2}).lanes == "2"

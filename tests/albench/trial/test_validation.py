"""Validation labels that a trial pays for: drawn once a seed, kept from round to round, told in each record."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from albench.api import Split
from albench.data.items import Items
from albench.trial.validation import Validation

SPLIT = Split(np.arange(50, dtype=np.float32).reshape(50, 1), np.arange(50) % 3)
ITEMS = Items(SPLIT.x, torch.device("cpu"))


def ids(wanted: str, n_labeled: int, seed: int = 0) -> list[int]:
    """The items that are bought: each is its own id."""
    items, y = Validation(wanted, SPLIT, ITEMS, seed).at(n_labeled)
    found = items.gather(torch.arange(len(items)))[:, 0].long().tolist()
    assert y.tolist() == [each % 3 for each in found]
    return found


@pytest.mark.parametrize(
    ("wanted", "n_labeled", "count"),
    [("all", 7, 50), ("none", 7, 0), ("12", 7, 12), ("20%", 7, 10), ("1x", 7, 7), ("2.5x", 7, 18), ("9x", 7, 50)],
)
def test_as_many_are_bought_as_the_protocol_says(wanted: str, n_labeled: int, count: int) -> None:
    found = ids(wanted, n_labeled)
    assert len(found) == len(set(found)) == count


def test_what_was_bought_is_there_in_the_next_round() -> None:
    rounds = [set(ids("1x", n_labeled)) for n_labeled in (5, 10, 20, 50)]
    assert all(before < after for before, after in itertools.pairwise(rounds))
    assert set(ids("10", 99)) == rounds[1], "one order, however many are bought of it"


def test_the_draw_is_the_seeds_alone() -> None:
    assert ids("10", 5) == ids("10", 7) == ids("20%", 9)
    assert ids("10", 5, seed=1) != ids("10", 5)
    shares = np.bincount(np.concatenate([ids("10", 5, seed=seed) for seed in range(400)]), minlength=50) / 400
    assert abs(shares - 0.2).max() < 0.1, "every item alike: standard error 0.02"


def test_the_whole_split_is_not_copied() -> None:
    items, y = Validation("all", SPLIT, ITEMS, 0).at(5)
    assert items is ITEMS
    assert y is SPLIT.y


def test_what_is_bought_is_gathered_once_for_each_of_several_trials() -> None:
    """As lanes validate, one after the other and again."""
    lanes = [Validation("10", SPLIT, ITEMS, seed) for seed in (0, 1)]
    first = [lane.at(5) for lane in lanes]
    assert all(lane.at(6) is bought for lane, bought in zip(lanes, first, strict=True))


def test_records_say_how_many_labels_chose_the_weights(tiny: Any) -> None:
    trial = tiny.trial(validation="1x", rounds=3)
    records = tiny.carry_out(trial, tiny.parts())
    assert [record["n_validation"] for record in records] == [6, 10, 14]
    assert all(record["val"]["accuracy"] * record["n_validation"] % 1 < 1e-9 for record in records)
    assert "n_validation" not in tiny.carry_out(tiny.trial(seed=1, validation="all"), tiny.parts())[0], (
        "as records were before"
    )


def test_without_validation_the_last_weights_are_kept(tiny: Any) -> None:
    records = tiny.carry_out(tiny.trial(validation="none", evaluations=4), tiny.parts())
    assert [record["training"]["best_step"] for record in records] == [10, 10]
    assert [record["val"] for record in records] == [{}, {}]


def test_lanes_buy_for_themselves_as_trials_alone_do(
    small_run: Callable[..., Any], stable_records: Callable[..., Any], tmp_path: Any
) -> None:
    settings = {"seeds": 2, "validation": "1x", "lanes": "2"}
    small_run(**settings)
    small_run(**{**settings, "seeds": [1]}, out=tmp_path / "alone")
    together, alone = (stable_records(tmp_path / name / "blobs") for name in ("results", "alone"))
    assert together.items() > alone.items()


def test_results_say_how_many_validation_labels_a_row_used(small_run: Callable[..., Any]) -> None:
    whole = small_run(validation="all").frame
    assert set(whole["n_validation"]) == {60}
    some = small_run(validation="1x", name="some").frame
    assert some["n_validation"].tolist() == some["n_labeled"].tolist()
    none = small_run(name="none").frame
    assert set(none["n_validation"]) == {0}
    assert not [name for name in none if name.startswith("val.")]

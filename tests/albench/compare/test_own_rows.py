"""A group's own rows: what they say first, and seeds whose model gives every item one class."""

from __future__ import annotations

from typing import Any

import pandas as pd
from made_up import frame, trial

from albench.compare.gather import gather
from albench.compare.own_rows import OwnRows

STUCK = {"test.recall.a": 1.0, "test.recall.b": 0.0, "test.macro_precision": 0.25}


def records() -> pd.DataFrame:
    """Entropy's seeds 0 and 2 give every item one class, seed 2 at the last label count alone."""
    data = frame(*(trial(name, seed, [0.5, 0.5]) for name in ("random", "entropy") for seed in range(3)))
    data = data.assign(
        **{"test.accuracy": 0.5, "test.recall.a": 0.5, "test.recall.b": 0.5, "test.macro_precision": 0.5}
    )
    last = data["n_labeled"] == data["n_labeled"].max()
    stuck = data["strategy"].eq("entropy") & (data["seed"].eq(0) | (data["seed"].eq(2) & last))
    return data.assign(**{name: data[name].mask(stuck, value) for name, value in STUCK.items()})


def own(data: pd.DataFrame) -> OwnRows:
    (block,) = gather(data, [])[0]
    return OwnRows.of(block, data, "test", ["said", "other"])


def test_seeds_that_give_every_item_one_class_are_counted_at_each_label_count() -> None:
    data = records()
    rows = own(data)
    counts = sorted(set(data["n_labeled"]))
    assert [{name[2]: n for name, n in rows.one_class(count).items()} for count in counts] == [
        {"entropy": 1},
        {"entropy": 2},
    ]
    twice = own(pd.concat([data, data.assign(suite="again")]))
    assert twice.one_class(counts[1]) == rows.one_class(counts[1]), "a copy counts no seed twice"


def test_rows_of_other_groups_are_not_its_own() -> None:
    data = records()
    other = data.assign(dataset="another", said="other")
    (block,) = gather(data, [])[0]
    rows = OwnRows.of(block, pd.concat([other, data.assign(said=None)]), "test", ["said"])
    assert set(rows.frame["strategy"]) == {"random", "entropy"}
    assert len(rows.frame) == len(data)
    assert rows.told("said") == ""


def test_what_is_told_first_stands_for_the_group() -> None:
    data = records()
    said: list[Any] = [None, "", "b"] + ["c"] * (len(data) - 3)
    assert own(data.assign(said=said)).told("said") == ""
    assert own(data.assign(said=[None, *said[2:], "c"])).told("said") == "b"
    assert own(data).told("other") == ""

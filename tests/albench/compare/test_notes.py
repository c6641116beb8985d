"""Rows that are one result under several names are told."""

from __future__ import annotations

import pandas as pd

from albench.compare import compare


def records(n_rounds: int = 2) -> pd.DataFrame:
    """``margin`` is ``entropy`` once more; ``random`` begins as they do."""
    rows = [
        {
            "suite": "s", "key": f"{strategy}{seed}", "dataset": "xrays", "stand_in": "", "method": "m",
            "strategy": strategy, "backbone": "cnn", "seed": seed, "protocol": "p", "device": "cpu",
            "round": at, "n_labeled": 20 + 10 * at, "test.macro_f1": 0.5 + 0.01 * seed + at * gain,
        }
        for strategy, gain in (("entropy", 0.2), ("margin", 0.2), ("random", 0.1))
        for seed in range(3)
        for at in range(n_rounds)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_rows_that_are_the_same_are_told() -> None:
    told = [str(note) for note in compare(records()).notes if "the same in every value" in str(note)]
    assert told == ["xrays: m/entropy and m/margin are the same in every value: one result, counted 2 times."]


def test_nothing_is_told_before_any_query() -> None:
    assert not any("the same in every value" in str(note) for note in compare(records(1)).notes)


def test_one_value_apart_is_another_row() -> None:
    frame = records()
    frame.loc[(frame["strategy"] == "margin") & (frame["seed"] == 2) & (frame["round"] == 1), "test.macro_f1"] += 1e-6
    assert not any("the same in every value" in str(note) for note in compare(frame).notes)

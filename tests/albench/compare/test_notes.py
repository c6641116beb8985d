"""Rows that are one result under several names are told."""

from __future__ import annotations

import pandas as pd
from made_up import finals, row

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


NAN = float("nan")


def test_without_random_there_is_no_difference_and_a_note() -> None:
    comparison = compare(finals({"entropy": [0.1, 0.2], "badge": [0.2, 0.3]}))
    assert comparison.baseline == ""
    assert not any(row.difference for row in comparison.rows)
    assert any("--baseline" in note for note in comparison.notes)


def test_undefined_metrics_are_left_out_and_said() -> None:
    data = finals({"a": [0.1, 0.2, 0.3], "b": [0.2, 0.3, 0.4]})
    data.loc[0, "test.macro_f1"] = NAN
    comparison = compare(data)
    assert row(comparison, "a").cells[100].n == 2
    assert "digits: test.macro_f1 is undefined in 1 of 6 records, which are left out." in comparison.notes


def test_protocols_stay_apart() -> None:
    data = pd.concat([finals({"a": [0.1, 0.2]}), finals({"a": [0.5, 0.6], "random": [0.1, 0.3]}, protocol="bbbb")])
    comparison = compare(data)
    assert [(g.protocol, len(g.rows)) for g in comparison.groups] == [("aaaa", 1), ("bbbb", 2)]
    assert not comparison.groups[0].rows[0].aubc.best
    assert any("2 protocols (protocol aaaa; protocol bbbb)" in note and "must not" in note for note in comparison.notes)


def test_stand_ins_are_named_and_kept_from_the_real_data() -> None:
    data = pd.concat([finals({"a": [0.1, 0.2]}), finals({"a": [0.1, 0.2]}, stand_in="MESCC")])
    comparison = compare(data)
    assert [group.stand_in for group in comparison.groups] == ["", "MESCC"]
    assert comparison.notes[0] == "digits is a stand-in for MESCC: simulated, not patient data."

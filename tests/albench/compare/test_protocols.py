"""One data set under several protocols: never pooled with itself, and told apart by the settings that differ."""

from __future__ import annotations

import pandas as pd
import pytest

from albench.compare import Comparison, compare, learning_curve_table

VALUES = {"random": [0.30, 0.31, 0.29, 0.32], "entropy": [0.41, 0.40, 0.39, 0.43], "margin": [0.35, 0.36, 0.33, 0.38]}


def results(dataset: str, protocol: str = "aaaa", **facts: object) -> pd.DataFrame:
    """One round of each trial; ``facts`` are columns."""
    rows = [
        {"strategy": name, "seed": seed, "round": 0, "n_labeled": 100, "test.macro_f1": value, "dataset": dataset}
        for name, scores in VALUES.items()
        for seed, value in enumerate(scores)
    ]
    base = {"suite": "s", "stand_in": "", "method": "m", "backbone": "mlp", "protocol": protocol, "device": "cpu"}
    data = pd.DataFrame(rows).assign(**base, **facts)
    return data.assign(key=data["dataset"] + data["strategy"] + data["seed"].astype(str) + protocol)


def rates(*pairs: tuple[str, float], dataset: str = "digits") -> list[pd.DataFrame]:
    return [results(dataset, name, **{"protocol.lr": lr, "protocol.steps": 5}) for name, lr in pairs]


def over(*parts: pd.DataFrame) -> Comparison:
    return compare(pd.concat(parts, ignore_index=True))


def test_two_learning_rates_are_no_two_data_sets() -> None:
    found = over(*rates(("aaaa", 0.1), ("bbbb", 0.01)))
    assert found.overall is None
    assert found.wins is None
    assert len(found.groups) == 2


def test_headings_name_the_settings_that_differ() -> None:
    parts = rates(("aaaa", 0.1), ("bbbb", 0.01))
    found = over(*parts)
    assert [group.place for group in found.groups] == ["digits (lr=0.1)", "digits (lr=0.01)"]
    assert any("2 protocols (lr=0.1; lr=0.01)" in note for note in found.notes)
    tables = learning_curve_table(pd.concat(parts), metrics=["macro_f1"])
    assert {table.setup for table in tables} == {"lr=0.1", "lr=0.01"}


def test_a_group_alone_names_no_setting() -> None:
    assert [group.place for group in over(*rates(("aaaa", 0.1))).groups] == ["digits"]


def test_of_two_protocols_the_one_that_the_other_data_sets_have_counts() -> None:
    found = over(*rates(("aaaa", 0.1), ("bbbb", 0.01)), *rates(("aaaa", 0.1), dataset="other"))
    assert found.overall is not None
    assert found.overall.settings == ("digits (lr=0.1)", "other")
    assert found.wins is not None
    assert found.wins.n_settings == 2
    assert any("one data set, so over data sets only digits (lr=0.1) counts" in note for note in found.notes)


def test_where_neither_protocol_is_more_common_none_counts() -> None:
    both = (("aaaa", 0.1), ("bbbb", 0.01))
    found = over(*rates(*both), *rates(*both, dataset="other"))
    assert found.overall is None
    assert sum("over data sets none of them counts" in note for note in found.notes) == 2


def test_data_of_one_hash_under_several_names_are_one_data_set() -> None:
    names = ("pool", "./pool", "/data/pool")
    found = over(*(results(name, data_hash="f" * 16) for name in names))
    assert found.overall is None
    assert found.wins is not None
    assert found.wins.n_settings == 1
    apart = over(*(results(name, data_hash=name) for name in names))
    assert apart.overall is not None
    assert len(apart.overall.settings) == 3


def test_settings_that_older_trials_do_not_know_do_not_hide_the_protocol() -> None:
    known, unknown = *rates(("aaaa", 0.1)), results("digits", "bbbb")
    assert [group.place for group in over(known, unknown).groups] == [
        "digits (protocol aaaa)",
        "digits (protocol bbbb)",
    ]


@pytest.mark.parametrize("at", ["aubc", "final"])
def test_protocols_are_no_split(at: str) -> None:
    frame = pd.concat(rates(("aaaa", 0.1)))
    assert compare(frame, at=at).split == "test"


def test_what_is_read_in_several_ways_is_said_to_count_as_one() -> None:
    pixels, features = results("pixels", items="same"), results("features", items="same")
    found = over(pixels, features, results("other", items="else"))
    assert found.overall is not None
    assert found.overall.settings == ("the mean of features and pixels", "other")
    assert found.wins is not None
    assert found.wins.n_settings == 2
    assert "features; pixels: one data set, so over data sets their mean counts." in found.notes
    alone = over(pixels, features)
    assert alone.overall is None
    assert not any("one data set" in note for note in alone.notes)


def test_of_several_ways_and_protocols_those_of_the_common_protocol_count() -> None:
    read = [results(name, protocol, items="same") for name in ("pixels", "features") for protocol in ("aaaa", "bbbb")]
    found = over(*read, results("other", "bbbb", items="else"))
    assert found.overall is not None
    assert found.overall.settings == ("the mean of features (protocol bbbb) and pixels (protocol bbbb)", "other")
    assert any(
        "only the mean of features (protocol bbbb) and pixels (protocol bbbb) counts" in note for note in found.notes
    )


def test_data_that_changed_behind_a_name_are_no_second_way_to_read_it() -> None:
    found = over(results("d", data_hash="a" * 16), results("d (data bbbbbbbb)", data_hash="b" * 16), results("e"))
    assert found.overall is None
    assert any("so over data sets none of them counts" in note for note in found.notes)

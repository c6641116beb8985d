"""Stored records as tables: a row a round, and how trials that are not complete ended."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_up_suites import key_of, make_suite

from albench.errors import StoreError, UserError
from albench.results.load import load, load_run
from albench.results.store import SuiteStore


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    return make_suite(tmp_path / "s", "random", "entropy", accuracy=0.75)


def test_a_round_is_a_row_with_its_metrics_and_its_protocol(suite: Path) -> None:
    results = load(suite)
    frame = results.frame
    assert len(frame) == 2 * 2 * 2  # strategies, seeds, rounds
    first = frame[(frame["strategy"] == "entropy") & (frame["seed"] == 1)].iloc[1]
    assert (first["suite"], first["dataset"], first["method"], first["backbone"]) == ("s", "digits", "fixmatch", "cnn")
    assert (first["round"], first["n_labeled"], first["test.accuracy"], first["seconds.train"]) == (1, 11, 0.75, 1.0)
    assert (first["protocol"], first["protocol.lr"], first["pool_size"]) == ("aaaa", 0.03, 100)
    assert first["key"] == key_of("entropy", 1)
    assert results.failed.empty


def test_trials_without_all_rounds_say_how_they_ended(suite: Path) -> None:
    make_suite(suite, "badge", rounds=1)
    SuiteStore(suite).trial(key_of("badge", 0)).outcome("failed", "no memory")
    failed = load(suite).failed.set_index("seed")
    assert failed.loc[0, ["status", "reason"]].tolist() == ["failed", "no memory"]
    assert failed.loc[1, ["status", "reason"]].tolist() == [
        "incomplete",
        "1 of 2 rounds made: run the same command again to go on",
    ]


def test_folders_of_suites_and_several_are_read_together(tmp_path: Path, suite: Path) -> None:
    make_suite(tmp_path / "other" / "s", "badge")
    results = load(tmp_path / "other", suite)
    assert set(results.frame["suite"]) == {str(tmp_path / "other" / "s"), str(suite)}  # both are called s
    assert [manifest["suite"] for manifest in results.manifests] == ["s", "s"]
    assert set(load_run(suite, [key_of("random", 0)]).frame["suite"]) == {"s"}


def test_what_is_no_results_is_told(tmp_path: Path, suite: Path) -> None:
    with pytest.raises(StoreError, match="nowhere"):
        load(tmp_path / "nowhere")
    with pytest.raises(UserError, match="a comparison has no option 'metrics': did you mean 'metric'"):
        load(suite).compare(metrics="accuracy")

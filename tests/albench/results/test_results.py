"""Results in memory: some of their trials alone."""

from __future__ import annotations

from pathlib import Path

from made_up_suites import key_of, make_suite

from albench.results.load import load


def test_some_trials_alone_keep_their_rows_and_folders(tmp_path: Path) -> None:
    keys = {key_of("random", 0), key_of("random", 1)}
    only = load(make_suite(tmp_path / "s", "random", "entropy")).only(keys)
    assert set(only.frame["key"]) == keys
    assert {folder.name for folder in only.trials} == keys
    assert only.diagnostics.keys() == only.trials.keys()

"""Runs with estimators: the same records here and in a worker, whole and interrupted; what a run says of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import albench
from albench.errors import UserError
from albench.results.records import read_trial, trial_folders, without_measured

FOREST = "sklearn[model=random-forest,n_estimators=10]"
FEW: dict[str, Any] = {"dataset": "blobs", "initial": 12, "query_size": 6, "rounds": 3, "seeds": 2}


def records(folder: Path) -> dict[str, list[dict[str, Any]]]:
    found = {trial.name: read_trial(trial).records for trial in trial_folders(folder)}
    return {name: [without_measured(each) for each in rounds] for name, rounds in found.items()}


def test_a_worker_and_interruptions_change_no_record(toy: str, tmp_path: Path) -> None:
    what = {**FEW, "backbone": FOREST, "method": "self-training", "strategy": ["margin", "badge"]}
    albench.run(out=tmp_path / "here", plugins=[toy], executor="local", **what)
    whole = records(tmp_path / "here" / "blobs")
    assert len(whole) == 4
    assert {len(each) for each in whole.values()} == {3}
    albench.run(out=tmp_path / "there", plugins=[toy], executor="processes[workers=1]", **what)
    assert records(tmp_path / "there" / "blobs") == whole
    for at, trial in enumerate(sorted((tmp_path / "there" / "blobs" / "trials").iterdir())):
        rounds = trial / "rounds.jsonl"
        lines = rounds.read_text().splitlines(keepends=True)
        rounds.write_text("".join(lines[: at % 3]) + "torn")  # as whoever is killed leaves them
    albench.run(out=tmp_path / "there", plugins=[toy], executor="local", **what)
    assert records(tmp_path / "there" / "blobs") == whole


def test_every_strategy_runs_on_a_linear_model_and_all_but_those_of_a_last_layer_on_others(
    tmp_path: Path,
) -> None:
    few = {**FEW, "dataset": "wine", "rounds": 2, "seeds": 1, "method": "supervised", "strategy": "@all"}
    for backbone, lacking in (("linear", 0), ("sklearn[model=naive-bayes]", 9)):
        results = albench.run(out=tmp_path / backbone, executor="local", backbone=backbone, **few)
        reasons = list(results.failed["reason"])
        assert all("a last layer" in reason for reason in reasons), reasons
        assert len(reasons) == lacking


def test_a_run_with_nothing_named_takes_what_goes_with_the_backbone(
    tmp_path: Path, command_line: Callable[..., str]
) -> None:
    words = ["run", "-d", "digits", "--backbone", "sklearn[model=naive-bayes]", "--rounds", "2", "--seeds", "1"]
    printed = command_line([*words, "--executor", "local"], tmp_path)
    assert "method supervised by default" in printed
    assert "strategy random by default" in printed
    assert "2 rounds of one fit" in printed
    assert "views" not in printed


@pytest.mark.parametrize(
    ("backbone", "library"), [("xgboost", "xgboost"), ("lightgbm", "lightgbm"), ("catboost", "catboost")]
)
def test_boosted_trees_run_where_they_are_installed_and_say_how_to_install_them(
    toy: str, tmp_path: Path, backbone: str, library: str
) -> None:
    few = {**FEW, "rounds": 2, "seeds": 1, "method": "supervised", "strategy": "coreset", "executor": "local"}
    try:
        __import__(library)
    except ImportError:
        with pytest.raises(UserError, match=rf"pip install 'albench\[{library}\]'"):
            albench.run(out=tmp_path, plugins=[toy], backbone=backbone, **few)
        return
    results = albench.run(out=tmp_path, plugins=[toy], backbone=backbone, **few)
    assert results.failed.empty
    (trial,) = trial_folders(tmp_path / "blobs")
    assert library in read_trial(trial).facts["attempts"][0]["made_with"]

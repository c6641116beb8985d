"""The declared suites: they can be planned, and the grid leaves nothing out and runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from stepwise import stepwise

from albench.components.registry import registry
from albench.results.records import read_trial, trial_folders
from albench.suite.suite_file import load_suite

SUITES = sorted((Path(__file__).parents[2] / "benchmarks" / "suites").glob("*.yaml"))
GRID = load_suite(next(path for path in SUITES if path.stem == "grid"))
OURS = "albench"


def _ours(kind: Any) -> set[str]:
    """Albench's own components of a kind, without what sees labels and is never compared."""
    found = registry().components(kind)
    return {each.name for each in found if each.distribution == OURS and each.role != "oracle"}


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_every_suite_can_be_read_and_its_components_built(path: Path) -> None:
    suite = load_suite(path)
    assert suite.name == path.stem
    for kind, specs in (("dataset", suite.datasets), ("method", suite.methods), ("strategy", suite.strategies)):
        assert specs
        for spec in specs:
            registry().build(kind, spec)  # type: ignore[arg-type]  # the three literals are kinds


def test_the_grid_holds_every_strategy_and_every_method() -> None:
    elsewhere = {"callable", "skactiveml"}  # which run others' code, by their options
    assert {spec.name for spec in GRID.strategies} == _ours("strategy") - elsewhere
    assert {spec.name for spec in GRID.methods} == {*stepwise()}, "those that train what the suite names"
    assert len(GRID.strategies) >= 29
    assert len(GRID.methods) >= 18


@pytest.mark.parametrize(
    ("methods", "strategies"),
    [([str(spec) for spec in GRID.methods], ["entropy"]), (["fixmatch"], [str(spec) for spec in GRID.strategies])],
    ids=["methods", "strategies"],
)
def test_one_row_and_one_column_of_it_run(
    small_run: Any, tmp_path: Path, methods: list[str], strategies: list[str]
) -> None:
    small_run(method=methods, strategy=[s.replace("size=500", "size=50") for s in strategies], rounds=2, steps=3)
    folders = list(trial_folders(tmp_path / "results" / "blobs"))
    assert len(folders) == len(methods) * len(strategies)
    assert all(len(read_trial(folder).records) == 2 for folder in folders)

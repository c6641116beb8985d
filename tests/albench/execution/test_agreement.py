"""Trials that would stand in one table with those of a run are of the same data, first labels and code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import albench
from albench.disk.files import sealed_text
from albench.errors import StoreError

TINY: dict[str, Any] = {"initial": 20, "query_size": 4, "rounds": 2, "steps": 3, "executor": "local", "name": "s"}


def made_by(part: str) -> Callable[[dict[str, Any]], None]:
    def forge(facts: dict[str, Any]) -> None:
        facts["made_by"][part]["files"] = dict.fromkeys(facts["made_by"][part]["files"], "0" * 16)

    return forge


def same(facts: dict[str, Any]) -> None: ...


def unknown(facts: dict[str, Any]) -> None:
    del facts["made_by"]


FORGED: dict[str, tuple[Callable[[dict[str, Any]], Any], dict[str, Any], str]] = {
    "same": (same, {"seeds": [1]}, ""),
    "data": (lambda facts: facts.update(data_hash="0"), {"seeds": [1]}, "made with other data than digits holds now"),
    "data, other protocol": (lambda facts: facts.update(data_hash="0"), {"steps": 4}, "made with other data than"),
    "labels": (lambda facts: facts.update(initial_hash="0"), {"seeds": [1]}, "started from other labels"),
    "labels, other protocol": (lambda facts: facts.update(initial_hash="0"), {"steps": 4}, ""),
    "core": (made_by("core"), {"strategy": "random"}, "another training code than albench has now"),
    "core, other protocol": (made_by("core"), {"steps": 4}, ""),
    "strategy": (made_by("strategy"), {"seeds": [1]}, "than strategy entropy has now"),
    "other strategy": (made_by("strategy"), {"strategy": "random"}, ""),
    "method": (made_by("method"), {"strategy": "random"}, "than method supervised has now"),
    "unknown": (unknown, {"seeds": [1]}, ""),
}


@pytest.mark.parametrize("case", FORGED)
def test_other_trials_of_the_folder_are_of_the_same_data_labels_and_code(tmp_path: Path, case: str) -> None:
    forge, more, told = FORGED[case]
    settings = {**TINY, "dataset": "digits", "method": "supervised", "strategy": "entropy", "seeds": [0]}
    albench.run(**settings, out=tmp_path)
    (trial,) = (tmp_path / "s" / "trials").iterdir()
    facts = json.loads((trial / "trial.json").read_text())
    del facts["checksum"]
    forge(facts)
    (trial / "trial.json").write_text(sealed_text(facts))
    if not told:
        albench.run(**settings | more, out=tmp_path)
        return
    found = {path: path.read_bytes() for path in (tmp_path / "s").rglob("*") if path.is_file()}
    with pytest.raises(StoreError, match=rf"holds trial {trial.name}, which .*{told}.*: use --name .* with --fresh"):
        albench.run(**settings | more, out=tmp_path)
    assert {path: path.read_bytes() for path in (tmp_path / "s").rglob("*") if path.is_file()} == found
    if "seeds" in more:
        albench.run(**settings | {"seeds": [0, 1]}, out=tmp_path, fresh=True)

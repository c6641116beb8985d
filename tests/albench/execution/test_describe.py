"""``trial.json`` says what its trial is and where its parts come from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from albench.disk.files import read_sealed
from albench.results.records import trial_folders


def test_a_trial_is_described_by_its_parts_protocol_and_data(small_run: Callable[..., Any], tmp_path: Path) -> None:
    results = small_run(strategy="entropy", method="fixmatch[tau=0.9]", seeds=[7])
    (folder,) = trial_folders(tmp_path / "results" / "blobs")
    facts = read_sealed(folder / "trial.json")
    assert facts["key"] == folder.name == results.frame["key"][0]
    typed = {kind: facts[kind] for kind in ("dataset", "method", "strategy", "backbone")}
    assert typed == {"dataset": "blobs", "method": "fixmatch[tau=0.9]", "strategy": "entropy", "backbone": "mlp"}
    assert facts["resolved"]["method"].startswith("fixmatch[")
    assert "tau=0.9" in facts["resolved"]["method"]
    assert facts["from"] == {**dict.fromkeys(("method", "strategy", "backbone"), "albench"), "dataset": "toy.py"}
    assert (facts["seed"], facts["protocol"]["rounds"]) == (7, 3)
    assert facts["made_by"].keys() == {"core", "dataset", "method", "strategy", "backbone"}
    assert facts["stand_in"] == "BLOBS"
    assert len(facts["class_names"]) == 3

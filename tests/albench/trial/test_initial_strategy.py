"""First labels that a strategy chooses from the bare items: the same for every method, and refused where it cannot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import albench
from albench.components.registry import registry
from albench.data.pool import index_hash
from albench.errors import SuiteError
from albench.results.records import trial_folders

SMALL: dict[str, Any] = {
    "dataset": "digits",
    "strategy": "random",
    "initial": 20,
    "query_size": 10,
    "rounds": 2,
    "steps": 5,
    "seeds": 2,
    "executor": "local",
}


def _hashes(out: Path, **changes: Any) -> dict[tuple[str, int], str]:
    """(method, seed) -> hash of the first labelled ids."""
    results = albench.run(out=out, **{**SMALL, **changes})
    assert results.failed.empty
    facts = [json.loads((path / "trial.json").read_text()) for path in trial_folders(results.folders[0])]
    return {(fact["method"], fact["seed"]): fact["initial_hash"] for fact in facts}


def _farthest_first(x: np.ndarray, k: int) -> list[int]:
    """Greedy k-center by its definition, from the item nearest the mean."""
    picks = [int(((x - x.mean(axis=0)) ** 2).sum(axis=1).argmin())]
    distance = ((x - x[picks[0]]) ** 2).sum(axis=1)
    while len(picks) < k:
        picks.append(int(distance.argmax()))
        distance = np.minimum(distance, ((x - x[picks[-1]]) ** 2).sum(axis=1))
    return picks


def test_every_method_and_seed_starts_from_the_core_set(tmp_path: Path) -> None:
    hashes = _hashes(tmp_path, method=["supervised", "pseudo-label"], initial_strategy="coreset")
    pixels = registry().build("dataset", "digits").load(None).train.x.reshape(-1, 64).astype(np.float64)
    picks = torch.tensor(sorted(_farthest_first(pixels, 20)))
    assert len(hashes) == 4
    assert set(hashes.values()) == {index_hash(picks)}


def test_a_random_start_follows_the_seed_alone(tmp_path: Path) -> None:
    first = _hashes(tmp_path / "a", method=["supervised", "pseudo-label"], initial_strategy="random")
    again = _hashes(tmp_path / "b", method="supervised", initial_strategy="random")
    assert first["supervised", 0] == first["pseudo-label", 0] == again["supervised", 0]
    assert first["supervised", 1] == first["pseudo-label", 1] == again["supervised", 1]
    assert first["supervised", 0] != first["supervised", 1]


def test_fewer_first_labels_than_classes_are_allowed_where_a_strategy_chooses(tmp_path: Path) -> None:
    changes: dict[str, Any] = {"method": "supervised", "seeds": 1, "rounds": 1, "initial": 4}
    assert len(_hashes(tmp_path, initial_strategy="coreset", **changes)) == 1
    with pytest.raises(SuiteError, match="cannot hold one item of each"):
        _hashes(tmp_path, **changes)


def test_the_setting_is_part_of_the_key(tmp_path: Path) -> None:
    changes: dict[str, Any] = {"method": "supervised", "seeds": 1, "rounds": 1}
    for name in ("", "random"):
        _hashes(tmp_path, initial_strategy=name, **changes)
    folders = [path.name for suite in tmp_path.iterdir() for path in trial_folders(suite)]
    assert len(folders) == len(set(folders)) == 2


@pytest.mark.parametrize("name", ["entropy", "margin"])
def test_a_strategy_that_needs_a_model_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(SuiteError) as error:
        albench.run(out=tmp_path, method="supervised", initial_strategy=name, **SMALL)
    message = str(error.value)
    assert message.startswith(f"initial_strategy {name}: it needs a model or labels")
    assert {"coreset", "random"} <= set(message.replace(",", " ").replace(".", " ").split())
    assert "\n" not in message
    assert not list(tmp_path.glob("*/trials/*"))

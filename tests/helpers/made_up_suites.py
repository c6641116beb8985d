"""Suites' folders that were made up: trials with records, and no training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from albench.results.records import read_trial, trial_folders
from albench.results.store import SuiteStore

PROTOCOL = {"rounds": 2, "steps": 10, "lr": 0.03, "device": "cpu"}


def facts(key: str, **changes: Any) -> dict[str, Any]:
    """What ``trial.json`` of a trial holds."""
    dataset, method, strategy, backbone, seed, _ = key.split("--")
    names = {"dataset": dataset, "method": method, "strategy": strategy, "backbone": backbone}
    about = {"seed": int(seed[1:]), "protocol_hash": "aaaa", "protocol": PROTOCOL, "data_hash": "d1"}
    return {"format": 1, "key": key, **names, "stand_in": "", **about, "initial_hash": f"i{seed}", **changes}


def record(number: int, accuracy: float = 0.5, seconds: float = 1.0) -> dict[str, Any]:
    """What a round left."""
    return {
        "round": number,
        "n_labeled": 10 + number,
        "queried": [number],
        "val": {"accuracy": accuracy},
        "test": {"accuracy": accuracy},
        "pseudo_label": {"accepted": None, "accuracy": None},
        "query": {},
        "training": {},
        "seconds": {"train": seconds},
        "peak_memory_mb": seconds,
    }


def key_of(strategy: str, seed: int) -> str:
    return f"digits--fixmatch--{strategy}--cnn--s{seed}--{strategy}{seed}"


def make_suite(folder: Path, *strategies: str, rounds: int = 2, started: str = "2026-01-01", **changes: Any) -> Path:
    """A suite with two seeds of each strategy; ``record`` options and other facts may be given."""
    of_record = {name: changes.pop(name) for name in ("accuracy", "seconds") if name in changes}
    store = SuiteStore(folder)
    store.open()
    store.update_manifest(
        {
            **{"format": 1, "suite": folder.name, "versions": {"torch": "2.6"}, "plugins": {"mine": "mine 1"}},
            **{"host": {"name": folder.parent.name}, "determinism": {"threads": 1}},
            "datasets": {"digits": {"data_hash": "d1", "sizes": [100, 10, 10]}},
            "protocols": {"aaaa": PROTOCOL},
            "runs": [{"started": started, "command": ["albench", "run", folder.parent.name], "trials": 2}],
        }
    )
    for strategy in strategies:
        for seed in (0, 1):
            trial = store.trial(key_of(strategy, seed))
            trial.describe(facts(trial.folder.name, **changes))
            for number in range(rounds):
                trial.append(record(number, **of_record))
    return folder


def content(folder: Path) -> dict[str, bytes]:
    """File below a folder -> what it holds."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def records(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Trial of a suite -> its records."""
    return {trial.name: read_trial(trial).records for trial in trial_folders(folder)}

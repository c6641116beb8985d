"""Data that changed, between two runs of one process and under a run; other initial labels under a trial's key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import albench
from albench.api.executor import Note, Outcome, Progress
from albench.components.registry import registry
from albench.data.loading import load_data
from albench.disk.files import sealed_text
from albench.errors import StoreError, TrialError
from albench.execution.plan import Plan
from albench.results.store import SuiteStore, TrialStore

TINY: dict[str, Any] = {"initial": 6, "query_size": 4, "rounds": 2, "steps": 3, "seeds": 1, "executor": "local"}
ROUNDS = [{"round": 0}, {"round": 1}]


def arrays(folder: Path, offset: float) -> str:
    """A folder of features; its files have the same sizes whatever they hold."""
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    for split, size in (("train", 60), ("val", 20), ("test", 20)):
        y = np.arange(size) % 2
        np.save(folder / f"{split}-features.npy", (rng.normal(size=(size, 4)) + y[:, None] + offset).astype("float32"))
        np.save(folder / f"{split}-labels.npy", y)
    return f"features[path={folder}]"


def pictures(path: Path, value: int) -> str:
    """An archive of images."""
    rng = np.random.default_rng(value)
    parts = {}
    for split, size in (("train", 60), ("val", 20), ("test", 20)):
        parts[f"{split}_images"] = rng.integers(0, 255, (size, 8, 8), dtype=np.uint8)
        parts[f"{split}_labels"] = np.arange(size) % 2
    np.savez(path, **parts)
    return f"npz[path={path}]"


@pytest.mark.parametrize("write", [arrays, pictures])
def test_data_that_changed_between_two_runs_of_one_process_are_refused(tmp_path: Path, write: Any) -> None:
    path = tmp_path / "pool.npz"
    spec = write(path, 0)
    settings = {**TINY, "dataset": spec, "method": "supervised", "out": tmp_path / "out", "name": "s"}
    albench.run(**settings, strategy="random")
    before = load_data(spec, None, registry()).hash
    write(path, 1)
    assert load_data(spec, None, registry()).hash != before
    words = r"was made with other data than .* holds now .data_hash .*: use --name .* or --fresh"
    with pytest.raises(StoreError, match=words):
        albench.run(**settings, strategy="random")
    albench.run(**settings, strategy="random", fresh=True)
    (facts,) = (tmp_path / "out" / "s" / "trials").glob("*/trial.json")
    assert json.loads(facts.read_text())["data_hash"] == load_data(spec, None, registry()).hash


def test_data_that_this_process_has_read_are_read_again_unless_they_are_those_that_are_meant(tmp_path: Path) -> None:
    spec = pictures(tmp_path / "pool.npz", 0)
    first = load_data(spec, None, registry())
    assert load_data(spec, None, registry(), first.hash) is first
    assert load_data(spec, None, registry()) is not first
    pictures(tmp_path / "pool.npz", 1)
    assert load_data(spec, None, registry(), "another").hash not in (first.hash, "another")


class Meddler:
    """A listener that changes a file once the first round is on its way."""

    def __init__(self, path: Path, at: int) -> None:
        self.path, self.at = path, at

    def plan(self, plan: Plan) -> None: ...

    def event(self, event: Progress | Note) -> None:
        if isinstance(event, Progress) and event.round == self.at:
            array = np.load(self.path, mmap_mode="r+")
            array[:] += 1
            array.flush()

    def outcome(self, outcome: Outcome) -> None: ...


@pytest.mark.parametrize("lanes", ["off", "2"])
def test_a_mapped_array_that_changes_under_a_run_fails_the_trial_before_its_round_is_kept(
    tmp_path: Path, lanes: str
) -> None:
    spec = arrays(tmp_path / "pool", 0)
    meddler = Meddler(tmp_path / "pool" / "test-features.npy", at=1)
    settings = {**TINY, "dataset": spec, "method": "supervised", "strategy": "random", "out": tmp_path, "name": "s"}
    with pytest.raises(TrialError, match="changed while the suite was running: start the run again"):
        albench.run(**settings | {"seeds": 2, "lanes": lanes}, listener=meddler)
    counts = [len(path.read_text().splitlines()) for path in tmp_path.glob("s/trials/*/rounds.jsonl")]
    assert max(counts) == 1


def test_a_trial_that_started_from_other_labels_does_not_go_on(tmp_path: Path) -> None:
    facts = {"key": "k", "data_hash": "d", "initial_hash": "one"}
    store = TrialStore(tmp_path / "t")
    store.start(facts)
    for record in ROUNDS:
        store.append(record)
    with pytest.raises(StoreError, match=r"started from other labels \(initial_hash one, now two\): use --name"):
        store.start({**facts, "initial_hash": "two"})
    assert json.loads((tmp_path / "t" / "trial.json").read_text())["initial_hash"] == "one"
    assert len(store.start(facts)) == 2


def forge_start(trial: Path) -> None:
    """As if other labels had been drawn when the trial was made."""
    facts = json.loads((trial / "trial.json").read_text())
    del facts["checksum"]
    (trial / "trial.json").write_text(sealed_text({**facts, "initial_hash": "0" * 16}))


@pytest.mark.parametrize("left", [1, 2], ids=["incomplete", "complete"])
@pytest.mark.parametrize("more", [{}, {"lanes": "2", "seeds": 2}], ids=["alone", "lanes"])
def test_other_initial_labels_are_refused_before_anything_is_written(
    tmp_path: Path, left: int, more: dict[str, Any]
) -> None:
    settings = {**TINY, "dataset": "digits", "method": "supervised", "strategy": "random", "initial": 20, **more}
    albench.run(**settings, out=tmp_path, name="s")
    (trial, *_) = sorted((tmp_path / "s" / "trials").iterdir())
    store = SuiteStore(tmp_path / "s").trial(trial.name)
    store.truncate(left)
    forge_start(trial)
    before = {path: path.read_bytes() for path in (tmp_path / "s").rglob("*") if path.is_file()}
    with pytest.raises(StoreError, match=r"started from other labels \(initial_hash 0{16}\) than seed 0 of digits"):
        albench.run(**settings, out=tmp_path, name="s")
    assert {path: path.read_bytes() for path in (tmp_path / "s").rglob("*") if path.is_file()} == before
    albench.run(**settings, out=tmp_path, name="s", fresh=True)


def test_initial_labels_that_a_strategy_chose_are_compared_when_a_trial_goes_on(tmp_path: Path) -> None:
    settings = {
        **TINY,
        "dataset": "digits",
        "method": "supervised",
        "strategy": "random",
        "initial_strategy": "coreset",
    }
    albench.run(**settings, out=tmp_path, name="s")
    (trial,) = (tmp_path / "s" / "trials").iterdir()
    SuiteStore(tmp_path / "s").trial(trial.name).truncate(1)
    forge_start(trial)
    with pytest.raises(TrialError, match="started from other labels"):
        albench.run(**settings, out=tmp_path, name="s")


def test_trials_of_a_seed_that_started_from_other_labels_than_each_other_are_refused(tmp_path: Path) -> None:
    settings = {**TINY, "dataset": "digits", "method": "supervised", "initial_strategy": "coreset"}
    albench.run(**settings, strategy=["random", "entropy"], out=tmp_path, name="s")
    forge_start(min((tmp_path / "s" / "trials").iterdir()))
    with pytest.raises(StoreError, match="started from other labels"):
        albench.run(**settings, strategy=["random", "entropy"], out=tmp_path, name="s")

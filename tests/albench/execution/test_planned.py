"""The trials of a suite: what makes each, which data sets are one, and under which keys the folder has them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from albench.components.registry import registry
from albench.data.loading import Data, load_data
from albench.disk.files import read_sealed, sealed_text
from albench.errors import SuiteError
from albench.execution.planned import Planned, planned
from albench.results.inventory import Inventory
from albench.results.records import encode_record
from albench.session import suite_from
from albench.suite.complete import completed
from albench.suite.settings import RunSettings

SETTINGS = RunSettings(device="cpu")


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """Two classes of 4 numbers an item."""
    rng, path = np.random.default_rng(0), tmp_path / "pool.npz"
    arrays: dict[str, Any] = {}
    for split, n in (("train", 30), ("val", 10), ("test", 10)):
        arrays |= {f"{split}_features": rng.normal(size=(n, 4)), f"{split}_labels": np.arange(n) % 2}
    np.savez(path, **arrays)
    return path


def of(folder: Path, *pools: Path, **words: Any) -> Planned:
    """The trials of a suite on some files, in a folder."""
    names = [f"features[path={path}]" for path in pools]
    found = registry()
    suite, _ = completed(suite_from(dataset=names, **{"seeds": 1, "rounds": 2, **words}), SETTINGS, found)
    data: dict[str, Data] = {name: load_data(name, None, registry()) for name in names}
    return planned(suite, SETTINGS, data, found, Inventory(folder))


def test_every_trial_has_what_makes_it(pool: Path, tmp_path: Path) -> None:
    found = of(tmp_path / "s", pool, strategy=["random", "entropy"], seeds=2)
    assert [(trial.strategy, trial.seed) for trial in found.trials] == [
        ("random", 0), ("random", 1), ("entropy", 0), ("entropy", 1)
    ]  # fmt: skip
    assert found.made.keys() == {trial.key for trial in found.trials}
    assert all(made.keys() == {"core", "dataset", "method", "strategy", "backbone"} for made in found.made.values())
    assert [*found.same.values()] == [f"features[path={pool}]"]
    assert found.notes == []


def test_two_names_of_one_data_set_are_refused(pool: Path, tmp_path: Path) -> None:
    copy = shutil.copy(pool, tmp_path / "copy.npz")
    with pytest.raises(SuiteError, match=r"copy.npz\] hold the same items and labels .*: name one"):
        of(tmp_path / "s", pool, copy)


def test_a_trial_of_the_same_data_elsewhere_goes_on_under_its_key(pool: Path, tmp_path: Path) -> None:
    (trial,) = of(tmp_path / "s", pool).trials
    place = tmp_path / "s" / "trials" / trial.key
    place.mkdir(parents=True)
    found = of(tmp_path / "s", pool)
    ((data_hash, _),) = found.same
    facts = {
        "dataset": trial.dataset, "data_hash": data_hash, "seed": 0, "protocol_hash": trial.protocol.hash,
        "resolved": dict(zip(("dataset", "method", "strategy", "backbone"), trial.resolved, strict=True)),
        "protocol": {"rounds": 2}, "made_by": found.made[trial.key],
    }  # fmt: skip
    (place / "trial.json").write_text(sealed_text(facts))
    (place / "rounds.jsonl").write_text(encode_record({"round": 0}))
    assert read_sealed(place / "trial.json") == facts
    elsewhere = of(tmp_path / "s", Path(shutil.move(pool, tmp_path / "moved.npz")))
    assert [each.key for each in elsewhere.trials] == [trial.key]
    assert elsewhere.notes == [
        f"1 trial in {tmp_path / 's'} is of the same data, then named features[path={pool}] and now "
        f"features[path={tmp_path / 'moved.npz'}]: it counts, and goes on."
    ]

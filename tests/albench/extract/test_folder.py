"""The folder of an extraction holds one, whole or in part, and one process writes in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from albench.api import Split, Splits, Task
from albench.errors import StoreError
from albench.extract.folder import FACTS, STAND_IN_FILE, check, claim, is_complete, target_file, write_labels

MADE = {"backbone": {"versions": {}, "local": [], "files": {"net.py": "0" * 16}}}
FACTS_OF: dict[str, Any] = {"dataset": "d", "seed": 0, "weights": None, "made_by": MADE}


def splits(stand_in: str = "", groups: bool = True) -> Splits:
    def split(n: int) -> Split:
        return Split(np.zeros((n, 2), np.float32), np.arange(n) % 6)

    names = ("a", "b", "c", "d", "e", "f")
    of = {"test": np.arange(6)} if groups else {}
    return Splits(split(12), split(6), split(6), Task("features", (2,), 6, names, ordinal=True), of, stand_in=stand_in)


@pytest.mark.parametrize(
    ("classes", "ordinal", "name"),
    [(2, False, "val-two-targets.npy"), (6, True, "val-six-targets.npy"), (6, False, "val-targets.npy"),
     (3, True, "val-targets.npy")],
)  # fmt: skip
def test_the_file_of_labels_says_the_grading(classes: int, ordinal: bool, name: str) -> None:
    task = Task("features", (2,), classes, tuple(map(str, range(classes))), ordinal=ordinal)
    assert target_file("val", task) == name


def test_it_is_complete_when_every_file_is_there(tmp_path: Path) -> None:
    write_labels(tmp_path, splits())
    assert not is_complete(tmp_path, splits())
    for split in ("train", "val", "test"):
        assert not is_complete(tmp_path, splits())
        np.save(tmp_path / f"{split}-features.npy", np.zeros((6, 2)))
    assert is_complete(tmp_path, splits())
    (tmp_path / "test-groups.npy").unlink()
    assert not is_complete(tmp_path, splits())
    assert is_complete(tmp_path, splits(groups=False))


def test_features_of_simulated_items_are_marked(tmp_path: Path) -> None:
    write_labels(tmp_path, splits())
    assert not (tmp_path / STAND_IN_FILE).exists()
    write_labels(tmp_path, splits("MESCC"))
    assert (tmp_path / STAND_IN_FILE).read_text().startswith("SIMULATED DATA - a stand-in for MESCC")
    assert np.load(tmp_path / "test-six-targets.npy").tolist() == [0, 1, 2, 3, 4, 5]


def test_one_process_at_a_time_and_one_extraction(tmp_path: Path) -> None:
    out = tmp_path / "f"
    check(out, FACTS_OF)
    assert not out.exists(), "a look writes nothing"
    with claim(out, FACTS_OF), pytest.raises(StoreError, match="another process is extracting"):
        claim(out, FACTS_OF).__enter__()
    check(out, FACTS_OF)
    with pytest.raises(StoreError, match="was made with seed 0, not 1: name another --out"):
        check(out, {**FACTS_OF, "seed": 1})
    other = {"backbone": {**MADE["backbone"], "files": {"net.py": "1" * 16}}}
    with pytest.raises(StoreError, match="name another --out"):
        check(out, {**FACTS_OF, "made_by": other})


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="is a file: name a folder"):
        check(tmp_path / "file", FACTS_OF)
    with pytest.raises(StoreError, match="holds files of something else"):
        check(tmp_path, FACTS_OF)
    (tmp_path / FACTS).write_text("[1")
    with pytest.raises(StoreError, match="is damaged: remove the folder"):
        check(tmp_path, FACTS_OF)


@pytest.mark.parametrize("named", [FACTS, "train-features.json", STAND_IN_FILE])
def test_what_the_killed_left_unnamed_is_cleared_and_nothing_else(tmp_path: Path, named: str) -> None:
    out = tmp_path / "f"
    with claim(out, FACTS_OF):
        pass
    if named == FACTS:
        (out / FACTS).unlink()
    left, own = out / f".{named}.abc.tmp", out / ".notes.tmp"
    left.write_text("{")
    if named != FACTS:
        own.write_text("mine")
    with claim(out, FACTS_OF):
        assert not left.exists()
    assert own.exists() == (named != FACTS)
    assert (out / FACTS).exists()

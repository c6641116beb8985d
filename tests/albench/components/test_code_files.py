"""The files that a module's code is."""

from __future__ import annotations

import os
import time
from importlib.metadata import distribution
from pathlib import Path

import pytest

from albench.components import code_files as module
from albench.components.code_files import code_files, digest, from_elsewhere, is_local, label

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)


def test_imports_are_followed_wherever_they_stand_and_those_of_libraries_are_not(folder: Path) -> None:
    write(folder, begin_here="import json, numpy\ndef f():\n    import late_one\n", late_one="__import__('deep_one')\n")
    write(folder, deep_one="from ..outside import x\n", never_named="")
    assert code_files("begin_here", folder / "begin_here.py") == {
        name: folder / f"{name}.py" for name in ("begin_here", "late_one", "deep_one")
    }


def test_the_parents_of_a_module_and_relative_imports_count(folder: Path) -> None:
    package = folder / "of_parts"
    (package / "inner").mkdir(parents=True)
    write(package, __init__="", beside="", two="from .inner import one\n")
    write(package / "inner", __init__="from .. import beside\n", one="")
    assert set(code_files("of_parts.two", package / "two.py")) == {
        *("of_parts.two", "of_parts", "of_parts.beside", "of_parts.inner", "of_parts.inner.one"),
    }


def test_an_import_of_what_is_computed_takes_all_that_lies_beside(folder: Path) -> None:
    write(folder, computes="import importlib\nimportlib.import_module('a' + 'b')\n", lies_beside="")
    assert {"computes", "lies_beside"} <= set(code_files("computes", folder / "computes.py"))
    write(folder, computes="import importlib\nimportlib.import_module('lies_beside')\n", another="")
    assert set(code_files("computes", folder / "computes.py")) == {"computes", "lies_beside"}


def test_a_table_that_a_source_names_is_part_of_it_where_it_asks_for_its_own_place(folder: Path) -> None:
    (folder / "tables").mkdir()
    (folder / "tables" / "a.csv").write_text("1")
    write(folder, reads="from pathlib import Path\nTABLE = Path(__file__).parent / 'tables'\n", silent="X = 'tables'\n")
    assert code_files("reads", folder / "reads.py")["reads:tables/a.csv"] == folder / "tables" / "a.csv"
    assert set(code_files("silent", folder / "silent.py")) == {"silent"}


def test_of_the_core_the_kernels_that_are_imported_count_alone(folder: Path) -> None:
    write(folder, uses_kernels="from albench.api import Strategy\nfrom albench.kernels import k_means\n")
    names = set(code_files("uses_kernels", folder / "uses_kernels.py"))
    assert "albench.kernels.kmeans" in names
    assert not [name for name in names if name.startswith(("albench.api", "albench.kernels.topk"))]


def test_a_source_that_cannot_be_read_is_its_file(folder: Path) -> None:
    write(folder, is_broken="def (:\n")
    assert code_files("is_broken", folder / "is_broken.py")["is_broken"] == folder / "is_broken.py"


def test_a_digest_is_of_the_content(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"one")
    first = digest(file)
    assert (len(first), digest(tmp_path / "none")) == (16, "")
    file.write_bytes(b"two")
    assert digest(file) != first
    file.write_bytes(b"one")
    assert digest(file) == first


def test_a_file_that_was_let_alone_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "settled"
    file.write_bytes(b"0")
    later = time.time() + 2 * module.SETTLED
    monkeypatch.setattr(module.time, "time", lambda: later)
    first = digest(file)
    monkeypatch.setattr(module.hashlib, "file_digest", lambda *_: pytest.fail("it was read again"))
    assert digest(file) == first


def test_what_was_let_alone_is_not_followed_again_and_every_change_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, kept="import kept_beside\n", kept_beside="")
    file, ahead = folder / "kept.py", [2 * module.SETTLED]
    real, followed = module._follow, list[str]()
    now = time.time
    monkeypatch.setattr(module.time, "time", lambda: now() + ahead[0])
    monkeypatch.setattr(module, "_follow", lambda *of: followed.append(of[0]) or real(*of))
    for _ in range(2):
        assert set(code_files("kept", file)) == {"kept", "kept_beside"}
    assert followed == ["kept"]
    write(folder, kept_beside="import kept_later\n")
    assert set(code_files("kept", file)) == {"kept", "kept_beside"}
    write(folder, kept_later="")  # the sources that name it stay as they are
    assert set(code_files("kept", file)) == {"kept", "kept_beside", "kept_later"}
    found = code_files("kept", file)
    found.clear()
    assert set(code_files("kept", file)) == {"kept", "kept_beside", "kept_later"}
    ahead[0] = 0.0  # what was written a moment ago may be again, unseen
    followed.clear()
    write(folder, kept="")
    for _ in range(2):
        assert set(code_files("kept", file)) == {"kept"}
    assert followed == ["kept", "kept"]


@pytest.mark.parametrize(
    ("name", "file", "shown"),
    [
        ("albench_file_mine_12345678", "mine.py", "mine.py"),
        ("albench_file_mine_12345678:table.txt", "x/table.txt", "table.txt"),
        ("pickers.loss", "anywhere/loss.py", "pickers/loss.py"),
        ("pickers", "anywhere/pickers/__init__.py", "pickers/__init__.py"),
        ("pickers.loss:w.bin", "anywhere/w.bin", "pickers.loss:w.bin"),
    ],
)
def test_a_file_is_named_as_people_know_it(name: str, file: str, shown: str) -> None:
    assert label(name, Path(file)) == shown


def test_what_an_index_gave_is_its_version_and_what_lies_elsewhere_is_not() -> None:
    assert not from_elsewhere(distribution("click"))
    assert not is_local("click", Path(distribution("click").locate_file("click/__init__.py").__fspath__()))
    assert is_local("mine", Path(os.sep) / "home" / "mine.py")

"""Code that a process has loaded is let go of once its files are others."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from albench.components import reloading
from albench.components.reloading import let_go_of_changed, remember
from albench.errors import PluginError


@pytest.fixture(autouse=True)
def nothing_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reloading, "_loaded", {})


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "let_go_of"
    folder.mkdir()
    for name, text in {"__init__": "", "one": "VALUE = 1\n", "two": "VALUE = 2\n"}.items():
        (folder / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.import_module("let_go_of.one")
    yield folder
    for name in [name for name in sys.modules if name.startswith("let_go_of")]:
        del sys.modules[name]


def files(package: Path) -> dict[str, Path]:
    return {f"let_go_of.{name}": package / f"{name}.py" for name in ("one", "two")}


def test_nothing_is_let_go_of_while_its_files_stay(package: Path) -> None:
    remember(files(package))
    module = sys.modules["let_go_of.one"]
    assert not let_go_of_changed()
    assert sys.modules["let_go_of.one"] is module


def test_the_whole_package_of_a_changed_file_is_imported_anew(package: Path) -> None:
    remember(files(package))
    (package / "one.py").write_text("VALUE = 9\n")
    assert let_go_of_changed()
    assert not [name for name in sys.modules if name.startswith("let_go_of")]
    assert importlib.import_module("let_go_of.one").VALUE == 9
    assert not let_go_of_changed(), "it is remembered when it is loaded again, not before"


def test_what_is_not_loaded_is_not_remembered(package: Path) -> None:
    remember(files(package))
    (package / "two.py").write_text("VALUE = 9\n")
    assert not let_go_of_changed()


def test_what_a_file_held_first_counts(package: Path) -> None:
    remember(files(package))
    (package / "one.py").write_text("VALUE = 9\n")
    remember(files(package))
    assert let_go_of_changed()


def test_a_table_beside_a_module_counts_as_its_code(package: Path) -> None:
    (package / "table.txt").write_text("1")
    remember({"let_go_of.one:table.txt": package / "table.txt"})
    (package / "table.txt").write_text("2")
    assert let_go_of_changed()


def test_the_core_cannot_be_let_go_of(tmp_path: Path) -> None:
    file = tmp_path / "errors.py"
    file.write_text("1")
    remember({"albench.errors": file})
    file.write_text("2")
    with pytest.raises(PluginError, match="start Python anew"):
        let_go_of_changed()

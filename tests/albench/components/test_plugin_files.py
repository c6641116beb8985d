"""Plain files as plugins."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from albench.components import reloading
from albench.components.plugin_files import described, each_once, files_from_environment, import_plugin, is_loaded
from albench.errors import PluginError


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(reloading, "_loaded", {})
    before = {*sys.modules}
    yield
    for name in {*sys.modules} - before:
        del sys.modules[name]


def test_files_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALBENCH_PLUGINS", raising=False)
    assert files_from_environment() == []
    monkeypatch.setenv("ALBENCH_PLUGINS", os.pathsep.join(("a.py", "", "b/c.py")))
    assert files_from_environment() == ["a.py", "b/c.py"]


def test_a_file_that_is_named_twice_is_one_and_keeps_its_first_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    place = tmp_path.resolve() / "a.py"
    assert each_once(["./a.py", str(place), "x/../a.py", "b.py"]) == {place: "./a.py", place.with_name("b.py"): "b.py"}


def test_two_files_of_one_name_are_two_modules(tmp_path: Path) -> None:
    modules = []
    for number in (1, 2):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "same.py").write_text(f"VALUE = {number}\n")
        modules.append(import_plugin(folder / "same.py"))
    assert [module.VALUE for module in modules] == [1, 2]
    assert is_loaded((tmp_path / "1" / "same.py").resolve(), modules)
    assert not is_loaded((tmp_path / "other.py").resolve(), modules)


def test_an_edit_is_seen_whatever_python_has_compiled(tmp_path: Path) -> None:
    file = tmp_path / "edited_plugin.py"
    file.write_text("VALUE = 1\n")
    import_plugin(file)
    times = file.stat()
    file.write_text("VALUE = 2\n")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert import_plugin(file).VALUE == 2


def test_a_file_that_fails_leaves_no_module(tmp_path: Path) -> None:
    file = tmp_path / "fails_at_once.py"
    file.write_text("\n1 / 0\n")
    with pytest.raises(ZeroDivisionError) as failed:
        import_plugin(file)
    assert described(failed.value) == "ZeroDivisionError: division by zero (fails_at_once.py, line 2)"
    assert not [name for name in sys.modules if "fails_at_once" in name]


def test_a_text_is_no_plugin(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(PluginError, match=r"its name must end in \.py"):
        import_plugin(tmp_path / "notes.txt")


def test_a_missing_module_is_told_with_where_it_was_looked_for(tmp_path: Path) -> None:
    error = ModuleNotFoundError("No module named 'a.b'", name="a.b")
    assert described(error) == "ModuleNotFoundError: No module named 'a.b'"
    told = described(error, tmp_path / "mine.py")
    assert told.startswith(f"ModuleNotFoundError: No module named 'a.b'; looked beside it, in {tmp_path.resolve()}, ")
    assert told.endswith("put a.py there, name its folder in PYTHONPATH, or install it")


def test_the_first_of_two_modules_of_one_name_is_not_taken_for_the_other(tmp_path: Path) -> None:
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "twice_beside.py").write_text("")
        (folder / "plugin.py").write_text("import twice_beside\n")
    import_plugin(tmp_path / "one" / "plugin.py")
    with pytest.raises(PluginError, match=r"it imports twice_beside, and that is .*one.*, not the .* beside it"):
        import_plugin(tmp_path / "two" / "plugin.py")

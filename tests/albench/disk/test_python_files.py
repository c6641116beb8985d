"""A plain Python file as a module."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from albench.disk.python_files import FILE_MODULE, import_file, module_name


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "modules", {**sys.modules})


def test_it_is_a_module_by_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.py").write_text("from beside_mine import VALUE\n")
    (tmp_path / "beside_mine.py").write_text("VALUE = 7\n")
    module = import_file(tmp_path / "mine.py")
    assert module.VALUE == 7
    assert module.__name__ == module_name(tmp_path / "mine.py")
    monkeypatch.chdir(tmp_path)
    assert module_name(Path("mine.py")) == module.__name__, "however the place is written"
    assert module.__name__.startswith(f"{FILE_MODULE}mine_")
    assert module_name(tmp_path / "other" / "mine.py") != module.__name__


def test_an_edit_within_a_second_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "quick.py"
    file.write_text("VALUE = 1\n")
    assert import_file(file).VALUE == 1
    times = file.stat()
    file.write_text("VALUE = 2\n")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert import_file(file).VALUE == 2


def test_what_fails_is_not_left_half_imported(tmp_path: Path) -> None:
    (tmp_path / "fails.py").write_text("1 / 0\n")
    with pytest.raises(ZeroDivisionError):
        import_file(tmp_path / "fails.py")
    assert module_name(tmp_path / "fails.py") not in sys.modules
    with pytest.raises(ImportError, match=r"notes.txt is not a Python file: its name must end in \.py"):
        import_file(tmp_path / "notes.txt")

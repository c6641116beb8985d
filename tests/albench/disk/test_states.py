"""Whether files are as they were."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from albench.disk.states import SETTLED, state_of


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two files in two folders, and one that is not there."""
    (tmp_path / "inner").mkdir()
    found = [tmp_path / "one.py", tmp_path / "inner" / "two.py"]
    for file in found:
        file.write_text("x = 1\n")
    return [*found, tmp_path / "none.py"]


def later() -> float:
    return time.time() + 2 * SETTLED


def test_what_is_let_alone_has_one_state(files: list[Path]) -> None:
    assert state_of(files, at=later()) == state_of(files, at=later()) != ()


def test_what_was_written_a_moment_before_it_was_read_has_none(files: list[Path]) -> None:
    assert state_of(files) == ()
    assert state_of(files, at=files[0].stat().st_ctime + SETTLED / 2) == ()
    assert state_of([], at=0.0) == ()


def same_size_and_time(file: Path) -> None:
    before = file.stat()
    file.write_text("x = 2\n")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


CHANGES: dict[str, Callable[[Path], object]] = {
    "edited": lambda folder: (folder / "one.py").write_text("x = 1\n# more\n"),
    "edited, of the same size and time": lambda folder: same_size_and_time(folder / "one.py"),
    "gone": lambda folder: (folder / "inner" / "two.py").unlink(),
    "come": lambda folder: (folder / "none.py").write_text(""),
    "beside": lambda folder: (folder / "inner" / "__init__.py").write_text(""),
    "replaced": lambda folder: (folder / "one.py").rename(folder / "inner" / "two.py"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_another_state(change: str, files: list[Path]) -> None:
    before = state_of(files, at=later())
    CHANGES[change](files[0].parent)
    assert state_of(files, at=later()) != before


def test_other_folders_count_where_they_are_named(files: list[Path], tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    without, with_it = state_of(files, at=later()), state_of(files, [str(other)], at=later())
    (other / "new.py").write_text("")
    assert state_of(files, at=later()) == without
    assert state_of(files, [str(other)], at=later()) != with_it

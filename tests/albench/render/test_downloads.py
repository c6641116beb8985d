"""Downloads on a terminal and elsewhere."""

from __future__ import annotations

import io
import sys

import pytest
from rich.console import Console
from rich.progress import Progress

from albench.render.downloads import Bars, downloads_shown


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_elsewhere_lines_alone_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with downloads_shown() as tell:
        tell.begins(10)
        tell.note("a line")
        tell.at("file", 5, 10)
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "a line\n")


def test_a_terminal_has_a_bar_for_each_file(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with downloads_shown() as tell:
        tell.note("[sizes] and [licence]")
        tell.at("file.bin", 5_000_000, 10_000_000)
    assert "[sizes] and [licence]" in terminal.getvalue()
    assert "file.bin" in terminal.getvalue()


def test_bars_move() -> None:
    progress = Progress(console=Console(file=io.StringIO()))
    bars = Bars(progress)
    for name, done, size in (("a", 5, 10), ("a", 10, 10), ("b", 3, 0)):
        bars.begins(size)
        bars.at(name, done, size)
    assert [(task.description, task.completed, task.total) for task in progress.tasks] == [
        ("a", 10, 10),
        ("b", 3, None),
    ]

"""Downloads as they go: a line before the first byte, and a bar on a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from albench.data.download import Plainly, Teller

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


@contextlib.contextmanager
def downloads_shown() -> Iterator[Teller]:
    """Who is told of downloads: lines on standard error, and bars where that is a terminal."""
    if not sys.stderr.isatty():
        yield Plainly()
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield Bars(progress)


class Bars:
    """A bar for each file.

    Parameters
    ----------
    progress
        Draws them.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def begins(self, size: int) -> None:
        """Ignored: a bar is there once bytes are."""

    def at(self, name: str, done: int, size: int) -> None:
        """Move the file's bar."""
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=size or None)
        self._progress.update(self._tasks[name], completed=done)

    def note(self, line: str) -> None:
        """Print a line above the bars."""
        self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)

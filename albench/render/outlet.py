"""Standard output that may go away while a run goes on: its terminal closed, its disk full, or nobody reads it."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import TextIO

from albench.errors import OutputLost


class Outlet(io.TextIOBase):
    """Writes to a stream for as long as it takes it, then to nowhere: a run is worth more than its display.

    The stream is one that raises ``OutputLost``, and keeps it for the end of the command.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._lost = False

    @property
    def encoding(self) -> str:  # type: ignore[override]  # of the stream, and not to be set
        return self._stream.encoding

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Of the stream."""
        return self._stream.fileno()

    def write(self, text: str) -> int:
        """Write, or drop what nobody can read."""
        self._unless_lost(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Flush, likewise."""
        self._unless_lost(self._stream.flush)

    def _unless_lost(self, act: Callable[[], object]) -> None:
        if not self._lost:
            try:
                act()
            except OutputLost:
                self._lost = True

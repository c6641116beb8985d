"""Standard output that may go away while a run goes on: its terminal closed, or the reader of a pipe ended."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO


class Outlet(io.TextIOBase):
    """Writes to a stream for as long as somebody is there, then to nowhere: a run is worth more than its display."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout

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
        try:
            return self._stream.write(text)
        except OSError:
            self._leave()
            return len(text)

    def flush(self) -> None:
        """Flush, likewise."""
        try:
            self._stream.flush()
        except OSError:
            self._leave()

    def _leave(self) -> None:
        # What the stream still holds is written when the process ends: that must not fail either.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)

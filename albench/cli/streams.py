"""Output that its reader can show: no text ends a command because a terminal's encoding lacks a character of it."""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import stat
import sys
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from albench.errors import OutputLost

_ALIKE = {
    **dict.fromkeys("‐‑‒–—―−·", "-"),
    **dict.fromkeys("‘’‚′", "'"),
    **dict.fromkeys("“”„″", '"'),
    "\N{NO-BREAK SPACE}": " ",
    **{"±": "+-", "…": "...", "×": "x", "→": "->", "←": "<-", "≤": "<=", "≥": ">=", "≈": "~", "•": "*", "✓": "v"},
}
"""Signs that ASCII can stand in for."""


class Shown(io.TextIOBase):
    """A stream that writes what its encoding has, and something readable in place of the rest.

    Signs become their like in ASCII (``±`` is ``+-``, lines of a table are ``-``); any other character becomes what
    ``letter`` makes of it.

    Attributes
    ----------
    lost
        How many characters had no like.
    failed
        What ended it, where the stream took no more.

    Raises
    ------
    OutputLost
        From each write then.
    """

    def __init__(self, stream: TextIO, letter: Callable[[str], str]) -> None:
        self._stream = stream
        self._letter = letter
        self.lost = 0
        self.failed: OutputLost | None = None

    @property
    def encoding(self) -> str:  # type: ignore[override]  # of the stream, and not to be set
        return getattr(self._stream, "encoding", None) or "utf-8"

    def __getattr__(self, name: str) -> Any:
        # Without a buffer click writes text here; into one it would write UTF-8 where the stream says ASCII.
        if name == "buffer" and codecs.lookup(self.encoding).name == "ascii":
            raise AttributeError(name)
        return getattr(self._stream, name)

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Of the stream."""
        return self._stream.fileno()

    def flush(self) -> None:
        """Flush the stream."""
        try:
            self._stream.flush()
        except OSError as error:
            self._end(error)

    def write(self, text: str) -> int:
        """Write ``text`` as far as the encoding goes."""
        try:
            self._stream.write(text if self._has(text) else self._nearest(text))
        except OSError as error:
            self._end(error)
        return len(text)

    def _end(self, error: OSError) -> None:
        self.failed = OutputLost(_why(error, self._stream))
        raise self.failed from None

    def _has(self, text: str) -> bool:
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError:
            return False
        return True

    def _nearest(self, text: str) -> str:
        if not self._has("±"):
            text = text.replace(" ± ", " +-")  # as wide, so that columns stay below each other
        return "".join(char if char.isascii() or self._has(char) else self._like(char) for char in text)

    def _like(self, char: str) -> str:
        found = _ALIKE.get(char) or _drawn(char)
        if found and self._has(found):
            return found
        self.lost += 1
        return self._letter(char)


class _Errors(Shown):
    """Standard error: where it takes no more, nobody can be told."""

    def _end(self, error: OSError) -> None:
        pass


def _why(error: OSError, stream: TextIO) -> str:
    """Why a stream takes no more; "" where a pipe's reader or a terminal has gone."""
    if error.errno == errno.EBADF:
        return "it is closed"
    gone = error.errno == errno.EPIPE
    if error.errno == errno.EIO:  # of a file it is a bad disk
        gone = not stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    return "" if gone else error.strerror or str(error)


def _drawn(char: str) -> str:
    """What a character of frames, bars and spinners looks like in ASCII."""
    if "\u2500" <= char <= "\u257f":
        name = unicodedata.name(char)
        across = "HORIZONTAL" in name or name.endswith((" LEFT", " RIGHT"))
        return "+" if " AND " in name else "-" if across else "|"
    if "\u2580" <= char <= "\u259f":
        return "#"
    return "." if "\u2800" <= char <= "\u28ff" else ""


def _marks(char: str) -> str:
    """Question marks as wide as the character, so that columns stay below each other."""
    if unicodedata.combining(char):
        return ""
    return "??" if unicodedata.east_asian_width(char) in "WF" else "?"


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


@contextlib.contextmanager
def _own_output() -> Iterator[TextIO | None]:
    """Standard output as the command's own.

    What writes to the descriptor itself inside (a library in C, a process that a plugin starts) writes to the error
    stream, while the stream that is yielded writes to where standard output led.
    """
    out: Any = sys.stdout
    if out is None:
        with _closed() as own:
            yield own
        return
    if id(out) != id(sys.__stdout__):  # of a test or a notebook
        yield out
        return
    try:
        number = out.fileno()
        kept = os.dup(number)
        os.dup2(sys.stderr.fileno() if sys.stderr else os.open(os.devnull, os.O_WRONLY), number)
    except (AttributeError, OSError, ValueError):  # nothing stands behind one of the two
        yield out
        return
    lines = 1 if getattr(out, "line_buffering", False) else -1
    own = os.fdopen(kept, "w", buffering=lines, encoding=out.encoding, errors=out.errors)
    try:
        yield own
    finally:
        os.dup2(kept, number)
        try:
            own.flush()
        except OSError:
            _to_nowhere(kept)  # what is left cannot be written, and closing would try again
        own.close()


@contextlib.contextmanager
def _closed() -> Iterator[TextIO]:
    """A stream that takes nothing, where standard output was closed: no file may be opened in its place."""
    while (nowhere := os.open(os.devnull, os.O_RDONLY)) <= 2:
        pass
    own = os.fdopen(nowhere, "w", encoding="utf-8")
    try:
        yield own
    finally:
        with contextlib.suppress(OSError):
            own.close()


def _to_nowhere(descriptor: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


@contextlib.contextmanager
def shown() -> Iterator[Callable[[], str]]:
    """Standard output and standard error take any text inside the block.

    Yields
    ------
    What gives a line on what standard output could not show so far, "" where it showed all.

    Raises
    ------
    OutputLost
        Where standard output did not take all; at the end of the block at the latest.
    """
    out, err = sys.stdout, sys.stderr

    def lost() -> str:
        if not wrapped or not wrapped.lost:
            return ""
        count = f"{wrapped.lost:,} character" + "s" * (wrapped.lost != 1)
        return f"{count} not in {wrapped.encoding}, shown as '?': set PYTHONIOENCODING=utf-8 (files are always UTF-8)."

    wrapped: Shown | None = None
    try:
        with _own_output() as own:
            wrapped = Shown(own, _marks) if own else None
            sys.stdout = wrapped
            sys.stderr = _Errors(err, _escape) if err else None
            try:
                yield lost
            finally:
                sys.stdout, sys.stderr = out, err
                if wrapped:
                    with contextlib.suppress(OutputLost):
                        wrapped.flush()
    finally:
        if wrapped and wrapped.failed and wrapped.failed.reason:
            raise wrapped.failed from None

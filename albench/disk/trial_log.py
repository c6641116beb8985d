"""A trial's log: what happened to it, one JSON line an event. For people; nothing is ever read from it as data."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import warnings
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TextIO

NAME = "log.jsonl"
OLDER = "log.1.jsonl"
"""What came before, once the log was full; replaced when it is full again."""
TRACEBACK = "traceback.txt"
"""The last failure's traceback as it is read, until the trial is tried again."""
LIMIT = 512 * 2**10
"""Bytes of one file."""
TEXT_LIMIT = 16_000
"""Characters of one text, such as a traceback; the middle of a longer one is left out."""
WARNINGS = 50
"""Warnings of one attempt at a trial; the rest are only counted."""

Level = Literal["info", "warning", "error"]


class TrialLog:
    """The log in a trial's folder.

    What cannot be written is left out: a log must never end the trial that it tells of, and a disk that takes no log
    takes no record either, which does end it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.round: int | None = None
        """The round that the trial is in, for events that do not say theirs."""
        self._opened = False

    def write(self, level: Level, event: str, **fields: Any) -> None:
        """Add an event with the time; fields that are None are left out."""
        told = {"time": _now(), "level": level, "event": event, "round": self.round, **fields}
        content = {name: _short(value) for name, value in told.items() if value is not None}
        line = json.dumps(content, separators=(",", ":"), default=str) + "\n"
        with contextlib.suppress(OSError):
            path = self.folder / NAME
            size = path.stat().st_size if path.exists() else 0
            if size and size + len(line) > LIMIT:
                path.replace(self.folder / OLDER)
                size = 0
            with path.open("ab") as handle:
                if size and not self._opened and not _ends_a_line(path):
                    line = "\n" + line  # whoever wrote last was killed in the middle of a line
                handle.write(line.encode())
            self._opened = True

    def failed(self, reason: str, detail: str) -> None:
        """The trial's failure, with its traceback; once, whoever of worker and driver comes first."""
        last = read_log(self.folder)[-1:]
        if last and (last[0].get("event"), last[0].get("reason")) == ("failed", _short(reason)):
            return
        self.write("error", "failed", reason=reason, traceback=_short(detail).splitlines() or None)
        if detail:
            with contextlib.suppress(OSError):
                (self.folder / TRACEBACK).write_text(detail, encoding="utf-8", errors="backslashreplace")


@contextlib.contextmanager
def logging(logs: Sequence[TrialLog]) -> Iterator[None]:
    """Tell logs of an attempt at their trials: its start, Python's warnings, and what interrupts it.

    Warnings are shown as before too. Each place that warns does so once an attempt, not once a process.
    """
    before = warnings.showwarning
    count = 0

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        nonlocal count
        count += 1
        if count <= WARNINGS:
            where = f"{filename}:{lineno}"
            _all(logs, "warning", "python_warning", kind=category.__name__, message=str(message), where=where)
        before(message, category, filename, lineno, file, line)

    with warnings.catch_warnings():
        pass  # forgets which places have warned already
    warnings.showwarning = show
    _all(logs, "info", "start", process=os.getpid(), host=socket.gethostname())
    try:
        yield
    except (KeyboardInterrupt, GeneratorExit):
        _all(logs, "warning", "interrupted")
        raise
    finally:
        warnings.showwarning = before
        if count > WARNINGS:
            _all(logs, "warning", "more_warnings", count=count - WARNINGS)


def read_log(folder: Path) -> list[dict[str, Any]]:
    """The whole events of a trial's log, oldest first; [] where there is none."""
    events = []
    for name in (OLDER, NAME):
        try:
            lines = (folder / name).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        for line in lines:
            with contextlib.suppress(ValueError):
                event = json.loads(line)
                if isinstance(event, dict):
                    events.append(event)
    return events


def _all(logs: Sequence[TrialLog], level: Level, event: str, **fields: Any) -> None:
    for log in logs:
        log.write(level, event, **fields)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _short(value: Any) -> Any:
    if not isinstance(value, str) or len(value) <= TEXT_LIMIT:
        return value
    half = TEXT_LIMIT // 2
    return f"{value[:half]}\n[... {len(value) - 2 * half} characters left out ...]\n{value[-half:]}"


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as handle:
        handle.seek(-1, os.SEEK_END)
        return handle.read(1) == b"\n"

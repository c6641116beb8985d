"""Whether files are as they were, by what the system says of them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

SETTLED = 2.0
"""Seconds after which a file's times tell whether it is written to."""


def state_of(files: Iterable[Path], folders: Iterable[str] = (), at: float | None = None) -> tuple[object, ...]:
    """What the system says of files, and of the folders that they lie in and of others.

    Two that are equal, and not empty, say that no file changed and that none came or went beside one. Empty while that
    cannot be known, as of what was written to a moment before.

    Parameters
    ----------
    at
        When the files were read; now, by default.
    """
    names = [str(file) for file in files]
    places = dict.fromkeys((*names, *map(os.path.dirname, names), *(folder or os.curdir for folder in folders)))
    settled = (time.time() if at is None else at) - SETTLED
    found: list[object] = []
    for place in places:
        try:
            state = os.stat(place)  # noqa: PTH116  # hundreds a trial, and a Path of each would take most of the time
        except OSError:
            found.append(place)
            continue
        if state.st_ctime > settled:
            return ()
        found.append((place, state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns))
    return tuple(found)

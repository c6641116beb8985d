"""What reaches a Ray node by value, as it runs before the node's process may import anything of albench.

Where a script has connected to Ray itself, Ray puts the driver's working folder in front of where its workers look for
modules. This module imports the standard library alone, and ``ray_cluster.connect`` has Ray send its code instead of
its name.
"""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path
from typing import Any

LAST = 8000
"""Bytes of the end of what a process printed that are read where it died."""

Place = tuple[str, list[tuple[str, int]]]
"""A node's id, and the files that take what a process prints there, each with the bytes of earlier tasks in it."""


class Mailbox:
    """An actor on the driver's node, where tasks leave events, pickled, and where they print."""

    def __init__(self) -> None:
        self._events: list[bytes] = []
        self._places: dict[str, Place] = {}

    def put(self, events: bytes) -> None:
        self._events.append(events)

    def take(self) -> list[bytes]:
        events, self._events = self._events, []
        return events

    def begin(self, key: str, place: Place) -> None:
        """A job begins."""
        self._places[key] = place

    def place(self, key: str) -> Place | None:
        """Where a job began last; None where it did not."""
        return self._places.get(key)


def is_there(path: str) -> bool:
    """Whether the node sees a file."""
    return Path(path).exists()


def carry_out_here(run: bytes, key: str, luggage: bytes, mailbox: Any) -> Any:
    """``ray_tasks.carry_out``, with all that it takes unpickled where this process looks where its driver does."""
    import ray

    look_where_the_driver_looks()
    ray.get(mailbox.begin.remote(key, (ray.get_runtime_context().get_node_id(), prints())))
    from albench_executors.ray_tasks import carry_out

    job, files, marker = pickle.loads(luggage)
    return carry_out(pickle.loads(run), job, files, marker, mailbox)


def look_where_the_driver_looks() -> None:
    """Undo what Ray put in front: the driver's places come first, in its order, then those of this node's Python."""
    given = os.environ["PYTHONPATH"].split(os.pathsep)  # as ``worker_environment`` has it
    first = next((place for place, path in enumerate(sys.path) if path in given), 0)
    sys.path[:] = [*given, *(path for path in sys.path[first:] if path not in given)]


def prints() -> list[tuple[str, int]]:
    """The files that take this process's standard output and errors, with their sizes; none where it cannot be told."""
    files = []
    for number in (1, 2):
        try:
            path = Path(f"/proc/self/fd/{number}").readlink()
            if path.is_file():
                files.append((str(path), path.stat().st_size))
        except OSError:
            continue
    return files


def end_of(files: list[tuple[str, int]]) -> str | None:
    """The end of what files took after their first bytes, without the lines by which Ray marks whose they are.

    None where they are gone.
    """
    said, marks = None, (":job_id:", ":task_name:", ":actor_name:")
    for name, before in files:
        try:
            with Path(name).open("rb") as handle:
                handle.seek(max(before, handle.seek(0, os.SEEK_END) - LAST))
                lines = handle.read().decode(errors="replace").splitlines(keepends=True)
        except OSError:
            continue
        said = (said or "") + "".join(line for line in lines if not line.startswith(marks))
    return said

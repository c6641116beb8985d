"""A worker process's side: it carries out jobs until its driver closes the connection."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

from albench.api import Event, Run

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

ORPHAN = 0.5
"""Seconds between two looks of a process whether the one that started it is there."""


def serve(connection: Connection) -> None:
    """Carry out jobs until the driver closes the connection."""

    def emit(event: Event) -> None:
        _send_or_exit(connection, (False, event))

    threading.Thread(target=_leave_with, args=(os.getppid(),), daemon=True).start()
    try:
        run: Run = connection.recv()
        while True:
            job = connection.recv()
            _send_or_exit(connection, (True, run(job, emit)))
    except EOFError:
        return


def _leave_with(parent: int) -> None:
    """End this process soon after its parent: a long query sends nothing that could fail."""
    while os.getppid() == parent:
        time.sleep(ORPHAN)
    os._exit(1)


def _send_or_exit(connection: Connection, message: tuple[bool, object]) -> None:
    try:
        connection.send(message)
    except OSError:
        # The driver is gone: leave at once and let the claim go, so that the next run can take the trial over.
        os._exit(1)

"""This machine: the cores that it grants, which process a number means, and whether that is still there."""

from __future__ import annotations

import functools
import os
import socket
import sys
from pathlib import Path


def cores() -> int:
    """CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def as_here() -> dict[str, str]:
    """The environment in which another Python imports what this one imports, and nothing else from where it starts."""
    places = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
    return {**os.environ, "PYTHONPATH": places, "PYTHONSAFEPATH": "1"}


@functools.cache
def machine_id() -> str:
    """Where a process number has one meaning: this boot of this machine, or of this container."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # not Linux
        return socket.gethostname()


def started_at(pid: int) -> str:
    """When a process started, in ticks since the boot; "" where the system does not tell or there is none."""
    fields = _stat(pid)
    return fields[19] if len(fields) > 19 else ""


def has_ended(pid: int, started: str = "") -> bool:
    """True where no process has the number, or another one that started later."""
    if os.name == "nt":  # there, signal 0 is not a question
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        pass
    fields = _stat(pid)
    ended = fields[:1] == ["Z"]  # its parent has not taken note of it yet
    return ended or bool(started and len(fields) > 19 and fields[19] != started)


def _stat(pid: int) -> list[str]:
    """What the system tells of a process, from its state on."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()

"""Who holds what: the files of claims (see ``albench.disk.claims``), as anybody may read them."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from albench.disk.processes import has_ended, machine_id


@dataclass(frozen=True)
class Owner:
    """A process that holds something.

    Attributes
    ----------
    machine, started
        What makes its number unique: the machine's boot and the process's start, "" where the system does not tell.
    since
        When it took it, in seconds since the epoch, by its own clock.
    """

    token: str
    pid: int
    host: str
    machine: str
    started: str
    since: float

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"

    @property
    def dead(self) -> bool:
        """True where it was a process of this machine that is no more; of other machines nothing can be said."""
        return self.machine == machine_id() and has_ended(self.pid, self.started)


_NUMBER = re.compile(r"(\d+)(\.free)?")
UNREADABLE = Owner("", 0, "", "", "", 0.0)


def owner_of(base: Path) -> Owner | None:
    """Who holds a claim, as far as its file says; None where nobody does."""
    claim = owner_and_sign(base)
    return claim[0] if claim else None


def owner_and_sign(base: Path) -> tuple[Owner, float] | None:
    """Who holds a claim, and its last sign of life by the folder's clock; None where nobody does."""
    _, path = last_claim(base)
    return read_owner(path) if path else None


def name_of_owner(owner: Owner | None) -> str:
    return str(owner) if owner and owner is not UNREADABLE else "another process"


def claim_files(base: Path) -> list[tuple[Path, int, bool]]:
    """The files of a claim: path, number, whether it was let go."""
    start = f"{base.name}-"
    try:
        numbered = [
            (path, _NUMBER.fullmatch(path.name, len(start)))
            for path in base.parent.iterdir()
            if path.name.startswith(start)
        ]
    except FileNotFoundError:
        return []
    return [(path, int(match[1]), bool(match[2])) for path, match in numbered if match]


def last_claim(base: Path) -> tuple[int, Path | None]:
    """The highest number, and its file where somebody holds it."""
    numbered = [(number, free, path) for path, number, free in claim_files(base)]
    if not numbered:
        return 0, None
    number, free, path = max(numbered)
    return number, None if free else path


def read_owner(path: Path) -> tuple[Owner, float] | None:
    """The holder that a file names, and when it last gave a sign of life; None where the file is gone."""
    try:
        with path.open(encoding="utf-8", errors="replace") as handle:  # a look without that may be answered by a cache
            text, seen = handle.read(), os.fstat(handle.fileno()).st_mtime
    except OSError:
        return None
    try:
        owner = Owner(**json.loads(text))
    except (ValueError, TypeError):  # being written, or zeros after a power cut: it counts by its time alone
        return UNREADABLE, seen
    return (owner if isinstance(owner.pid, int) else UNREADABLE), seen

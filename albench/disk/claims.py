"""Who holds what in a folder that several processes, on several hosts, share.

A claim is a file with a number, ``claim-7``, that only one process can make. Its owner renews the file's time every few
seconds; one that has not done so for a lease, by the folder's own clock, is taken over by whoever makes ``claim-8``. An
owner that was only slow then finds its file gone, and writes no more. Of this machine's processes it is known at once
which are no more. No lock of the system is used: those of network folders cannot be relied on.

The numbers only grow, so of two that want to take over ``claim-7`` one alone can make ``claim-8``; the last file stays,
renamed to ``claim-8.free``, when its owner is done.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from albench.disk.files import temporary
from albench.disk.owners import (
    UNREADABLE,
    Owner,
    claim_files,
    last_claim,
    name_of_owner,
    owner_and_sign,
    owner_of,
    read_owner,
)
from albench.disk.processes import machine_id, started_at
from albench.errors import ClaimLost

HEARTBEAT = 5.0
"""Seconds between two signs of life of an owner."""
LEASE = 60.0
"""Seconds without one after which a claim may be taken over: longer than a network folder hides a change."""
TRIES = 10
"""Times that a claim is asked for whose candidate somebody takes away."""
POLL = 0.2
"""Seconds between two looks at a claim that is waited for."""


class Claim:
    """A claim of this process, or the wish for one.

    Parameters
    ----------
    base
        The path of the claim's files without their numbers, such as ``.../trials/<key>/claim``.

    Attributes
    ----------
    inherited
        Whether there was one before, who may have lost it without knowing so yet.
    """

    def __init__(self, base: Path) -> None:
        self.base = base
        self.inherited = False
        self._path: Path | None = None
        self._token = secrets.token_hex(8)

    def take(self) -> str:
        """Take it; returns "" or, where another process holds it, who that is.

        Raises
        ------
        OSError
            The folder cannot be written.
        """
        for _ in range(TRIES - 1):
            with contextlib.suppress(FileNotFoundError):  # somebody took this candidate for that of a killed process
                return self._take()
        return self._take()

    def _take(self) -> str:
        self.base.parent.mkdir(parents=True, exist_ok=True)
        number, path = last_claim(self.base)
        before = read_owner(path) if path else None
        if before and before[0].token == self._token:
            return ""
        mine = Owner(self._token, os.getpid(), socket.gethostname(), machine_id(), started_at(os.getpid()), time.time())
        candidate = self.base.with_name(f".{self.base.name}.{self._token}.tmp")
        try:
            candidate.write_text(json.dumps(asdict(mine)), encoding="utf-8")
            os.utime(candidate)  # the time that the folder's own clock gives, as in a sign of life
            now = candidate.stat().st_mtime
            # A time in the far future was given by a clock that has been set back since.
            if before and not before[0].dead and abs(now - before[1]) < LEASE:
                return name_of_owner(before[0])
            made = self.base.with_name(f"{self.base.name}-{number + 1}")
            if not _make(candidate, made, self._token):
                return name_of_owner(owner_of(self.base))
        finally:
            candidate.unlink(missing_ok=True)
        newest, path = last_claim(self.base)
        if path != made:  # seen late: others had come and gone meanwhile
            made.unlink(missing_ok=True)
            return name_of_owner(owner_of(self.base))
        self.inherited = number > 0
        self._path = made
        _remove_older(self.base, newest, now)
        _heart.add(self)
        return ""

    def renew(self) -> None:
        """Give a sign of life.

        Raises
        ------
        ClaimLost
            Another process took it over.
        OSError
            The folder cannot be written.
        """
        if self._path is None:
            return
        following = self.base.with_name(f"{self.base.name}-{int(self._path.name.rpartition('-')[2]) + 1}")
        try:
            os.utime(self._path)  # asks the folder's server, where a look at names might be answered from a cache
            lost = following.exists() or following.with_name(f"{following.name}.free").exists()
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ESTALE):
                raise
            lost = True
        if lost:
            raise ClaimLost(name_of_owner(owner_of(self.base)))

    def release(self) -> None:
        """Let it go."""
        _heart.remove(self)
        path, self._path = self._path, None
        if path is not None:
            with contextlib.suppress(OSError):  # lost, or the folder is gone: there is nothing to let go
                path.rename(path.with_name(f"{path.name}.free"))

    def discard(self) -> None:
        """Let it go and leave no file, where nothing that has to be written once is at stake."""
        _heart.remove(self)
        self._path = None
        for file in (*(file for file, _, _ in claim_files(self.base)), *temporary(self.base)):
            file.unlink(missing_ok=True)


@contextlib.contextmanager
def hold(base: Path) -> Iterator[Claim]:
    """Wait until this process holds a claim, and hold it."""
    claim = Claim(base)
    while claim.take():
        _wait_for_change(base)
    try:
        yield claim
    finally:
        claim.release()


def wait(bases: Sequence[Path], patience: float) -> None:
    """Wait until each claim is free, its owner dead, or known to be alive: renewed after ``patience`` seconds."""
    first = {base: _sign(base) for base in bases}
    begun = time.monotonic()
    while (gone := time.monotonic() - begun) < LEASE + HEARTBEAT:
        for base in list(first):
            sign = _sign(base)
            if sign is None or (gone > patience and sign != first[base]):
                del first[base]
        if not first:
            return
        time.sleep(POLL)


def _wait_for_change(base: Path) -> None:
    """Look, without writing, until a claim is let go or taken over; after a heartbeat in any case."""
    first, begun = _sign(base), time.monotonic()
    while first and time.monotonic() - begun < HEARTBEAT:
        time.sleep(POLL)
        sign = _sign(base)
        if sign is None or sign[0] != first[0]:
            return


def _sign(base: Path) -> tuple[str, float] | None:
    """What changes with each sign of life; None where there will be none."""
    found = owner_and_sign(base)
    return (found[0].token, found[1]) if found and not found[0].dead else None


def _make(candidate: Path, path: Path, token: str) -> bool:
    """Give a file a name that nobody else has taken."""
    try:
        os.link(candidate, path)
    except FileExistsError:
        found = read_owner(path)  # a network folder may say so of a request that it carried out and was asked again
        return found is not None and found[0].token == token
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK):
            raise
        try:  # a file system without links
            content = candidate.read_text(encoding="utf-8")
            with path.open("x", encoding="utf-8") as handle:
                handle.write(content)
        except FileExistsError:
            return False
    return True


def _remove_older(base: Path, number: int, now: float) -> None:
    """Remove what the claims before left."""
    with contextlib.suppress(OSError):
        for path, other, _ in claim_files(base):
            if other < number:
                path.unlink(missing_ok=True)
        for path in temporary(base):  # of processes that were killed, some before they had written a word
            found = read_owner(path)
            if found is None or found[0] is UNREADABLE or found[0].dead or now - found[1] > LEASE:
                path.unlink(missing_ok=True)


class _Heart:
    """One thread of this process that renews what it holds."""

    def __init__(self) -> None:
        self._claims: set[Claim] = set()
        self._lock = threading.Lock()
        self._pid = 0

    def add(self, claim: Claim) -> None:
        with self._lock:
            self._claims.add(claim)
            if self._pid != os.getpid():  # threads do not survive a fork
                self._pid = os.getpid()
                threading.Thread(target=self._beat, name="albench-claims", daemon=True).start()

    def remove(self, claim: Claim) -> None:
        with self._lock:
            self._claims.discard(claim)

    def _beat(self) -> None:
        while True:
            time.sleep(HEARTBEAT)
            with self._lock:
                claims = list(self._claims)
            for claim in claims:
                with contextlib.suppress(OSError, ClaimLost):  # found out, and told, when the owner writes
                    claim.renew()


_heart = _Heart()

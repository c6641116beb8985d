"""Errors that a user sees: one line that says what was wrong, where, and what to type instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from itertools import takewhile


class AlbenchError(Exception):
    """Base of every error that albench raises on purpose; the run failed (exit code 1)."""

    exit_code = 1


class UserError(AlbenchError):
    """The user's input cannot be used (exit code 2)."""

    exit_code = 2


class SpecError(UserError):
    """A component spec such as ``boostmis[n_neighbors=10]`` is malformed or has a wrong option."""


class UnknownName(UserError):
    """No component, metric, key or file of that name; the message names the nearest right one."""


class PluginError(UserError):
    """A plugin cannot be loaded, or two plugins claim one name."""


class DataError(UserError):
    """A data set's files are missing, damaged or inconsistent."""


class SuiteError(UserError):
    """A suite file or a protocol setting is wrong."""


class StoreError(UserError):
    """A results folder cannot be read or written."""


class DamagedFile(StoreError):
    """A file of a results folder is not what was written."""


class EndsRun(AlbenchError):
    """What a run needs is gone while it goes on; the trials that were running go on once it is started again."""


class FolderError(EndsRun):
    """A results folder cannot be written any more while a run goes on: a full disk, a folder gone read-only."""


class DownloadError(AlbenchError):
    """A published file cannot be had: none of its addresses gives it, or the disk does not take it."""


class OutputLost(BaseException):
    """Standard output takes no more; no ``except`` for a file's or a trial's errors holds it.

    Attributes
    ----------
    reason
        Why, in a few words; "" where its reader has gone, who is told nothing.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ClaimLost(AlbenchError):
    """Another process took over what this one had given no sign of working on for too long."""

    def __init__(self, owner: str) -> None:
        super().__init__(f"{owner} took it over, as this process had given no sign of life for too long.")
        self.owner = owner


class DeviceError(UserError):
    """The device that was asked for is not there."""


class DeviceLacks(AlbenchError):
    """A device has no memory left for what it is to compute, or no such operation."""


class DeviceLost(EndsRun):
    """The device gave up at its work; nothing more can be computed there by this process."""


class DeviceStopped(DeviceLost):
    """A component asked the device for what is not there, and it gave up: the component is wrong, not the device."""


class ContractError(AlbenchError):
    """A plugin broke its contract, e.g. a strategy returned the wrong number of positions."""


class TrialError(AlbenchError):
    """A trial could not be carried out."""


class OutOfTime(AlbenchError):
    """The run came to its time limit while a trial had rounds left."""


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that ``name`` may have been meant for, or None where nothing is close.

    Close is what shares three letters of four, has two neighbouring letters in the other order, goes on where
    ``name`` ends, or begins alike for four letters that are three quarters of the shorter one.
    """
    known = list(candidates)
    found = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
    swapped = [other for other in known if other != name and sorted(other) == sorted(name) and _one_swap(name, other)]
    longer = [other for other in known if len(name) >= 3 and other.startswith(name)]
    alike = [other for other in known if _begin_alike(name, other)]
    return next(iter([*found, *swapped, *longer, *alike]), None)


def _begin_alike(one: str, other: str) -> bool:
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return shared >= max(4, 0.75 * min(len(one), len(other)))


def _one_swap(one: str, other: str) -> bool:
    return sum(a != b for a, b in zip(one, other, strict=True)) == 2


def unknown(what: str, name: str, candidates: Iterable[str], hint: str = "") -> UnknownName:
    """Build the error for an unknown name, with the nearest right one.

    Parameters
    ----------
    what
        The kind of thing, e.g. ``"strategy"``.
    name
        What the user typed.
    candidates
        The names that exist.
    hint
        What to type to see them all.
    """
    known = sorted(candidates)
    close = nearest(name, known)
    if close is not None:
        tail = f"did you mean '{close}'?"
    elif known and len(known) <= 12:
        tail = f"choose from {', '.join(known)}."
    else:
        tail = hint or "see 'albench list'."
    return UnknownName(f"unknown {what} '{name}': {tail}")

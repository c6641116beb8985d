"""The files of a job's trials: held, packed for another machine, and brought home."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Protocol, Self

from albench.api.executor import Busy
from albench.disk.claims import Claim
from albench.disk.files import append_whole, write_atomic, writing
from albench.errors import StoreError
from albench.results.store import CLAIM, SuiteStore

LEFT = (".tmp", ".lock")
"""Endings of files that are of use to the process alone that writes them."""


class HasKey(Protocol):
    """A trial, as far as its files go."""

    @property
    def key(self) -> str: ...


@dataclass(frozen=True)
class JobFiles:
    """A job as far as its files go (see ``albench.api.Job``).

    Attributes
    ----------
    key
        Names the job and its outcome, whichever of its trials are free.
    folder
        The suite's folder.
    trials
        Those that it carries out.
    busy
        Those that other processes hold.
    away
        Whether the folder is the job's own, so that all of it goes home.
    """

    key: str
    folder: str
    trials: Sequence[HasKey]
    busy: tuple[Busy, ...] = field(default=(), kw_only=True)
    away: bool = field(default=False, kw_only=True)
    _claims: tuple[Claim, ...] = field(default=(), kw_only=True, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_claims": ()}  # what is held is held by this process

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    @contextlib.contextmanager
    def claim(self) -> Iterator[Self]:
        """Hold the job's trials; gives the job of those that no other process holds."""
        free, busy = [], []
        with contextlib.ExitStack() as held:
            claims = []
            for trial in self.trials:
                claim = Claim(self._store.trial(trial.key).claim_base)
                with writing(Path(self.folder)):
                    owner = claim.take()
                if owner:
                    busy.append(Busy(trial.key, owner))
                    continue
                held.callback(claim.release)
                claims.append(claim)
                free.append(trial)
            yield dataclasses.replace(
                self, trials=tuple(free), busy=(*self.busy, *busy), _claims=(*self._claims, *claims)
            )

    def at(self, folder: str | Path) -> Self:
        """The job in a folder of its own."""
        return dataclasses.replace(self, folder=str(folder), away=True, _claims=())

    def pack(self) -> bytes:
        """What is on disk of the job's trials; of a job in a folder of its own, all that is there."""
        root = Path(self.folder)
        folders = [root] if self.away else [self._store.trial(trial.key).folder for trial in self.trials]
        packed = io.BytesIO()
        with writing(root), zipfile.ZipFile(packed, "w") as archive:
            for folder in folders:
                for path in _files(folder):
                    archive.writestr(path.relative_to(root).as_posix(), path.read_bytes())
        return packed.getvalue()

    def unpack(self, files: bytes) -> list[str]:
        """Make the trials' folders as they were packed; what else is new in the suite's folder is added.

        Returns
        -------
        One line for each file that could not be added, as there is one of its name.

        Raises
        ------
        ClaimLost
            Another process took over one of the trials meanwhile: nothing was written.
        """
        root = Path(self.folder)
        with zipfile.ZipFile(io.BytesIO(files)) as archive, writing(root):
            for claim in self._claims:
                claim.renew()
            names = {name: _place(root, name) for name in archive.namelist()}
            packed = set(names.values())
            of_trials = [self._store.trial(trial.key).folder for trial in self.trials]
            for folder in of_trials:
                for path in _files(folder):
                    if path not in packed:
                        path.unlink(missing_ok=True)
            return [
                f"{name} of a tracker exists already, so that of this trial stayed on its node"
                for name, path in names.items()
                if not _add(path, archive.read(name), any(path.is_relative_to(folder) for folder in of_trials))
            ]

    @property
    def _store(self) -> SuiteStore:
        return SuiteStore(Path(self.folder))


def _add(path: Path, content: bytes, replace: bool) -> bool:
    """Write a file, or add to one of lines; False where there is another of its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if replace or not path.exists():
        write_atomic(path, content)
    elif path.suffix == ".jsonl":
        with path.open("ab", buffering=0) as handle:
            append_whole(handle, content)
    else:
        return False
    return True


def _files(folder: Path) -> list[Path]:
    """The whole files below a folder."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(f"{CLAIM}-") and path.suffix not in LEFT
    ]


def _place(root: Path, name: str) -> Path:
    """Where a packed file goes."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise StoreError(f"{name} was packed to lie outside of {root}: it is no file of a job.")
    return root / path

"""Trials that are carried out where the suite's folder is not: their files go there, and come home."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from albench.api import Busy, Done, Ended, Event, Failed, Outcome, Run

Files = dict[str, bytes]
"""Path below the suite's folder -> content."""
TRIALS = "trials"
AT_HOME = ("lock", "owner")
"""Files of a trial that say who holds it."""


def carry_out_away(run: Run, job: Any, files: Files, emit: Callable[[Event], None]) -> tuple[Outcome, Files]:
    """Carry out a job in a temporary folder; returns its files as well."""
    with tempfile.TemporaryDirectory(prefix="albench-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch) / Path(job.folder).name
        for name, content in files.items():
            _write(folder / name, content)
        outcome = run(dataclasses.replace(job, folder=str(folder), share=False), emit)
        return outcome, _read(folder, folder)


class Trip:
    """A suite's job that goes to another machine: its trials are held here until ``close``.

    Attributes
    ----------
    job
        The job without the trials that other processes hold.
    busy
        Those trials.

    Raises
    ------
    OSError
        The suite's folder cannot be written.
    """

    def __init__(self, job: Any) -> None:
        self._all = job
        self._folder = Path(job.folder)
        self._claims = contextlib.ExitStack()
        self.busy: list[Busy] = []
        free = []
        with contextlib.ExitStack() as claims:
            for trial in job.trials:
                owner = claims.enter_context(_claim(self._folder / TRIALS / trial.key))
                if owner:
                    self.busy.append(Busy(trial.key, owner))
                else:
                    free.append(trial)
            self._claims = claims.pop_all()
        self.job = dataclasses.replace(job, trials=tuple(free))

    def nothing_free(self) -> Outcome:
        """The outcome of a job whose trials are all held by others."""
        return self.busy[0] if len(self._all.trials) == 1 else Done(self._all.key, 0.0)

    def luggage(self) -> Files:
        """What is on disk of the trials."""
        files: Files = {}
        for trial in self.job.trials:
            files |= _read(self._folder / TRIALS / trial.key, self._folder)
        return files

    def unpack(self, files: Files) -> list[str]:
        """Make the trials' folders as they were on the node; what else is new in the suite's folder is added.

        Returns
        -------
        One line for each file that could not be added, as there is one of its name.
        """
        left = []
        for trial in self.job.trials:
            here = _read(self._folder / TRIALS / trial.key, self._folder)
            for name in here.keys() - files.keys():
                (self._folder / name).unlink(missing_ok=True)
        for name, content in files.items():
            path = self._folder / name
            if PurePosixPath(name).parts[0] == TRIALS or not path.exists():
                _write(path, content)
            elif path.suffix == ".jsonl":
                with path.open("ab", buffering=0) as handle:
                    handle.write(content)
            else:
                left.append(f"{name} of a tracker exists already, so that of this trial stayed on its node")
        return left

    def outcomes(self, outcome: Outcome, ended: list[Ended]) -> tuple[Outcome, list[Ended]]:
        """The outcome of the whole job, and the ends of its trials where it had several."""
        if len(self._all.trials) == 1:
            return outcome, []
        if len(self.job.trials) == 1:
            return Done(self._all.key, getattr(outcome, "seconds", 0.0)), [Ended(outcome)]
        return dataclasses.replace(outcome, key=self._all.key), ended

    def close(self) -> None:
        """Let the trials go."""
        self._claims.close()


@contextlib.contextmanager
def _claim(folder: Path) -> Iterator[str]:
    """Hold a trial as any process that carries it out does. Yields "" or who else holds it."""
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    owner = folder / "owner"
    lock = FileLock(folder / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield (owner.read_text(encoding="utf-8") if owner.exists() else "") or "another process"
        return
    try:
        owner.write_text(f"process {os.getpid()} on {socket.gethostname()}", encoding="utf-8")
        yield ""
    finally:
        owner.unlink(missing_ok=True)
        lock.release()


def _read(folder: Path, root: Path) -> Files:
    """The whole files below a folder, by their path below ``root``."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in AT_HOME and path.suffix not in (".tmp", ".lock")
    }


def _write(path: Path, content: bytes) -> None:
    """Write a whole file or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def failed(job: Any, error: OSError) -> Failed:
    """What becomes of a job whose files cannot be read or written here."""
    return Failed(job.key, f"its files in {job.folder} cannot be read or written: {error.strerror or error}")

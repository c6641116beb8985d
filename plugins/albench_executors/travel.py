"""Trials that are carried out where the suite's folder is not: their files go there, and come home."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from albench.api import Busy, Claim, Done, Ended, Event, Failed, Outcome, Run

Files = dict[str, bytes]
"""Path below the suite's folder -> content."""
TRIALS = "trials"
CLAIM = "claim"
"""What the files that say who holds a trial are named by."""


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
        self._claims: list[Claim] = []
        self.busy: list[Busy] = []
        free = []
        try:
            for trial in job.trials:
                claim = Claim(self._folder / TRIALS / trial.key / CLAIM)
                if owner := claim.take():
                    self.busy.append(Busy(trial.key, owner))
                else:
                    self._claims.append(claim)
                    free.append(trial)
        except BaseException:
            self.close()
            raise
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

        Raises
        ------
        ClaimLost
            Another process took over one of the trials meanwhile.
        """
        for claim in self._claims:
            claim.renew()
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

    def lost(self, owner: str) -> tuple[Outcome, list[Ended]]:
        """The outcomes where ``owner`` took over one of the trials: all are left as they are."""
        busy = [Busy(trial.key, owner) for trial in self.job.trials]
        if len(self._all.trials) == 1:
            return busy[0], []
        return Done(self._all.key, 0.0), [Ended(each) for each in busy]

    def close(self) -> None:
        """Let the trials go."""
        for claim in self._claims:
            claim.release()


def _read(folder: Path, root: Path) -> Files:
    """The whole files below a folder, by their path below ``root``."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(f"{CLAIM}-") and path.suffix not in (".tmp", ".lock")
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
    reason = (
        f"{job.folder} cannot be read or written ({error.strerror or error}): what is complete there is whole; see to "
        "it, then run the same command again."
    )
    return Failed(job.key, reason, ends_run=True)

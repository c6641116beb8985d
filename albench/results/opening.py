"""Suites that can be read, of folders and of archives alike."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from albench.errors import StoreError
from albench.results.archive import read_checked, unpack
from albench.results.records import Lists, TrialFiles, read_trial, suite_folders

PACKED = "records.zip"
"""An archive in a suite's folder that holds its trials, as published results have it."""


@dataclass(frozen=True)
class Opened:
    """A suite that can be read.

    Attributes
    ----------
    folder
        Where it is; of an archive, where it was unpacked.
    where
        How the user knows it: ``results/digits`` or ``a.zip/digits``.
    archive
        The archive that it comes from, which may be a stranger's; empty where it is a folder.
    """

    folder: Path
    where: str
    archive: str = ""

    def place(self, trial: Path) -> str:
        """How the user finds one of its trials: ``results/digits/trials/KEY`` or ``a.zip/digits/trials/KEY``."""
        suite = f"{self.archive}/{self.folder.name}" if self.archive else self.where
        return f"{suite}/trials/{trial.name}"

    def read(self, trial: Path, lists: Lists = None) -> TrialFiles:
        """What is on disk of one of its trials."""
        return read_checked(trial, self.place(trial), lists) if self.archive else read_trial(trial, lists)


def opened(paths: Sequence[Path], room: Callable[[], Path]) -> list[Opened]:
    """The suites of folders and archives, each once.

    Parameters
    ----------
    paths
        Suites' folders, folders of suites, or archives of ``albench export``. A suite's folder may have its trials in
        an archive ``records.zip``.
    room
        Makes a new folder for what an archive holds; called where there is one.

    Raises
    ------
    StoreError
        Where one is none of them, or damaged.
    """
    found: dict[Path, Opened] = {}
    for path in paths:
        if path.is_dir() or not path.exists():
            for folder in suite_folders(path):
                for suite in _in_folder(folder, room):
                    found.setdefault(folder.resolve(), suite)
        else:
            for suite in _in_archive(path, str(path), room):
                found.setdefault(path.resolve() / suite.folder.name, suite)
    return list(found.values())


def _in_folder(folder: Path, room: Callable[[], Path]) -> list[Opened]:
    packed = folder / PACKED
    if not packed.is_file():
        return [Opened(folder, str(folder))]
    if (folder / "trials").exists():
        raise StoreError(f"{folder} has trials and {PACKED} beside them: move one of them away, then merge the two.")
    suites = _in_archive(packed, str(folder), room)
    if len(suites) != 1:
        raise StoreError(f"{packed} holds {len(suites)} suites: one is right in a suite's folder.")
    return [dataclasses.replace(suites[0], where=str(folder))]


def _in_archive(path: Path, where: str, room: Callable[[], Path]) -> list[Opened]:
    try:
        unpacked = room()
    except OSError as error:
        raise StoreError(f"{path} cannot be unpacked: {error.strerror or error}.") from None
    return [Opened(folder, f"{where}/{folder.name}", str(path)) for folder in unpack(path, unpacked)]

"""Files of published data sets are brought to where the data are looked for: once, whoever asks, and never unasked."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from albench.api.dataset import Dataset
from albench.api.folders import download_root
from albench.api.published import Published, Remote
from albench.api.published_files import checksum_problem
from albench.components.registry import Registry
from albench.components.spec import Spec
from albench.data.download import Teller, download
from albench.errors import DataError, DownloadError
from albench.wording import in_bytes, listed

OFFLINE = "ALBENCH_OFFLINE"
"""Environment variable: where it is set, nothing is downloaded, as with ``--offline``."""


class Announced:
    """Tells of the first byte of a data set's files once, with their size and licence.

    Parameters
    ----------
    tell
        Who is told.
    """

    def __init__(self, published: Published, folder: Path, tell: Teller) -> None:
        self._published = published
        self._folder = folder
        self._tell = tell
        self._said = False

    def begins(self, size: int) -> None:
        """Say what comes, before the first byte of the first file."""
        if not self._said:
            total = self._published.size or (size if len(self._published.files) <= 1 else 0)
            amount = in_bytes(total) if total else "of unknown size"
            self._tell.note(
                f"downloading {self._published.spec}: {amount}, licence: {self._published.licence}, into {self._folder}"
            )
            self._said = True
        self._tell.begins(size)

    def at(self, name: str, done: int, size: int) -> None:
        """Handed on."""
        self._tell.at(name, done, size)

    def note(self, line: str) -> None:
        """Handed on."""
        self._tell.note(line)


def fetch_missing(
    specs: Iterable[Spec], plugins: Registry, data_dir: str | None, tell: Teller, *, offline: bool = False
) -> None:
    """Download what is published of data sets that are not found.

    Raises
    ------
    DataError, DownloadError
        As ``fetch``.
    """
    root = Path(data_dir) if data_dir else None
    for spec in specs:
        dataset: Dataset = plugins.build("dataset", spec)
        published = dataset.published()
        if published is not None and published.downloads and not dataset.find(root):
            fetch(published, root, tell, offline=offline)


def fetch(published: Published, root: Path | None, tell: Teller, *, offline: bool = False) -> list[Path]:
    """Download a data set's files; those that are there stay.

    Parameters
    ----------
    root
        The data folder that the user named, or None: ``ALBENCH_DATA``, or the user's cache folder.

    Returns
    -------
    The files that were downloaded now.

    Raises
    ------
    DataError
        Where a file is there that is not the published one, or nothing may be downloaded.
    DownloadError
        Where a file cannot be had or written.
    """
    folder = download_root(root) / published.subfolders[0]
    if published.get is not None:
        return _by_itself(published, published.get, folder, tell, offline)
    lacking = [remote for remote in published.files if not _is_here(remote, folder)]
    if not lacking:
        return []
    _require_online(published, listed([remote.name for remote in lacking], most=2), folder, offline)
    announced = Announced(published, folder, tell)
    _make(folder, sum(remote.size for remote in lacking))
    return [folder / remote.name for remote in lacking if _once(remote, folder / remote.name, announced)]


def _require_online(published: Published, names: str, folder: Path, offline: bool) -> None:
    if offline or os.environ.get(OFFLINE, "").strip():
        raise DataError(
            f"no {names} of {published.spec} in {folder}, and nothing is downloaded (--offline or {OFFLINE}): run "
            f"'albench data fetch {published.spec}' without it, or name another folder with --data-dir DIR."
        )


def _by_itself(
    published: Published, get: Callable[[Path], list[Path]], folder: Path, tell: Teller, offline: bool
) -> list[Path]:
    """Files whose checksums are not known beforehand, by what downloads them."""
    _require_online(published, "such data", folder, offline)
    size, licence = published.ask() if published.ask else (0, published.licence)
    _make(folder, size)
    Announced(dataclasses.replace(published, licence=licence), folder, tell).begins(size)
    return get(folder)


def _is_here(remote: Remote, folder: Path) -> bool:
    """Whether a file is there.

    Raises
    ------
    DataError
        Where it is another one: nobody's file is written over.
    """
    path = folder / remote.name
    if not path.exists():
        return False
    if problem := checksum_problem(remote, path):
        raise DataError(f"{path}: {problem.what}: move it away to have it downloaded.")
    return True


def _make(folder: Path, size: int) -> None:
    """The folder, with room for so many bytes."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise DownloadError(
            f"{error.filename or folder} cannot be written ({error.strerror or error}): name another folder with "
            f"--data-dir DIR."
        ) from error
    if size > free:
        raise DownloadError(
            f"{folder}: {in_bytes(size)} are to be downloaded, and the disk has {in_bytes(free)} left: make room, or "
            f"name another folder with --data-dir DIR."
        )


def _once(remote: Remote, path: Path, tell: Teller) -> bool:
    """Download a file, unless another process does: that one is waited for. Whether it was downloaded here."""
    from filelock import FileLock, Timeout

    lock = FileLock(path.with_name(f".{path.name}.lock"))
    try:
        try:
            lock.acquire(timeout=0.1)
        except Timeout:
            tell.note(f"{remote.name}: another process is downloading it: waiting for that")
            lock.acquire()
        try:
            if path.exists():
                return False
            download(remote, path, tell)
            return True
        finally:
            lock.release()
    except OSError as error:
        raise DownloadError(
            f"{error.filename or path} cannot be written ({error.strerror or error}): name another folder with "
            f"--data-dir DIR."
        ) from error

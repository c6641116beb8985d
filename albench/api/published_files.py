"""Files of a published data set on disk: what to say where they are missing, and whether one is as published."""

from __future__ import annotations

import hashlib
from pathlib import Path

from albench.api.dataset import Problem
from albench.api.folders import locate, search_roots
from albench.api.published import Published, Remote
from albench.errors import DataError
from albench.wording import in_bytes, listed


def locate_published(published: Published, root: Path | None) -> dict[str, Path] | None:
    """Name -> file of what a data set is read from: an archive's files where they lie unpacked, else the published."""
    names = [remote.name for remote in published.files]
    unpacked = locate(published.unpacked, published.subfolders, root) if published.unpacked else None
    return unpacked or locate(names, published.subfolders, root)


def missing_files(published: Published, root: Path | None) -> DataError:
    """The error of a data set whose files are in none of the folders: what to type, and what that downloads."""
    names = listed([remote.name for remote in published.files], most=2)
    where = " or ".join(map(str, search_roots(root))) or "the data folder"
    size = f"{in_bytes(published.size)}, " if published.size else ""
    return DataError(
        f"no {names} of {published.spec} in {where}, nor in {published.subfolders[0]} there: download with "
        f"'albench data fetch {published.spec}' ({size}licence: {published.licence}), or name the folder that holds "
        f"them with --data-dir DIR"
    )


def checksum_problem(remote: Remote, path: Path) -> Problem | None:
    """A note where a file is not the published one byte for byte; None where it is, or lies there unpacked."""
    if path.name != remote.name:
        return None
    found = checksum(path, remote.checksum.partition(":")[0])
    if found == remote.checksum:
        return None
    return Problem(str(path), f"not the published file byte for byte: {found}, published is {remote.checksum}", False)


def checksum(path: Path, algorithm: str) -> str:
    """``"sha256:..."`` of a file.

    Raises
    ------
    DataError
        Where it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return f"{algorithm}:{hashlib.file_digest(file, algorithm).hexdigest()}"
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error

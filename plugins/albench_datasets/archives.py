"""Reading members of .tar.gz archives that others made, or the same files unpacked; nothing is written to disk."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from albench.api import DataError


@dataclass(frozen=True)
class Member:
    """A file of an archive: its name there, and the bytes of one record, of which it holds a whole number."""

    name: str
    unit: int
    most: int = 1 << 31
    """Bytes that are read at most."""
    mapped: bool = False
    """Whether it is mapped where it lies unpacked, and not read into memory."""


@dataclass(frozen=True)
class Held:
    """Name -> bytes (n,) uint8 of the members that were read, and the files that they came from."""

    bytes: dict[str, np.ndarray]
    files: Mapping[str, Path]

    def where(self, name: str) -> str:
        """What to call a member in an error."""
        return _where(self.files, name)


def read_members(files: Mapping[str, Path], members: Sequence[Member]) -> Held:
    """The bytes of an archive's members.

    Parameters
    ----------
    files
        The archive alone, or each member by its name where they lie unpacked.

    Raises
    ------
    DataError
        Where a file cannot be read, a member is lacking, or one has another size than its records have.
    """
    wanted = {member.name: member for member in members}
    if wanted.keys() <= files.keys():
        return Held({name: _unpacked(files[name], member) for name, member in wanted.items()}, files)
    (archive,) = files.values()
    found: dict[str, np.ndarray] = {}
    try:
        with tarfile.open(archive, "r|gz") as opened:
            for info in opened:
                member = wanted.get(info.name.removeprefix("./"))
                file = opened.extractfile(info) if member and member.name not in found else None
                if member and file:
                    found[member.name] = _records(file, info.size, member, _where(files, member.name))
                if len(found) == len(wanted):
                    break
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise DataError(f"{archive}: damaged ({error}); get the file again") from error
    except OSError as error:
        raise DataError(f"{archive}: cannot be read ({error.strerror or error}); get the file again") from error
    if lacking := [name for name in wanted if name not in found]:
        raise DataError(f"{archive}: no {', '.join(lacking)}; get the file again")
    return Held(found, files)


def _where(files: Mapping[str, Path], name: str) -> str:
    return str(files[name]) if name in files else f"{next(iter(files.values()))}: {name}"


def _unpacked(path: Path, member: Member) -> np.ndarray:
    try:
        if member.mapped:
            _require_whole(path.stat().st_size, path.stat().st_size, member, str(path))
            return np.memmap(path, np.uint8, mode="r")
        with path.open("rb") as file:
            return _records(file, path.stat().st_size, member, str(path))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error


def _records(file: IO[bytes], size: int, member: Member, where: str) -> np.ndarray:
    """The bytes of whole records; a size that none can have is told before anything is read."""
    _require_size(size, member, where)
    held = file.read(size)
    _require_whole(len(held), size, member, where)
    return np.frombuffer(held, np.uint8)


def _require_size(size: int, member: Member, where: str) -> None:
    if size > member.most:
        raise DataError(f"{where}: claims {size:,} bytes, at most {member.most:,} are expected; get the file again")


def _require_whole(held: int, size: int, member: Member, where: str) -> None:
    if held != size or not size or size % member.unit:
        raise DataError(
            f"{where}: damaged: {held:,} bytes are no whole number of records of {member.unit:,}; get the file again"
        )

"""Reading .npz files that others made: each header is compared with its member's size before anything is allocated."""

from __future__ import annotations

import contextlib
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from albench.api import DataError
from albench_datasets.npyfiles import Header, read_header

MAX_RATIO = 1100
"""Deflate cannot shrink by more than 1032: a member that claims more is forged."""


def npz_names(path: Path) -> list[str]:
    """The names of a .npz file's arrays.

    Raises
    ------
    DataError
        Where it is no .npz file.
    """
    with _archive(path) as archive:
        return [name.removesuffix(".npy") for name in archive.namelist()]


def npz_header(path: Path, name: str) -> Header:
    """What an array of a .npz file claims to be.

    Raises
    ------
    DataError
        Where it is no .npz file, or the array none that is read.
    """
    with _archive(path) as archive, archive.open(f"{name}.npy") as file:
        return read_header(file, f"{path}: {name}")


def read_npz(path: Path, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Arrays of a .npz file; each header is compared with the member's size before anything is allocated.

    Raises
    ------
    DataError
        Where it is no .npz file, an array is missing, or a member is damaged, forged or pickled.
    """
    with _archive(path) as archive:
        there = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        missing = [name for name in names if name not in there]
        if missing:
            raise DataError(f"{path}: no {', '.join(missing)}; it has {', '.join(there) or 'no array'}")
        return {name: _member(archive, there[name], f"{path}: {name}") for name in names}


@contextlib.contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """The opened file; what cannot be read is a ``DataError``."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except zipfile.BadZipFile as error:
        raise DataError(f"{path}: not a readable .npz file ({error}); save one with numpy.savez_compressed") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str) -> np.ndarray:
    damaged = f"{where}: damaged"
    try:
        with archive.open(info) as file:
            header = read_header(file, where)
        claimed = header.size + header.n_bytes
        if claimed != info.file_size or info.file_size > MAX_RATIO * max(info.compress_size, 1):
            raise DataError(
                f"{damaged}: its header claims {header.shape} {header.dtype}, {claimed:,} bytes, but the archive holds "
                f"{info.file_size:,} (packed {info.compress_size:,}); get the file again"
            )
        with archive.open(info) as file:
            array: np.ndarray = np.lib.format.read_array(file, allow_pickle=False)
    except (zlib.error, ValueError, EOFError, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{damaged} ({error}); get the file again") from error
    return array

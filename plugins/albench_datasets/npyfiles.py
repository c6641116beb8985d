"""Reading .npy arrays that others made: no pickles, and nothing is allocated before the header is believed."""

from __future__ import annotations

import math
import tokenize
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from albench.api import DataError


@dataclass(frozen=True)
class Header:
    """What an array claims to be; ``size`` is the header's own length in bytes."""

    shape: tuple[int, ...]
    dtype: np.dtype
    size: int

    @property
    def n_bytes(self) -> int:
        """Bytes that the claimed array takes after the header."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(file: IO[bytes], where: str) -> Header:
    """The header of an open .npy stream.

    Raises
    ------
    DataError
        Where it is not a .npy array, or one of Python objects, which only unpickling could read.
    """
    try:
        version = np.lib.format.read_magic(file)
        if version == (1, 0):
            shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        elif version == (2, 0):
            shape, _, dtype = np.lib.format.read_array_header_2_0(file)
        else:
            raise ValueError(f"format version {version[0]}.{version[1]}")
        size = file.tell()
    except (ValueError, TypeError, SyntaxError, tokenize.TokenError, EOFError, OSError) as error:
        reason = str(error).split("\n", 1)[0]
        raise DataError(f"{where}: not a readable .npy array ({reason}); save it again with numpy.save") from error
    if dtype.hasobject:
        raise DataError(
            f"{where}: holds pickled Python objects, which are not loaded; save plain numbers with "
            f"numpy.save, or text as in y.astype(str)"
        )
    # an item of no bytes would let a short file claim any number of items
    if any(type(side) is not int or side < 0 for side in shape) or dtype.itemsize == 0:
        raise DataError(f"{where}: its header claims {shape} {dtype}; save it again with numpy.save")
    return Header(shape, dtype, size)


def open_npy(path: Path) -> np.ndarray:
    """A .npy file as a read-only memory map (an ordinary array where it holds no item).

    Raises
    ------
    DataError
        Where the file is missing, not a plain .npy array, or shorter than its header claims.
    """
    try:
        with path.open("rb") as file:
            header = read_header(file, str(path))
        there = path.stat().st_size
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error
    claimed = header.size + header.n_bytes
    if there < claimed:
        raise DataError(
            f"{path}: truncated: its header claims {header.shape} {header.dtype}, {claimed:,} bytes, "
            f"but the file has {there:,}; copy it again"
        )
    if header.n_bytes == 0:
        return np.zeros(header.shape, header.dtype)
    try:
        array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError) as error:
        raise DataError(f"{path}: cannot be memory-mapped ({error})") from error
    return array

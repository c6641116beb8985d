"""Reading IDX files, the format of MNIST (LeCun, Cortes and Burges, 1998): a header, then bytes; gzipped or not."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import IO, cast

import numpy as np

from albench.api import DataError

UNSIGNED_BYTE = 0x08
PACKED = b"\x1f\x8b"
"""How a gzip file begins."""
MAX_RATIO = 1100
"""Deflate cannot shrink by more than 1032: a header that claims more is forged."""


def read_idx(path: Path, ndim: int) -> np.ndarray:
    """The array of an IDX file of unsigned bytes; nothing is allocated before the header is believed.

    Parameters
    ----------
    ndim
        How many axes it has to have: 1 of labels, 3 of images.

    Raises
    ------
    DataError
        Where it cannot be read, is no IDX file, or holds more or less than its header claims.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(2) == PACKED
            file.seek(0)
            if not packed:
                return _read(file, path, ndim, path.stat().st_size)
            with gzip.GzipFile(fileobj=file) as unpacked:
                return _read(cast(IO[bytes], unpacked), path, ndim, path.stat().st_size * MAX_RATIO)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: damaged ({error}); get the file again") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error


def _read(file: IO[bytes], path: Path, ndim: int, most: int) -> np.ndarray:
    """The array; ``most`` is how many bytes the file can hold."""
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0":
        raise DataError(f"{path}: not an IDX file, it begins with {magic!r}; get the file again")
    if magic[2] != UNSIGNED_BYTE or magic[3] != ndim:
        raise DataError(
            f"{path}: an IDX file of type 0x{magic[2]:02x} with {magic[3]} axes; "
            f"unsigned bytes (0x{UNSIGNED_BYTE:02x}) with {ndim} are needed"
        )
    sides = file.read(4 * ndim)
    shape = tuple(int.from_bytes(sides[at : at + 4], "big") for at in range(0, len(sides), 4))
    claimed = math.prod(shape)
    whole = len(sides) == 4 * ndim
    held = file.read(claimed + 1) if whole and claimed <= most else b""
    if not whole or len(held) != claimed:
        raise DataError(
            f"{path}: damaged: its header claims {shape}, {claimed:,} bytes, but the file holds "
            f"{'more' if len(held) > claimed else 'less'}; get the file again"
        )
    return np.frombuffer(held, np.uint8).reshape(shape)

"""A .npy file of rows, written block by block, that survives being interrupted.

Rows are appended to ``NAME.npy.part``, whose header tells the final shape from the start. After each block is on disk,
``NAME.json`` counts the rows, so that whoever is killed goes on where the last whole block ends. Appending, rather than
writing through a memory map, makes a full disk an error that can be told, not a signal that ends the process.
"""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import IO, Self

import numpy as np

from albench.disk.files import write_atomic


class RowFile:
    """A float32 array (N, E) while it is written; renamed to its final name when the ``with`` block ends well.

    Parameters
    ----------
    final
        The file that it becomes.
    shape
        (N, E).
    block
        Rows of one block: only whole blocks are kept, so that every row is computed in the same company again.

    Attributes
    ----------
    rows
        How many are on disk.
    """

    def __init__(self, final: Path, shape: tuple[int, int], block: int) -> None:
        self.rows = 0
        self._final = final
        self._path = final.with_name(f"{final.name}.part")
        self._progress = progress_file(final)
        self._shape = shape
        self._file = self._open(block)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._file.close()
        if kind is None:
            self._path.replace(self._final)

    def append(self, block: np.ndarray) -> None:
        """Put one block on disk, then count it."""
        self._file.write(block.astype("<f4", copy=False).tobytes())
        self._file.flush()
        os.fsync(self._file.fileno())
        self.rows += len(block)
        write_atomic(self._progress, json.dumps({"rows": self.rows}) + "\n")

    def _open(self, block: int) -> IO[bytes]:
        """The file behind its last counted block; from its start where nothing in it can be relied on."""
        buffer = io.BytesIO()
        fields = {"descr": "<f4", "fortran_order": False, "shape": self._shape}
        np.lib.format.write_array_header_1_0(buffer, fields)
        header, rows = buffer.getvalue(), self._counted()
        end = len(header) + rows * self._shape[1] * 4
        file: IO[bytes]
        whole = rows % block == 0 or rows == self._shape[0]
        if rows and whole and self._path.exists() and self._path.stat().st_size >= end:
            file = self._path.open("r+b")
            if file.read(len(header)) == header:
                self.rows = rows
                file.seek(end)
                file.truncate()
                return file
            file.close()
        self._progress.unlink(missing_ok=True)
        file = self._path.open("wb")
        file.write(header)
        return file

    def _counted(self) -> int:
        try:
            rows = json.loads(self._progress.read_text(encoding="utf-8"))["rows"]
        except (OSError, ValueError, KeyError, TypeError):
            return 0
        return rows if isinstance(rows, int) and 0 <= rows <= self._shape[0] else 0


def progress_file(final: Path) -> Path:
    """Where the rows of a file are counted while it is written."""
    return final.with_suffix(".json")

"""Vectors that encoders made, one file a split, in a folder that all suites share: whole or absent, made once.

``ALBENCH_CACHE`` names the folder; else it is in the user's cache folder. A file is named by what the items hold and
by all that makes their vectors, so that nothing in it ever goes out of date. Its sealed note, written last, says that
it is complete and what it holds. Processes that want the same file wait for the first of them
(``albench.disk.claims``).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from albench.components.code_files import digest
from albench.disk.claims import hold
from albench.disk.files import read_sealed, sealed_text, sync_folder, temporary, write_atomic, writing
from albench.errors import DamagedFile, DataError

CACHE = "ALBENCH_CACHE"
"""Environment variable: the folder of what can be made again."""
FOLDER = "encoded"
"""Where vectors are in it."""
Made = tuple[int, Iterator[np.ndarray]]
"""D, and the vectors block by block."""


def cache_folder() -> Path:
    """The folder of encoded vectors.

    Raises
    ------
    DataError
        Where the user has no home and names none.
    """
    import platformdirs

    named = os.environ.get(CACHE, "").strip()
    try:
        base = Path(named).expanduser() if named else Path(platformdirs.user_cache_dir("albench"))
    except RuntimeError:
        raise DataError(f"no folder is known for encoded items (HOME is not set): name one in {CACHE}.") from None
    return base / FOLDER


def find(name: str, n_items: int) -> np.ndarray | None:
    """The (N, D) vectors of that name, mapped; None where they are not there whole.

    A file that was damaged since it was written counts as absent.
    """
    file = _file(name)
    try:
        note = read_sealed(file.with_suffix(".json"))
    except DamagedFile:
        return None
    if not note or note.get("items") != n_items or note.get("content") != digest(file):
        return None
    mapped: np.ndarray = np.load(file, mmap_mode="r", allow_pickle=False)
    return mapped


def kept(name: str, n_items: int, make: Callable[[], Made], about: dict[str, Any]) -> np.ndarray:
    """The vectors of that name, mapped; made where they are not there.

    Parameters
    ----------
    make
        Called only where they have to be made.
    about
        What the note says of them beside, for people.

    Raises
    ------
    FolderError
        Where the folder cannot be written.
    DataError
        Where there are not as many vectors as items.
    """
    found = find(name, n_items)
    if found is not None:
        return found
    file = _file(name)
    with writing(file.parent):
        file.parent.mkdir(parents=True, exist_ok=True)
        with hold(file.with_suffix(".claim")) as claim:
            try:
                found = find(name, n_items)  # another process may have made them while this one waited
                if found is None:
                    for left in (*temporary(file), *temporary(file.with_suffix(".json"))):  # of who was killed
                        left.unlink(missing_ok=True)
                    _write(file, n_items, make())
                    note = {"items": n_items, "content": digest(file), **about}
                    write_atomic(file.with_suffix(".json"), sealed_text(note))
                    found = find(name, n_items)
            finally:
                claim.discard()
    if found is None:
        raise DataError(f"{file}: it is not what was written; see to the disk, then run the same command again.")
    return found


def _write(file: Path, n_items: int, made: Made) -> None:
    """All blocks into one file, which has its name only once it is whole; Ctrl-C is answered between them."""
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}.tmp")
    dim, blocks = made
    rows = 0
    try:
        with part.open("wb") as handle:
            header = {"descr": "<f4", "fortran_order": False, "shape": (n_items, dim)}
            np.lib.format.write_array_header_1_0(handle, header)
            for block in blocks:
                # 0 is added, as -0 and 0 are one number and not the same bytes
                handle.write(np.ascontiguousarray(block + np.float32(0), "<f4").data)
                rows += len(block)
            handle.flush()
            os.fsync(handle.fileno())
        if rows != n_items:
            raise DataError(f"{file.name}: {rows} vectors of {n_items} items.")
        part.replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    sync_folder(file.parent)


def _file(name: str) -> Path:
    return cache_folder() / f"{name}.npy"


def named(*parts: str) -> str:
    """32 hexadecimal digits that name what texts say together."""
    found = hashlib.blake2b(digest_size=16)
    for part in parts:
        found.update(f"{len(part)}:{part}".encode())
    return found.hexdigest()

"""Where data are looked for, and where what is downloaded is kept."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from albench.errors import DataError

VARIABLE = "ALBENCH_DATA"
"""Environment variable: the folder with data files."""


def default_roots() -> list[Path]:
    """The folder in ``ALBENCH_DATA``, if it is set, and the user's data folder, whether they exist or not.

    A user without a home, as in many containers, has no data folder.
    """
    import platformdirs

    named = os.environ.get(VARIABLE, "").strip()
    bases = [from_home(Path(named))] if named else []
    with contextlib.suppress(RuntimeError):
        bases.append(Path(platformdirs.user_data_dir("albench")))
    return bases


def download_root(root: Path | None) -> Path:
    """The folder that downloads are kept in: the one that the user named, ``ALBENCH_DATA``, or the user's cache.

    Raises
    ------
    DataError
        Where there is none of these.
    """
    named = os.environ.get(VARIABLE, "").strip()
    if root is not None or named:
        return from_home(root if root is not None else Path(named))
    for folder in _cache():
        return folder
    raise DataError(f"there is no cache folder (HOME is not set): name one with --data-dir or {VARIABLE}.")


def _cache() -> list[Path]:
    """The user's cache folder; none without a home."""
    import platformdirs

    try:
        return [Path(platformdirs.user_cache_dir("albench")) / "data"]
    except RuntimeError:
        return []


def search_roots(root: Path | None) -> list[Path]:
    """The folders that files of a published set are looked for in, best first, whether they exist or not."""
    return list(dict.fromkeys([*([from_home(root)] if root is not None else []), *default_roots(), *_cache()]))


def locate(names: Sequence[str], subfolders: Sequence[str], root: Path | None) -> dict[str, Path] | None:
    """Published name -> file, all of them from one folder; None where no folder has all.

    Parameters
    ----------
    names
        As published; one that ends in ``.gz`` may lie there unpacked.
    subfolders
        Of the data folders, best first; each data folder itself comes after its own.
    root
        The data folder that the user named: it comes before the others.
    """
    for base in search_roots(root):
        for folder in (*(base / name for name in subfolders), base):
            found = {name: path for name in names if (path := _there(folder, name))}
            if len(found) == len(names):
                return found
    return None


def _there(folder: Path, name: str) -> Path | None:
    paths = (folder / name, folder / name.removesuffix(".gz"))
    return next((path for path in paths if path.is_file()), None)


def from_home(path: Path) -> Path:
    """A path with the user's home in place of ``~``.

    Raises
    ------
    DataError
        Where the user has no home.
    """
    try:
        return path.expanduser()
    except RuntimeError:
        raise DataError(f"{path}: no home folder is known for '~' (HOME is not set): write the whole path.") from None

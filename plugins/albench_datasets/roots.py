"""Where data is looked for."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from albench.api import DataError
from albench_datasets.spelling import as_on_disk

VARIABLE = "ALBENCH_DATA"


def candidate_roots(root: Path | None, subfolder: str = "mescc") -> list[Path]:
    """The existing folders to search, best first.

    Parameters
    ----------
    root
        The folder that the user named: then no other is searched. None means the folder in the environment variable
        ``ALBENCH_DATA``, then the user's data folder.
    subfolder
        Each folder's subfolder of this name comes before the folder itself, so that other data beside it does not
        disturb.
    """
    bases = [from_home(root)] if root is not None else default_roots()
    return [folder for base in bases for folder in (base / subfolder, base) if folder.is_dir()]


def named_path(name: str, root: Path | None) -> Path | None:
    """A file or folder under the user's folder, the working folder or the data folders: the first there is."""
    bases = [*(candidate_roots(root) if root is not None else []), Path(), *candidate_roots(None)]
    paths = (as_on_disk(base / from_home(Path(name))) for base in bases)
    return next((path for path in paths if path.exists()), None)


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

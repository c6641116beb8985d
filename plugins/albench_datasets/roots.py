"""Where data is looked for."""

from __future__ import annotations

from pathlib import Path

from albench.api import default_roots, from_home
from albench_datasets.spelling import as_on_disk

__all__ = ["candidate_roots", "default_roots", "from_home", "named_path"]


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

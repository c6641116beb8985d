"""Where data is looked for."""

from __future__ import annotations

import os
from pathlib import Path

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
    bases = [root.expanduser()] if root is not None else default_roots()
    return [folder for base in bases for folder in (base / subfolder, base) if folder.is_dir()]


def named_path(name: str, root: Path | None) -> Path | None:
    """A file or folder under the user's folder, the working folder or the data folders: the first there is."""
    bases = [*(candidate_roots(root) if root is not None else []), Path(), *candidate_roots(None)]
    paths = (as_on_disk(base / Path(name).expanduser()) for base in bases)
    return next((path for path in paths if path.exists()), None)


def default_roots() -> list[Path]:
    """The folder in ``ALBENCH_DATA``, if it is set, and the user's data folder, whether they exist or not."""
    import platformdirs

    named = os.environ.get(VARIABLE, "").strip()
    bases = [Path(named).expanduser()] if named else []
    return [*bases, Path(platformdirs.user_data_dir("albench"))]

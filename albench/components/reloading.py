"""What this process has loaded of code that can change under its version: let go of once its files are others."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path

from albench.components.code_files import CORE, digest
from albench.errors import PluginError

_loaded: dict[str, tuple[Path, str]] = {}
"""Module -> its file, and what that held when the module was loaded."""


def remember(files: Mapping[str, Path]) -> None:
    """Keep what the files of loaded modules hold now.

    Parameters
    ----------
    files
        Module -> file; those that are not loaded are passed over.
    """
    for name, file in files.items():
        if name.partition(":")[0] in sys.modules and name not in _loaded:
            _loaded[name] = file, digest(file)


def let_go_of_changed() -> bool:
    """Unload the packages that a changed file is part of, so that they are imported anew; whether there are any.

    Raises
    ------
    PluginError
        Where the file is the core's, on which all else that is loaded stands.
    """
    changed = [name for name, (file, content) in _loaded.items() if digest(file) != content]
    if not changed:
        return False
    packages = {_package(name) for name in changed}
    if CORE in packages:
        raise core_changed()
    for name in changed:  # Python takes compiled code for its source's by the second and the size
        if _loaded[name][0].suffix == ".py":
            with contextlib.suppress(OSError):
                Path(importlib.util.cache_from_source(str(_loaded[name][0]))).unlink()
    for name in [name for name in sys.modules if _package(name) in packages]:
        del sys.modules[name]
    for name in [name for name in _loaded if _package(name) in packages]:
        del _loaded[name]
    importlib.invalidate_caches()
    return True


def _package(name: str) -> str:
    """The top-level package of a module, or of what lies beside one."""
    return name.partition(":")[0].partition(".")[0]


def core_changed() -> PluginError:
    """The error of a process that holds older code of albench than its files."""
    return PluginError(
        "albench's own code changed after this process had loaded it: start Python anew (in a notebook, restart the "
        "kernel), then run again."
    )

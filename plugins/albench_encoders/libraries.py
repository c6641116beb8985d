"""Optional libraries: imported when an encoder is used, and what to type where one is missing."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from types import ModuleType

from albench.api import PluginError


def library(module: str, extra: str) -> ModuleType:
    """A module of an optional library.

    Parameters
    ----------
    extra
        What installs it: ``pip install 'albench[EXTRA]'``.

    Raises
    ------
    PluginError
        Where it is missing, with the command; where it cannot be imported, with the reason.
    """
    require(module, extra)
    try:
        return importlib.import_module(module)
    except Exception as error:  # such as one made for another torch
        why = (str(error).strip().splitlines() or [""])[0]
        raise PluginError(
            f"{module} is installed but cannot be imported ({type(error).__name__}: {why}); install it again: "
            f"pip install --force-reinstall 'albench[{extra}]'"
        ) from error


def require(module: str, extra: str) -> None:
    """Raise ``PluginError`` with the command that installs it, where a library is missing."""
    if importlib.util.find_spec(module) is None:
        raise PluginError(f"{module} is not installed: pip install 'albench[{extra}]'")


def version(distribution: str) -> str:
    """``name 1.2``, as a fingerprint names a library."""
    return f"{distribution} {importlib.metadata.version(distribution)}"

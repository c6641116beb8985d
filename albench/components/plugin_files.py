"""Plain files as plugins: imported, with the modules that lie beside them, and explained where that fails."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType

import pluggy

from albench.components.code_files import code_files
from albench.components.reloading import remember
from albench.disk.python_files import import_file
from albench.errors import AlbenchError, PluginError

FILES = "ALBENCH_PLUGINS"
"""Environment variable: plugin files, separated as the system separates paths."""


def files_from_environment() -> list[str]:
    """The plugin files that the environment names."""
    return [part for part in os.environ.get(FILES, "").split(os.pathsep) if part]


def each_once(files: Iterable[str]) -> dict[Path, str]:
    """Place -> how it was named first, of plugin files; one that is named several ways is one."""
    found: dict[Path, str] = {}
    for file in files:
        found.setdefault(Path(file).resolve(), file)
    return found


def is_loaded(file: Path, modules: Iterable[object]) -> bool:
    """Whether a file is that of a plugin which is loaded already, as of an installed package."""
    places = (getattr(module, "__file__", None) for module in modules)
    return any(Path(place).resolve() == file for place in places if place)


def import_plugin(path: Path) -> ModuleType:
    """Import a plain file as a plugin module; modules that lie beside it are found, after all others."""
    if path.suffix != ".py":
        raise PluginError("it is not a Python file; its name must end in .py")
    module = import_file(path)
    files = code_files(module.__name__, path.resolve())
    try:
        _check_beside(files, path.resolve())
    except PluginError:
        del sys.modules[module.__name__]
        raise
    remember(files)
    return module


def _check_beside(files: Mapping[str, Path], plugin: Path) -> None:
    """Refuse a module of the name of one that lies beside the plugin: which of the two is meant cannot be known."""
    for name, file in files.items():
        beside = plugin.parent / f"{name}.py"
        if beside.is_file() and not beside.samefile(file):
            raise PluginError(
                f"it imports {name}, and that is {file}, not the {beside.name} beside it: rename this one"
            )


def described(error: BaseException, file: Path | None = None) -> str:
    """What kept a plugin from being loaded, and where, in one line.

    Parameters
    ----------
    file
        The plugin's, where it is a plain file.
    """
    kind = "" if isinstance(error, AlbenchError) else f"{type(error).__name__}: "
    line = f"{kind}{error}".replace("\n", " ") + _where(error)
    if isinstance(error, ModuleNotFoundError) and error.name and file:
        top = error.name.partition(".")[0]
        line += (
            f"; looked beside it, in {file.resolve().parent}, and where Python looks: put {top}.py there, name its "
            "folder in PYTHONPATH, or install it"
        )
    return line


def _where(error: BaseException) -> str:
    """File and line of the innermost frame outside albench, for a plugin's author."""
    frames = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    own = str(Path(__file__).resolve().parents[1])
    inside = (own, "<frozen importlib", str(Path(importlib.__file__).parent), str(Path(pluggy.__file__).parent))
    outside = [(file, line) for file, line in frames if not file.startswith(inside)]
    return f" ({Path(outside[-1][0]).name}, line {outside[-1][1]})" if outside else ""

"""A plain Python file as a module: compiled from its source each time, with the modules that lie beside it."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
import zlib
from pathlib import Path
from types import ModuleType
from typing import Any

FILE_MODULE = "albench_file_"
"""What the module of a plain file is named by."""


def module_name(path: Path) -> str:
    """The name of a file's module, the same whoever asks; two files may share a stem."""
    resolved = path.resolve()
    return f"{FILE_MODULE}{resolved.stem}_{zlib.crc32(str(resolved).encode()):08x}"


def import_file(path: Path) -> ModuleType:
    """Import a plain file as a module of ``module_name``; modules that lie beside it are found, after all others.

    Raises
    ------
    ImportError
        Where it is not a Python file. Whatever the file itself raises passes through, and nothing stays imported.
    """
    resolved, name = path.resolve(), module_name(path)
    spec = importlib.util.spec_from_file_location(name, resolved, loader=_FromSource(name, str(resolved)))
    if spec is None or spec.loader is None or resolved.suffix != ".py":
        raise ImportError(f"{path} is not a Python file: its name must end in .py")
    if str(resolved.parent) not in sys.path:
        sys.path.append(str(resolved.parent))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up while the class is made
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


class _FromSource(importlib.machinery.SourceFileLoader):
    """Compiles a file each time: compiled code is kept by the second and the size, and an edit may change neither."""

    def path_stats(self, path: str) -> Any:
        raise OSError

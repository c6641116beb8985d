"""Optional libraries: imported when an encoder is used, and what to type where one is missing."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import pkgutil
from pathlib import Path
from types import ModuleType
from typing import Any

from albench.api import PluginError, UserError


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
        # of import_module albench would not know what is meant, and count all files beside as this encoder's code
        found: ModuleType = pkgutil.resolve_name(module)
    except Exception as error:  # such as one made for another torch
        why = (str(error).strip().splitlines() or [""])[0]
        raise PluginError(
            f"{module} is installed but cannot be imported ({type(error).__name__}: {why}); install it again: "
            f"pip install --force-reinstall 'albench[{extra}]'"
        ) from error
    return found


def require(module: str, extra: str) -> None:
    """Raise ``PluginError`` with the command that installs it, where a library is missing."""
    if importlib.util.find_spec(module) is None:
        raise PluginError(f"{module} is not installed: pip install 'albench[{extra}]'")


def version(distribution: str) -> str:
    """``name 1.2``, as a fingerprint names a library."""
    return f"{distribution} {importlib.metadata.version(distribution)}"


def reason(error: BaseException) -> str:
    """An error of a library in one line."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0].strip()[:200]}" if lines else type(error).__name__


def loaded_weights(network: Any, file: str, what: str) -> None:
    """Load a state dict from a file, ``.safetensors`` or torch's own, read without running code of it.

    Parameters
    ----------
    what
        What an error begins with.

    Raises
    ------
    UserError
        Where there is no such file, or its weights are of another model; those of a classifier may be left over.
    """
    import torch

    path = Path(file).expanduser()
    if not path.is_file():
        raise UserError(f"{what}: there is no such file")
    try:
        if path.suffix == ".safetensors":
            state = library("safetensors.torch", "timm").load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
        left = network.load_state_dict(state.get("state_dict", state), strict=False)
    except Exception as error:
        raise UserError(f"{what}: it holds no state dict of this model ({reason(error)})") from error
    if left.missing_keys:
        raise UserError(f"{what}: it holds no state dict of this model, {left.missing_keys[0]} is missing")


def file_hash(file: str | Path) -> str:
    """Sixteen hexadecimal digits that name what a file holds; it is read again only where it has changed."""
    return _file_hash(str(file), state_of(str(file)))


@functools.lru_cache(maxsize=256)
def _file_hash(file: str, _: tuple[int, ...]) -> str:
    with Path(file).expanduser().open("rb") as handle:
        return hashlib.file_digest(handle, lambda: hashlib.blake2b(digest_size=8)).hexdigest()


def folder_hash(name: str) -> str:
    """Names what a folder holds; "" where there is no such folder."""
    folder = Path(name).expanduser()
    if not folder.is_dir():
        return ""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    content = [(path.relative_to(folder).as_posix(), file_hash(path)) for path in files]
    return hashlib.blake2b(repr(content).encode(), digest_size=8).hexdigest()


def state_of(file: str) -> tuple[int, ...]:
    """What changes whenever a file is written to; nothing where there is none."""
    path = Path(file).expanduser()
    if not file or not path.is_file():
        return ()
    state = path.stat()
    return state.st_size, state.st_mtime_ns

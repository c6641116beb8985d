"""Arrays in memory as a folder that every process of a run maps, whole or absent, under the hash of what it holds."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from albench.api.kinds import PROJECT
from albench.components.registry import registry
from albench.components.spec import Spec
from albench.data.in_memory import TABLE, TEXTS, InMemory
from albench.disk.files import sync_folder, writing
from albench.errors import DataError

FOLDER = "arrays"
"""Of all arrays, in the folder of all suites."""
CALLED = "called.json"
"""In such a folder: file -> the argument that it came from, and its size."""
ABANDONED = 3600.0
"""Seconds after which what nobody has given its name is taken away."""


@contextlib.contextmanager
def kept(given: Any, out: Path) -> Iterator[Any]:
    """Data sets as they were named, with the specs of what every process reads in the place of those in memory.

    These are written where they are not there yet. Where the block ends in an error, what was written for it is taken
    away again.

    Parameters
    ----------
    given
        Specs and arrays in memory, one or several, or in a mapping by alias.
    out
        The folder of all suites.
    """
    new: list[Path] = []
    try:
        yield _replaced(given, out, new)
    except BaseException as error:
        for folder in reversed(new):
            if folder.name == FOLDER or folder == out:
                with contextlib.suppress(OSError):  # something else lies there by now
                    folder.rmdir()
            else:
                shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, DataError) and (told := _by_argument(str(error), given, out)) != str(error):
            raise DataError(told) from error
        raise


def _by_argument(message: str, given: Any, out: Path) -> str:
    """An error that names a file of texts, with the argument in its place."""
    for each in _each(given):
        for file, name in each.called.items():
            path = re.escape(str(out / FOLDER / each.hash / file))
            message = re.sub(rf"{path}(?=[:,] )", f"arrays: {name}", message)
    return message


def _each(given: Any) -> Iterator[InMemory]:
    if isinstance(given, InMemory):
        yield given
    elif isinstance(given, Mapping | list | tuple):
        for one in given.values() if isinstance(given, Mapping) else given:
            yield from _each(one)


def suite_name(given: Any) -> str | None:
    """The name of a suite of nothing but arrays: theirs."""
    if isinstance(given, Mapping):
        named = [str(alias) for alias, each in given.items() if isinstance(each, InMemory)]
    else:
        several = given if isinstance(given, list | tuple) else [given]
        named = [each.name for each in several if isinstance(each, InMemory)]
    size = len(given) if isinstance(given, Mapping | list | tuple) else 1
    return re.sub(r"[^A-Za-z0-9._-]+", "-", "-".join(named)).strip("-.") or None if len(named) == size else None


def _replaced(given: Any, out: Path, new: list[Path]) -> Any:
    if isinstance(given, InMemory):
        return {given.name: _placed(given, out, new)}
    if isinstance(given, Mapping):
        return {alias: _placed(each, out, new) if isinstance(each, InMemory) else each for alias, each in given.items()}
    if isinstance(given, list | tuple):
        return [_replaced(each, out, new) for each in given]
    return given


def _placed(given: InMemory, out: Path, new: list[Path]) -> Spec:
    folder = out / FOLDER / given.hash
    if not _is_whole(folder, given):
        new += [above for above in (out, folder.parent) if not above.exists()]
        with writing(out):
            _write(folder, given, new)
    return _spec(given, folder)


def _spec(given: InMemory, folder: Path) -> Spec:
    """The data set that reads such a folder, with its options."""
    (single,) = set(given.files) & {TABLE, TEXTS} or {""}
    path = folder / single if single else folder
    for component in registry().components("dataset"):
        target: Any = component.load() if component.distribution == PROJECT else None
        if target is not None and target.reads(path):
            options = sorted({**given.options, "path": str(path)}.items())
            return Spec(component.name, tuple(options))
    raise DataError(f"arrays: no data set is loaded that reads {path}")


def _is_whole(folder: Path, given: InMemory) -> bool:
    """Whether what is there is what was written, by its sizes: its name says what it holds, and a run hashes it."""
    try:
        facts = json.loads((folder / CALLED).read_text(encoding="utf-8"))
        sizes = {name: (folder / name).stat().st_size for name in given.files}
    except (OSError, ValueError):
        return False
    return bool(facts == _facts(given, sizes))


def _facts(given: InMemory, sizes: dict[str, int]) -> dict[str, Any]:
    return {"called": dict(given.called), "sizes": sizes}


def _write(folder: Path, given: InMemory, new: list[Path]) -> None:
    """Write the folder beside its place, then give it its name, and note it as new."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    for old in folder.parent.glob(".*.*"):  # of a process that was killed
        if time.time() - old.stat().st_mtime > ABANDONED:
            shutil.rmtree(old, ignore_errors=True)
    beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        for name, content in given.files.items():
            if isinstance(content, str):
                (beside / name).write_text(content, encoding="utf-8")
            else:
                np.save(beside / name, np.ascontiguousarray(content), allow_pickle=False)
        sizes = {name: (beside / name).stat().st_size for name in given.files}
        (beside / CALLED).write_text(json.dumps(_facts(given, sizes)), encoding="utf-8")
        beside.chmod(0o755)
        if folder.exists() and not _is_whole(folder, given):  # damaged
            shutil.rmtree(folder)
        try:
            beside.rename(folder)
        except OSError:  # another process was first
            if not _is_whole(folder, given):
                raise
            return
        new.append(folder)
        sync_folder(folder.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)

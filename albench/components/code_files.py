"""The files that a module's code is: its own and, through its imports, those of every module that no version names.

Imports are read from the sources, so that nothing is imported to be looked at. A package that was installed from an
index is its version; what lies anywhere else can change under the same version, and is its files.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.metadata import Distribution, PackageNotFoundError, distributions
from pathlib import Path

from albench.disk.python_files import FILE_MODULE
from albench.disk.states import SETTLED, state_of

INSTALLED = {"site-packages", "dist-packages"}
"""Folders into which installers put what was built."""
CORE = "albench"
SHARED = "albench.kernels"
"""The one part of the core that components may import beside its contracts."""


_known: dict[Path, tuple[tuple[int, ...], str]] = {}
_followed: dict[tuple[str, Path], tuple[tuple[object, ...], dict[str, Path]]] = {}
"""Module and its file -> how the disk was, and what was found."""


def digest(file: Path) -> str:
    """Sixteen hexadecimal digits that name a file's content; "" where it cannot be read."""
    try:
        state = file.stat()
        as_it_was = state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns
        if _known.get(file, ((), ""))[0] == as_it_was:
            return _known[file][1]
        with file.open("rb") as handle:
            content = hashlib.file_digest(handle, lambda: hashlib.blake2b(digest_size=8)).hexdigest()
    except OSError:
        return ""
    if time.time() - state.st_ctime > SETTLED:  # times have a grain: what was just written may be again, unseen
        _known[file] = as_it_was, content
    return content


def code_files(module: str, path: Path) -> dict[str, Path]:
    """Module, or file beside one -> file of all that a module's code is; looked for again once the disk is another.

    Parameters
    ----------
    module
        Its name; its own top-level package is followed wherever it lies.
    path
        Its file.
    """
    state, found = _followed.get((module, path), ((), {}))
    if not state or state != state_of(found.values(), sys.path):
        begun = time.time()
        found, names_files = _follow(module, path)
        # A file that a source names may come into a folder that holds none yet, and that is not looked at.
        _followed[module, path] = () if names_files else state_of(found.values(), sys.path, begun), found
    return dict(found)


def _follow(module: str, path: Path) -> tuple[dict[str, Path], bool]:
    """The files, and whether a source names some that are none of Python's."""
    names_files = False
    own = module.partition(".")[0]
    files: dict[str, Path] = {}
    waiting = [(module, path)]
    while waiting:
        name, file = waiting.pop()
        if name in files:
            continue
        files[name] = file
        if file.suffix == ".py":
            package = name if file.name == "__init__.py" else name.rpartition(".")[0]
            read = _read(file, package)
            names_files |= bool(read.texts)
            places = ((wanted, _locate(wanted, own)) for wanted in _names(read, file, package) if wanted not in files)
            waiting += [(wanted, place) for wanted, place in places if place]
            files.update((f"{name}:{text}", place) for text, place in _beside(read, file))
    return files, names_files


def label(name: str, file: Path) -> str:
    """A name of ``code_files`` as people know the file, the same wherever it lies: ``mine.py``, ``package/loss.py``."""
    module, colon, beside = name.partition(":")
    if module.startswith(FILE_MODULE):
        return beside or file.name
    if colon:
        return name
    inside = "/__init__" if file.stem == "__init__" else ""
    return module.replace(".", "/") + inside + file.suffix


@dataclass(frozen=True)
class _Source:
    """What a source says of other files.

    Attributes
    ----------
    imports
        Absolute names of modules, and of what may be one.
    anything
        Whether it imports what it computes.
    texts
        Its short strings, where it asks for its own place on the disk.
    """

    imports: tuple[str, ...] = ()
    anything: bool = False
    texts: tuple[str, ...] = ()


def _read(file: Path, package: str) -> _Source:
    try:
        return _source(file.read_bytes(), package)
    except OSError:
        return _Source()


def _names(read: _Source, file: Path, package: str) -> Iterator[str]:
    """What a module may import; every parent package first."""
    for name in read.imports:
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            yield ".".join(parts[:end])
    if read.anything:  # what is imported is not written down: all that lies beside counts
        for other in sorted(file.parent.glob("*.py")):
            yield f"{package}.{other.stem}" if package else other.stem


def _beside(read: _Source, file: Path) -> Iterator[tuple[str, Path]]:
    """Files that a source names and that lie beside it or in a folder there: tables, weights."""
    for text in read.texts:
        place = file.parent / text
        if place.is_dir() and file.parent in place.parents:
            inside = sorted(path for path in place.rglob("*") if "__pycache__" not in path.parts)
        else:
            inside = [place]
        for path in inside:
            if path.is_file() and path.suffix != ".py":
                yield path.relative_to(file.parent).as_posix(), path


@functools.lru_cache(maxsize=4096)
def _source(content: bytes, package: str) -> _Source:
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError):
        return _Source(anything=True)
    names: dict[str, None] = {}
    texts: dict[str, None] = {}
    anything = asks = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(dict.fromkeys(alias.name for alias in node.names))
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node.module or "", node.level, package)
            asks |= base.startswith("importlib") and any(alias.name in ("resources", "files") for alias in node.names)
            if base == SHARED:
                names.update(dict.fromkeys(_kernel(alias.name) for alias in node.names))
            elif base:
                names.update(dict.fromkeys([base, *(f"{base}.{a.name}" for a in node.names if a.name != "*")]))
        elif isinstance(node, ast.Call) and _called(node.func) in ("import_module", "__import__"):
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and not first.value.startswith("."):
                names[first.value] = None
            else:
                anything = True
        elif isinstance(node, ast.Name | ast.Attribute):
            asks |= _called(node) in ("__file__", "__path__", "resources", "get_data")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_name(node.value):
            texts[node.value] = None
    return _Source(tuple(names), anything, tuple(texts) if asks else ())


def _is_name(text: str) -> bool:
    """Whether a text may name a file or folder below another."""
    return 0 < len(text) < 200 and text.isprintable() and not text.startswith(("/", "\\", ".", "~"))


def _called(function: ast.expr) -> str:
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _absolute(name: str, level: int, package: str) -> str:
    """The module that ``from ..name import`` means."""
    if level == 0:
        return name
    parts = package.split(".") if package else []
    base = ".".join(parts[: len(parts) - level + 1])
    return f"{base}.{name}" if base and name else base or name


@functools.cache
def _kernels() -> dict[str, str]:
    """What the kernels' package offers -> the module it is from: importing one does not depend on the others."""
    tree = ast.parse((Path(__file__).parents[1] / "kernels" / "__init__.py").read_bytes())
    nodes = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name: str(node.module) for node in nodes for alias in node.names}


def _kernel(name: str) -> str:
    return _kernels().get(name, f"{SHARED}.{name}")


def _locate(module: str, own: str) -> Path | None:
    """The file of a module whose content no version names; None for any other, and where there is none."""
    top, *parts = module.split(".")
    if top == CORE:
        return _inside([Path(__file__).parents[1]], parts) if module.startswith(f"{SHARED}.") else None
    place = _top_level(top)
    if place is None or not (top == own or is_local(top, place[0])):
        return None
    if place[0].suffix:
        return None if parts else place[0]
    return _inside(place, parts)


def _inside(folders: list[Path], parts: list[str]) -> Path | None:
    """The file of a module below a package's folders."""
    for folder in folders:
        base = folder.joinpath(*parts)
        for path in (base / "__init__.py", *(base.with_name(base.name + end) for end in (".py", *EXTENSION_SUFFIXES))):
            if (parts or path.parent == base) and path.is_file():
                return path
    return None


def _top_level(name: str) -> list[Path] | None:
    """A top-level module's file, or a package's folders; None where it is Python's own or not there."""
    if name in sys.stdlib_module_names:
        return None
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return None
    if spec is None:
        return None
    if spec.submodule_search_locations is not None:
        return [Path(folder) for folder in spec.submodule_search_locations] or None
    return [Path(spec.origin)] if spec.origin and spec.has_location else None


def is_local(top_level: str, place: Path) -> bool:
    """Whether a top-level module can change under its version: it is edited where it lies, or was built from there."""
    return not INSTALLED & set(place.parts) or top_level in _built_here(tuple(sys.path))


def from_elsewhere(distribution: Distribution) -> bool:
    """Whether a distribution was installed from a folder, a file or a repository (PEP 610), not from an index."""
    try:
        source = json.loads(distribution.read_text("direct_url.json") or "{}")
    except (ValueError, OSError):
        return True
    return bool(source) or not INSTALLED & set(Path(str(distribution.locate_file(""))).parts)


@functools.cache
def changes_under_its_version(name: str) -> bool:
    """Whether a distribution's version does not say what it holds."""
    try:
        return from_elsewhere(Distribution.from_name(name))
    except PackageNotFoundError:
        return True


@functools.lru_cache(maxsize=8)
def _built_here(path: tuple[str, ...]) -> frozenset[str]:
    """The top-level modules of distributions that were installed from elsewhere."""
    modules: set[str] = set()
    for folder in path:
        if not INSTALLED & set(Path(folder).parts):
            continue
        for written in Path(folder).glob("*.dist-info/direct_url.json"):
            for distribution in distributions(path=[folder], name=written.parent.name.partition("-")[0]):
                listed = distribution.read_text("top_level.txt")
                files = [str(file).partition("/")[0].removesuffix(".py") for file in distribution.files or []]
                modules.update(listed.split() if listed else files)
    return frozenset(modules)

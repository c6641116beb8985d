"""What makes a trial's numbers beside its settings: the code of its components and of the core, and files they name.

What is kept of it in ``trial.json`` is compared whenever a trial goes on or counts as complete.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from albench.api.kinds import PROJECT, Kind
from albench.components import spec as specs
from albench.components.code_files import CORE, changes_under_its_version, code_files, digest, is_local, label
from albench.components.registry import Registry
from albench.components.reloading import core_changed, remember
from albench.disk.python_files import module_name
from albench.disk.states import state_of
from albench.results.lineage import files_as_now
from albench.suite.identity import PLACES
from albench.suite.keys import digest as digest_of
from albench.suite.trials import Trial
from albench.wording import counted

DECIDES = (
    *("api/backbone", "api/dataset", "api/estimator", "api/horizon", "api/method", "api/strategy", "api/task"),
    *("api/wrapper", "augment"),
    *("data/items", "data/pool", "devices", "kernels/approximate", "kernels/best_keys", "kernels/blocks"),
    *("kernels/finite", "kernels/neighbors", "kernels/ordering", "kernels/topk", "kernels/unit", "metrics"),
    *("seeds", "suite/keys", "suite/protocol"),
    *("suite/search_space", "suite/trials", "suite/tune", "training", "trial/answers", "trial/bought"),
    *("trial/first_round", "trial/insight", "trial/labels", "trial/numerics", "trial/parts", "trial/queries"),
    *("trial/rounds", "trial/run", "trial/stored", "trial/tries", "trial/tuned", "trial/tuning", "trial/validation"),
    "trial/view",
)
"""Modules and packages of the core that every trial's numbers come from."""
ITEMS = "path"
"""The option of a data set that names where its items are; those are in the data's hash."""
MADE_BY = "made_by"
"""The key of ``trial.json`` that holds it."""
Made = Mapping[str, Any]


class Provenance:
    """Says of trials what makes them, as it is on the disk now; each component is looked at once.

    Parameters
    ----------
    loaded
        The plugins.
    data_dir
        The data folder that the user named, where files that options name may lie.
    """

    def __init__(self, loaded: Registry, data_dir: str | None) -> None:
        self._loaded = loaded
        self._folders = [Path(data_dir)] if data_dir else []
        self._parts: dict[tuple[Kind, str], dict[str, Any]] = {}
        self._core = core()

    def of(self, trial: Trial) -> dict[str, Any]:
        """``core`` and each part of the trial -> where it is from, and what its files hold."""
        dataset, method, strategy, backbone = trial.resolved
        made = {
            "core": self._core,
            "dataset": self.part("dataset", dataset),
            "method": self.part("method", method),
            "strategy": self.part("strategy", strategy),
            "backbone": self.part("backbone", backbone),
        }
        if trial.protocol.initial_strategy:
            made["initial_strategy"] = self.part("strategy", trial.protocol.initial_strategy)
        return made

    def part(self, kind: Kind, text: str) -> dict[str, Any]:
        """The entry of one component.

        Parameters
        ----------
        text
            Its spec with every option written out.
        """
        if (kind, text) not in self._parts:
            versions: dict[str, str] = {}
            local: set[str] = set()
            files: dict[str, str] = {}
            for one, spec in self._components(kind, specs.parse(text)):
                component = self._loaded.find(one, spec.name)
                plugin = next(p for p in self._loaded.plugins if component in p.components)
                if plugin.version != "file":
                    versions[plugin.distribution] = plugin.version
                    if changes_under_its_version(plugin.distribution):
                        local.add(plugin.distribution)
                if one != "dataset" or _has_own_views(component.load()):
                    files |= _code(component.load())
                files |= self._named_files(one, spec)
            self._parts[kind, text] = {
                "versions": versions,
                "local": sorted(local),
                "files": dict(sorted(files.items())),
            }
        return self._parts[kind, text]

    def _components(self, kind: Kind, spec: specs.Spec) -> Iterator[tuple[Kind, specs.Spec]]:
        """A component, and those that its options name."""
        yield kind, spec
        inner = {name: field.metadata["component"] for name, field in self._fields(kind, spec).items()
                 if "component" in field.metadata}  # fmt: skip
        for name, text in spec.options:
            if name in inner:
                yield from self._components(inner[name], specs.parse(text))

    def _fields(self, kind: Kind, spec: specs.Spec) -> dict[str, dataclasses.Field[Any]]:
        factory: Any = self._loaded.find(kind, spec.name).load()
        if not dataclasses.is_dataclass(factory):
            return {}
        return {field.metadata.get("name", field.name): field for field in dataclasses.fields(factory)}

    def _named_files(self, kind: Kind, spec: specs.Spec) -> Iterator[tuple[str, str]]:
        """``option=value`` -> what the files hold that the value names: weights, a checkpoint's folder."""
        fields = self._fields(kind, spec)
        for name, text in spec.options:
            if name not in fields or "component" in fields[name].metadata or (kind == "dataset" and name == ITEMS):
                continue
            is_path = "Path" in str(fields[name].type)
            if not (is_path or Path(text).suffix or "/" in text or "\\" in text):
                continue
            if (file := Path(text.rpartition(":")[0])).suffix == ".py":
                yield from _function_files(file)
                continue
            place = next((p for folder in (*self._folders, Path()) if _is_there(p := folder / text)), None)
            if place:
                yield f"{name}={text}", _content(place)


def core() -> dict[str, Any]:
    """The core's entry.

    Raises
    ------
    PluginError
        Where this process has loaded other code than the files hold now.
    """
    now = _core_hash()
    if now != _core_as_loaded():
        raise core_changed()
    local = [PROJECT] if changes_under_its_version(PROJECT) else []
    return {"versions": {PROJECT: _version(PROJECT)}, "local": local, "files": {CORE: now}}


@functools.cache
def _core_as_loaded() -> str:
    return _core_hash()


_core_kept: tuple[tuple[object, ...], list[Path], str] = (), [], ""
"""How the disk was, the core's files then, and their hash."""


def _core_hash() -> str:
    global _core_kept
    state, files, known = _core_kept
    if state and state == state_of(files):
        return known
    here, begun = Path(__file__).parents[1], time.time()
    found = hashlib.blake2b(digest_size=8)
    files = []
    for name in DECIDES:
        place = here / name
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]:
            files.append(file)
            found.update(f"{file.relative_to(here).as_posix()} {digest(file)}\n".encode())
    _core_kept = state_of(files, at=begun), files, found.hexdigest()
    return found.hexdigest()


def _has_own_views(dataset: Any) -> bool:
    """Whether more of a data set decides numbers than its items, whose hash is compared, and its options."""
    own = [one for one in dataset.__mro__ if not one.__module__.startswith(f"{CORE}.")]
    return any(name in vars(one) for one in own for name in ("weak", "strong", "noise_size"))


def _code(target: Any) -> dict[str, str]:
    """File -> what it holds, of all that a component's class is made of."""
    classes = target.__mro__ if isinstance(target, type) else (target,)
    modules = list(dict.fromkeys(getattr(one, "__module__", "") for one in classes))
    found: dict[str, str] = {}
    for name in modules:
        top, file = name.partition(".")[0], getattr(sys.modules.get(name), "__file__", None)
        if not file or top == CORE or top in sys.stdlib_module_names:
            continue
        if top == modules[0].partition(".")[0] or is_local(top, Path(file)):
            files = code_files(name, Path(file))
            remember(files)
            found |= {label(module, path): digest(path) for module, path in files.items()}
    return found


def _function_files(file: Path) -> Iterator[tuple[str, str]]:
    """File -> what it holds, of all that a function's code is that is named as ``FILE.py:FUNCTION``."""
    place = file.expanduser().resolve()
    files = code_files(module_name(place), place)
    remember(files)
    for module, path in files.items():
        yield label(module, path), digest(path)


def _is_there(place: Path) -> bool:
    try:
        return place.is_file() or place.is_dir()
    except (OSError, ValueError):
        return False


def _content(place: Path) -> str:
    """Names what a file holds, or all files of a folder."""
    if place.is_file():
        return digest(place)
    files = sorted(path for path in place.rglob("*") if path.is_file())
    return digest_of([[path.relative_to(place).as_posix(), digest(path)] for path in files], 8)


@functools.cache  # of what the process has loaded
def _version(name: str) -> str:
    try:
        return distribution(name).version
    except PackageNotFoundError:
        return ""


def first_round(made: Made) -> str:
    """Names all that makes a first round: everything but the strategy."""
    return digest_of({part: entry for part, entry in made.items() if part != "strategy"}, 8)


@dataclass(frozen=True)
class Change:
    """Something that a trial was made with and that is another now.

    Attributes
    ----------
    what
        A file or a distribution.
    of
        The component that has it.
    """

    what: str
    of: str

    @property
    def than_now(self) -> str:
        """``another mine.py than strategy mine has now``."""
        return f"another {self.what} than {self.of} has now"


def difference(old: Made | None, new: Made | None, trial: Mapping[str, Any], *, whole: bool = False) -> Change | None:
    """The first difference between what a trial was made with and what would make it now.

    Parameters
    ----------
    old, new
        As it was and as it is now. What is not known of one of them, as of trials of earlier versions, is none.
    trial
        Its facts, for the names of its parts.
    whole
        Whether two releases of albench differ as well; what they share is told with their versions otherwise.
    """
    for part, now in (new or {}).items():
        then = (old or {}).get(part)
        if then:
            then = {**then, "files": files_as_now(then["files"], now["files"])}
        if not then or then == now:
            continue
        of = "albench" if part == "core" else f"{part} {trial.get(part, '')}".strip()
        if part == "initial_strategy":
            of = f"initial_strategy {trial['protocol'][part]}"
        files = [
            name
            for name in {**then["files"], **now["files"]}
            if then["files"].get(name) != now["files"].get(name)
            and not (part == "dataset" and name.partition("=")[0] in PLACES)  # what lies there is in the data's hash
        ]
        releases = set(then["versions"]) == set(now["versions"]) == {PROJECT} and then["versions"] != now["versions"]
        if files and (whole or then["local"] or now["local"] or not releases):
            more = f" (and {counted(len(files) - 1, 'more file')})" if len(files) > 1 else ""
            return Change("training code" if part == "core" else files[0] + more, of)
    return None

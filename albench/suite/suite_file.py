"""A suite file becomes a suite; whatever is wrong in it is told with its file and line."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from albench.api.kinds import Kind
from albench.components.spec import Spec, parse
from albench.errors import SpecError, SuiteError
from albench.suite.budgets import SETTINGS, Budget, with_settings
from albench.suite.full import parse_full
from albench.suite.naming import NAMED, components
from albench.suite.protocol import Protocol
from albench.suite.synonyms import BUDGET, is_budget, meant
from albench.suite.trials import Suite, check_name, parse_seeds
from albench.suite.tune import written
from albench.suite.until_sure import parse_max_seeds, parse_until_sure
from albench.suite.yaml_text import Mapping, read_yaml
from albench.wording import plural

T = TypeVar("T")

ENCODER: Kind = "encoder"
MAX_SUITE = 4 * 2**20
"""Bytes of the largest suite file that is read."""
_KINDS: dict[str, Kind] = {plural(kind): kind for kind in (*NAMED, ENCODER)}
KEYS = ("name", *_KINDS, "seeds", "until_sure", "max_seeds", "budgets", "full", "protocol", "plugins")
"""Of a suite file."""
PATH = "path"
"""Option of a data set that says where it lies."""
_SETTINGS = tuple(field.name for field in dataclasses.fields(Protocol))


def load_suite(path: Path) -> Suite:
    """Read a suite file.

    Raises
    ------
    SuiteError
        Naming the file, the line and the wrong key or value.
    """
    content = read_yaml(path, MAX_SUITE)
    if not isinstance(content, Mapping):
        raise SuiteError(f"{path}: a suite file holds keys such as {', '.join(KEYS)}.")
    _check_keys(path, content, KEYS, {key: f"write it below protocol:, as {key}: ..." for key in _SETTINGS})
    parts: dict[str, Any] = {}
    for key in _KINDS:
        if key in content:
            parts[key] = _at_line(path, content.lines[key], _components, (key, content[key]))
    if "datasets" in parts:
        parts["datasets"] = tuple(_from_here(spec, path.parent) for spec in parts["datasets"])
    if "plugins" in content:
        parts["plugins"] = _at_line(path, content.lines["plugins"], _plugins, (path.parent, content["plugins"]))
    seeds = content.get("seeds", 3)
    sure, most = content.get("until_sure"), content.get("max_seeds")
    name = content.get("name") or path.stem
    made, given, budgets = _protocol(path, content)
    return Suite(
        name=_at_line(path, content.lines.get("name", 1), check_name, str(name)),
        seeds=_at_line(path, content.lines.get("seeds", 1), parse_seeds, seeds),
        until_sure=_at_line(path, content.lines.get("until_sure", 1), parse_until_sure, sure),
        max_seeds=_at_line(path, content.lines.get("max_seeds", 1), parse_max_seeds, most),
        protocol=made,
        budgets=budgets,
        device=made.device if "device" in given else "",
        full=_at_line(path, content.lines.get("full", 1), parse_full, content.get("full", False)),
        **parts,
    )


def _components(given: tuple[str, Any]) -> tuple[Spec, ...]:
    """The components of one kind."""
    key, value = given
    if not value:
        raise SuiteError(f"{key} names none: name one, or leave the key out.")
    return components(_KINDS[key], value)


def _from_here(spec: Spec, folder: Path) -> Spec:
    """A data set whose relative path counts from the suite file's folder, where it is there; else it is as typed."""
    options = dict(spec.options)
    for name, value in spec.options:
        if "[" in value:  # a data set inside another
            with contextlib.suppress(SpecError):
                options[name] = str(_from_here(parse(value), folder))
    spec = dataclasses.replace(spec, options=tuple(options.items()))
    typed = options.get(PATH, "")
    if not typed or Path(typed).expanduser().is_absolute() or not (folder / typed).exists():
        return spec
    if Path(typed).resolve() == (folder / typed).resolve():
        return spec  # as it is typed: what it says is part of the trials' keys
    options[PATH] = Path(os.path.relpath(folder / typed)).as_posix()
    return dataclasses.replace(spec, options=tuple(options.items()))


def _plugins(given: tuple[Path, Any]) -> tuple[str, ...]:
    """Plugins that a suite needs: files beside it, by their paths from here, and names of installed ones."""
    folder, value = given
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names) or not names:
        raise SuiteError("plugins takes files and names of installed plugins, as plugins: [mine.py].")
    plugins = []
    for name in names:
        is_file = name.endswith(".py") or "/" in name or os.sep in name
        if is_file and not name.endswith(".py"):
            raise SuiteError(f"plugins: {name} is no Python file; its name must end in .py.")
        file = folder / Path(name).expanduser()
        if is_file and not file.is_file():
            raise SuiteError(f"plugins: there is no {file}; a path in a suite file counts from the file's own folder.")
        plugins.append(str(file) if is_file else name)
    return tuple(dict.fromkeys(plugins))


def _protocol(path: Path, content: Mapping) -> tuple[Protocol, dict[str, Any], tuple[Budget, ...]]:
    """The protocol, what of it the file says, and its budgets."""
    settings, line = content.get("protocol"), content.lines.get("protocol", 1)
    settings = Mapping() if settings is None else settings
    if not isinstance(settings, Mapping):
        raise SuiteError(f"{path}, line {line}: protocol holds settings such as rounds: 6.")
    _check_keys(path, settings, _SETTINGS, {key: f"write it at the left margin, as {key}: ..." for key in KEYS})
    given: dict[str, Any] = {}
    for key, value in settings.items():  # one at a time, so that the line of a wrong one is known
        given[str(key)] = _at_line(path, settings.lines[key], _setting, (str(key), value))
    if "budgets" in content:
        made, budgets = _at_line(path, content.lines["budgets"], _budgets, (given, content["budgets"]))
    else:
        made, budgets = with_settings(given, Protocol())
    return made, given, budgets


def _budgets(given: tuple[dict[str, Any], Any]) -> tuple[Protocol, tuple[Budget, ...]]:
    """The protocol with the budgets that are named."""
    settings, named = given
    if not named or not (
        isinstance(named, str) or (isinstance(named, list) and all(isinstance(n, str) for n in named))
    ):
        raise SuiteError("budgets takes one or several, as budgets: [20+5x10, 100+5x50].")
    return with_settings(settings, Protocol(), named=named)


def _setting(given: tuple[str, Any]) -> Any:
    """One setting of the protocol as text, or several of those that may be lists."""
    key, value = given
    if value is None:
        raise SuiteError(f"{key} has no value: give one, or leave the key out.")
    if key == "initial_strategy" and isinstance(value, Mapping):
        (chosen,) = components("strategy", value)
        value = str(chosen)
    if key == "tune":
        value = written(value)
    if not isinstance(value, str) and key not in SETTINGS:
        raise SuiteError(f"{key} takes one value, not a list or a mapping.")
    with_settings({key: value}, Protocol())
    return value


def _at_line(path: Path, line: int, read: Callable[[Any], T], value: Any) -> T:
    """What ``read`` makes of a value of the suite file; an error names the line."""
    try:
        return read(value)
    except (SuiteError, SpecError) as error:
        raise SuiteError(f"{path}, line {line}: {error}") from None


def _check_keys(path: Path, given: Mapping, known: Iterable[str], elsewhere: dict[str, str]) -> None:
    names = list(known)
    for key, line in given.lines.items():
        if key not in names:
            close = meant(str(key), [*names, *elsewhere])
            if is_budget(str(key)):
                raise SuiteError(f"{path}, line {line}: unknown key '{key}': {BUDGET}.")
            if close in elsewhere and close not in names:
                raise SuiteError(
                    f"{path}, line {line}: unknown key '{key}': {elsewhere[close].replace(str(key), close)}"
                )
            hint = f"did you mean '{close}'?" if close else f"it takes {', '.join(names)}."
            raise SuiteError(f"{path}, line {line}: unknown key '{key}': {elsewhere.get(str(key), hint)}")

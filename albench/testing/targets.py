"""What the kit can be pointed at: a component's name, a plugin file, a distribution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from albench.api.kinds import Kind
from albench.components import spec as specs
from albench.components.component import Component
from albench.components.registry import Registry, registry
from albench.errors import SpecError, UserError, unknown


@dataclass(frozen=True)
class Target:
    """A component to be checked: its kind, its spec, and what builds it."""

    kind: Kind
    spec: str
    build: Callable[[], Any]

    def __str__(self) -> str:
        return f"{self.kind} {self.spec}"


def targets(wanted: str, plugin_files: tuple[str, ...] = ()) -> list[Target]:
    """The components that a user means.

    Parameters
    ----------
    wanted
        A spec such as ``mine[alpha=2]``, whose name may be that of several kinds; a plugin file; a distribution.
    plugin_files
        Plugin files to load besides.

    Raises
    ------
    UserError
        Nothing is called so, a file or distribution registers nothing, or no component takes the options.
    """
    if wanted.endswith(".py") or "/" in wanted.partition("[")[0]:
        found = registry((*plugin_files, wanted))
        components = [c for c in found.components() if c.distribution == Path(wanted).name]
        return _all(components, found, f"{wanted} registers no component: call add.strategy(...) and the like.")
    found = registry(plugin_files)
    parsed = specs.parse(wanted)
    named = [c for c in found.components() if c.name == parsed.name]
    if named:
        return _with_options(named, wanted, found)
    plugins = [p for p in found.plugins if parsed.name in (p.distribution, p.name)]
    if not plugins:
        known = {c.name for c in found.components()} | {p.distribution for p in found.plugins}
        raise unknown("component, file or distribution", wanted, known, "see 'albench list'.")
    broken = [plugin for plugin in plugins if plugin.error]
    if broken:
        raise UserError(f"plugin '{broken[0].name}' of {broken[0].distribution} is broken: {broken[0].error}")
    components = [c for plugin in plugins for c in plugin.components]
    return _all(components, found, f"{wanted} registers no component.")


def _with_options(named: list[Component], wanted: str, found: Registry) -> list[Target]:
    """The components of a name that take the options given, of those kinds that do."""
    fitting, refusal = [], None
    for component in named:
        build = partial(found.build, component.kind, wanted)
        try:
            build()
        except SpecError as error:
            refusal = refusal or error
        else:
            fitting.append(Target(component.kind, wanted, build))
    if refusal is not None and not fitting:
        raise refusal
    return fitting


def _all(components: list[Component], found: Registry, otherwise: str) -> list[Target]:
    if not components:
        raise UserError(otherwise)
    return [Target(c.kind, c.name, partial(found.build, c.kind, c.name)) for c in components]

"""Plugins: where each comes from, whether it loads, and whether its components can be imported."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

from albench.components.component import Component
from albench.components.plugin import Plugin
from albench.components.registry import DISABLE, Registry, registry
from albench.doctor.diagnosis import Diagnosis
from albench.errors import PluginError
from albench.wording import plural

FILES = "ALBENCH_PLUGINS"


def load(plugin_files: tuple[str, ...]) -> tuple[Registry, list[Diagnosis]]:
    """The plugins, and the files that were named and cannot be used; those are left out of what follows."""
    try:
        return registry(plugin_files), []
    except PluginError:
        pass
    named = [name for name in os.environ.pop(FILES, "").split(os.pathsep) if name]
    good, problems = [], []
    for file in (*named, *plugin_files):
        try:
            Registry([file])
        except PluginError as error:
            advice = f"mend it, or leave it out of {FILES if file in named else 'the command'}"
            problems.append(Diagnosis(file, "broken", str(error).removeprefix(f"--plugin {file}: "), advice))
        else:
            good.append(file)
    return registry(tuple(good)), problems


def diagnoses(loaded: Registry, problems: list[Diagnosis]) -> Iterator[Diagnosis]:
    """Each plugin, and names that two of them claim."""
    yield from problems
    for plugin in loaded.plugins:
        yield from _plugin(plugin)
    claims = Counter((component.kind, component.name) for component in loaded.components())
    for (kind, name), count in claims.items():
        if count > 1:
            plugins = [c.plugin for c in loaded.components(kind) if c.name == name]
            advice = f"uninstall one, or leave it out with {DISABLE}={plugins[-1]}"
            yield Diagnosis(f"{kind} {name}", "broken", f"claimed by {' and '.join(plugins)}", advice)


def _plugin(plugin: Plugin) -> Iterator[Diagnosis]:
    origin = f"{plugin.distribution} {plugin.version}"
    if plugin.disabled:
        yield Diagnosis(plugin.name, "note", f"{origin}, disabled by {plugin.disabled}")
        return
    if plugin.error:
        if plugin.distribution == "?":  # a name that was mistyped in the environment
            advice = f"take it out of {DISABLE}; 'albench list plugins' has the names"
        else:
            advice = f"pip install --upgrade {plugin.distribution}, or leave it out with {DISABLE}={plugin.name}"
        yield Diagnosis(plugin.name, "broken", f"{origin}: {plugin.error}", advice)
        return
    kinds = Counter(component.kind for component in plugin.components)
    words = [f"{count} {kind if count == 1 else plural(kind)}" for kind, count in kinds.items()]
    yield Diagnosis(plugin.name, "ok", f"{origin}: {', '.join(words) or 'hooks alone'}")
    for component in plugin.components:
        yield from _component(component)


def _component(component: Component) -> Iterator[Diagnosis]:
    try:
        component.load()
    except (PluginError, SystemExit) as error:
        advice = f"'albench --debug show {component.name}' shows where; install what it imports, or mend the plugin"
        yield Diagnosis(f"{component.kind} {component.name}", "broken", str(error), advice)

"""Finds plugins, loads each in its own try, resolves names lazily and suggests near ones."""

from __future__ import annotations

import importlib.metadata
import os
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pluggy

from albench.api import hooks
from albench.api.kinds import KINDS, PROJECT, Kind
from albench.components import declared
from albench.components import spec as specs
from albench.components.component import Component
from albench.components.fields import build
from albench.components.meant import meant
from albench.components.parts import Built, Named
from albench.components.plugin import Plugin, Registrar, check_hooks, check_version
from albench.components.plugin_files import (
    FILES,
    described,
    each_once,
    files_from_environment,
    import_plugin,
    is_loaded,
)
from albench.components.reloading import let_go_of_changed
from albench.components.side_effects import kept_apart, printed_aside
from albench.errors import PluginError, SpecError, UnknownName, unknown
from albench.wording import plural

GROUP = "albench"
DISABLE = "ALBENCH_DISABLE_PLUGINS"
"""Environment variable: plugins or distributions, separated by commas, that are not loaded."""
NO_PLUGINS = "ALBENCH_NO_PLUGINS"
"""Environment variable: where it is set, only albench's own plugins are loaded; ``--no-plugins`` sets it."""


class Registry:
    """All plugins and the components that they registered."""

    def __init__(self, files: Sequence[str] = ()) -> None:
        self.manager = pluggy.PluginManager(PROJECT)
        self.manager.add_hookspecs(hooks)
        self.plugins: list[Plugin] = []
        self._parts: dict[tuple[str, str, str], Built] = {}
        self.files = [] if os.environ.get(NO_PLUGINS) else [*files_from_environment(), *files]
        unwanted = _names_from_environment()
        known_as: dict[importlib.metadata.Distribution | None, tuple[str, str]] = {None: ("?", "?")}
        for entry_point in sorted(importlib.metadata.entry_points(group=GROUP), key=lambda e: e.name):
            dist = entry_point.dist
            if dist and dist not in known_as:  # its whole metadata is parsed for either: once, not for each plugin
                known_as[dist] = _name_and_version(dist)
            plugin = Plugin(entry_point.name, *known_as[dist])
            if os.environ.get(NO_PLUGINS) and plugin.distribution != PROJECT:
                plugin.disabled = "--no-plugins"
            elif unwanted & {plugin.name, plugin.distribution}:
                plugin.disabled = DISABLE
            if plugin.disabled:
                self.plugins.append(plugin)
            else:
                self._register(plugin, entry_point.load, own=entry_point.module.partition(".")[0])
        known = {name for plugin in self.plugins for name in (plugin.name, plugin.distribution)}
        for name in sorted(unwanted - known):
            self.plugins.append(Plugin(name, "?", "?", error=f"{DISABLE} names it, but there is no such plugin"))
        for place, file in each_once(self.files).items():
            if not is_loaded(place, self.manager.get_plugins()):
                self._register_file(file)

    def _register_file(self, file: str) -> None:
        """Load ``--plugin FILE``; the user asked for it by name, so a broken one is an error, not a note."""
        path = Path(file)
        if not path.is_file():
            raise PluginError(f"--plugin {file}: there is no such file.")
        plugin = Plugin(path.stem, path.name, "file", path=file)
        self._register(plugin, lambda: import_plugin(path), file=path)
        if plugin.error:
            raise PluginError(f"--plugin {file} cannot be used: {plugin.error}")

    def _register(self, plugin: Plugin, load: Callable[[], Any], *, own: str = "", file: Path | None = None) -> None:
        """Load one plugin in its own try; what goes wrong is kept with it.

        Parameters
        ----------
        own, file
            Its top-level package, or the plain file that it is.
        """
        self.plugins.append(plugin)
        name = f"{file.resolve() if file else plugin.distribution}:{plugin.name}"
        try:
            with kept_apart(plugin.label, "it was imported", own=own, beside=file.resolve().parent if file else None):
                module = load()
                check_version(module)
                self.manager.register(module, name=name)
                check_hooks(self.manager, module)
                self._collect(plugin, module)
        except (Exception, SystemExit) as error:
            plugin.error = described(error, file)
            plugin.components.clear()
            if self.manager.has_plugin(name):
                self.manager.unregister(name=name)

    def _collect(self, plugin: Plugin, module: Any) -> None:
        for impl in self.manager.hook.albench_register.get_hookimpls():
            if impl.plugin is module:
                impl.function(Registrar(plugin))

    @property
    def broken(self) -> list[Plugin]:
        """Plugins that could not be loaded."""
        return [plugin for plugin in self.plugins if plugin.error]

    @property
    def disabled(self) -> list[Plugin]:
        """Plugins that the user asked not to load."""
        return [plugin for plugin in self.plugins if plugin.disabled]

    def components(self, kind: Kind | None = None) -> list[Component]:
        """Every component, or those of one kind, sorted by kind and name."""
        components = [c for plugin in self.plugins for c in plugin.components if kind is None or c.kind == kind]
        return sorted(components, key=lambda c: (KINDS.index(c.kind), c.name))

    def names(self, kind: Kind) -> list[str]:
        """The names of one kind, sorted."""
        return sorted({component.name for component in self.components(kind)})

    def find(self, kind: Kind, name: str) -> Component:
        """The component of that name.

        Raises
        ------
        UnknownName
            With the nearest right name.
        PluginError
            Where two plugins claim it.
        """
        claimants = [c for plugin in self.plugins for c in plugin.components if c.name == name and c.kind == kind]
        if not claimants:
            if line := meant(kind, name, self):
                raise UnknownName(line)
            error = unknown(kind, name, self.names(kind), f"see 'albench list {plural(kind)}'.")
            if not self.files:
                error = UnknownName(f"{error} (One of your own: --plugin FILE, or plugins: [FILE] in a suite file.)")
            for what, plugins in (("Disabled", self.disabled), ("Broken", self.broken)):
                if plugins:
                    names = ", ".join(plugin.name for plugin in plugins)
                    error = UnknownName(f"{error} ({what} plugins: {names}; see 'albench list plugins'.)")
            raise error
        if len(claimants) > 1:
            claiming = [plugin for plugin in self.plugins for component in plugin.components if component in claimants]
            claims = " and ".join(plugin.label for plugin in claiming)
            raise PluginError(f"{kind} '{name}' is claimed by two plugins: {claims}; uninstall one or rename it.")
        return claimants[0]

    def parsed(self, kind: Kind, text: str) -> specs.Spec:
        """A spec that somebody typed.

        Raises
        ------
        SpecError
            Saying what is malformed, or what the text is instead.
        """
        try:
            return specs.parse(text)
        except SpecError:
            if line := meant(kind, text, self):
                raise SpecError(line) from None
            raise

    def build(self, kind: Kind, spec: specs.Spec | str) -> Any:
        """An instance of the component that a spec names."""
        parsed = self.parsed(kind, spec) if isinstance(spec, str) else spec
        component = self.find(kind, parsed.name)
        load = component.load()
        with kept_apart(f"'{component.plugin}' ({component.distribution})", f"{kind} '{parsed.name}' was built"):
            made = build(parsed, load, self.build)
        declared.check_made(kind, parsed.name, made)
        declared.check_sight(kind, parsed.name, component.role, made)
        return made

    def parts(self, trial: Named) -> Built:
        """A trial's method, strategy and backbone; trials of one combination have the same."""
        specs = trial.method, trial.strategy, trial.backbone
        if specs not in self._parts:
            method, strategy, backbone = specs
            self._parts[specs] = Built(
                self.build("method", method), self.build("strategy", strategy), self.build("backbone", backbone)
            )
        return self._parts[specs]

    def with_file(self, file: str) -> tuple[list[tuple[Kind, str]], str]:
        """Kinds and names of what a plain file would register; and why it cannot be used, where it cannot."""
        try:
            more = Registry((*self.files, file))
        except PluginError as error:
            return [], f" that cannot be used ({error})"
        place = Path(file).resolve()
        mine = (plugin for plugin in more.plugins if plugin.path and Path(plugin.path).resolve() == place)
        return [(component.kind, component.name) for plugin in mine for component in plugin.components], ""

    def call(self, hook: str, **arguments: Any) -> list[str]:
        """Call every implementation of a lifecycle hook on its own; the errors come back as text, one a plugin."""
        errors = []
        for impl in reversed(getattr(self.manager.hook, hook).get_hookimpls()):
            try:
                with printed_aside():
                    impl.function(**{name: arguments[name] for name in impl.argnames})
            except (Exception, SystemExit) as error:
                what = f"{impl.plugin_name}: {hook} failed: {type(error).__name__}: {error}"
                errors.append(f"{what} (mend it, or {self._without(impl.plugin)})")
        return errors

    def _without(self, module: object) -> str:
        """How a plugin is left out."""
        name = str(self.manager.get_name(module)).rpartition(":")[2]
        if any(Path(file).stem == name for file in self.files):
            return "leave out its --plugin"
        return f"leave it out with {DISABLE}={name}"


KEPT = 2
"""Registries that a process keeps."""
_registries: OrderedDict[tuple[Any, ...], Registry] = OrderedDict()


def registry(plugin_files: tuple[str, ...] = ()) -> Registry:
    """The process's plugins; found once, and again where a file that they were loaded from has changed."""
    if let_go_of_changed():
        _registries.clear()
    key = tuple(each_once(plugin_files)), *(os.environ.get(name) for name in (FILES, DISABLE, NO_PLUGINS))
    kept = _registries.pop(key, None)
    _registries[key] = kept or Registry(plugin_files)
    while len(_registries) > KEPT:
        _registries.popitem(last=False)
    return _registries[key]


def _names_from_environment() -> set[str]:
    return {name.strip() for name in os.environ.get(DISABLE, "").split(",") if name.strip()}


def _name_and_version(dist: importlib.metadata.Distribution) -> tuple[str, str]:
    told = dist.metadata
    return told["Name"], told["Version"]

"""A plugin that was found, what it registers, and whether it fits this albench."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pluggy

from albench.api import hooks
from albench.api.kinds import API_VERSION, Kind
from albench.api.published import Published
from albench.components import declared
from albench.components.component import Component
from albench.errors import PluginError
from albench.version import __version__


@dataclass
class Plugin:
    """A plugin that was found: where it comes from, what it registered, and its error where it is broken."""

    name: str
    distribution: str
    version: str
    error: str = ""
    path: str = ""
    """Of a plain file, as the user named it."""
    disabled: str = ""
    """Why it is not used, where the user asked for that."""
    components: list[Component] = field(default_factory=list)

    @property
    def label(self) -> str:
        """What it is called in messages."""
        return f"'{self.name}' ({self.path or self.distribution})"


class Registrar:
    """What ``albench_register`` is given: files each registration under its plugin."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin

    def _add(
        self,
        kind: Kind,
        name: str,
        target: str | Callable[..., Any],
        summary: str,
        *,
        panels: Sequence[str] = (),
        role: str = "",
        default_for: Sequence[str] = (),
        **marks: Any,
    ) -> None:
        declared.check_name(kind, name)
        declared.check_panels(kind, name, panels)
        declared.check_target(kind, name, target)
        declared.check_role(kind, name, role, panels)
        declared.check_default_for(kind, name, default_for)
        self._plugin.components.append(
            Component(
                kind,
                name,
                target,
                summary or _first_line(target),
                self._plugin.name,
                self._plugin.distribution,
                panels=tuple(panels),
                role=role,
                default_for=tuple(default_for),
                **marks,
            )
        )

    def strategy(self, name: str, target: str | Callable[..., Any], summary: str = "", **marks: Any) -> None:
        self._add("strategy", name, target, summary, **marks)

    def method(self, name: str, target: str | Callable[..., Any], summary: str = "", **marks: Any) -> None:
        self._add("method", name, target, summary, **marks)

    def dataset(
        self,
        name: str,
        target: str | Callable[..., Any],
        summary: str = "",
        *,
        role: str = "",
        stand_in_for: str = "",
        published: str | Sequence[Published] = (),
    ) -> None:
        declared.check_published(name, published)
        self._add("dataset", name, target, summary, role=role, stand_in_for=stand_in_for, published=published)

    def encoder(
        self,
        name: str,
        target: str | Callable[..., Any],
        summary: str = "",
        *,
        paper: str = "",
        default_for: Sequence[str] = (),
    ) -> None:
        self._add("encoder", name, target, summary, paper=paper, default_for=default_for)

    def backbone(
        self, name: str, target: str | Callable[..., Any], summary: str = "", *, default_for: Sequence[str] = ()
    ) -> None:
        self._add("backbone", name, target, summary, default_for=default_for)

    def executor(
        self, name: str, target: str | Callable[..., Any], summary: str = "", *, default_for: Sequence[str] = ()
    ) -> None:
        self._add("executor", name, target, summary, default_for=default_for)

    def tracker(self, name: str, target: str | Callable[..., Any], summary: str = "") -> None:
        self._add("tracker", name, target, summary)


def _first_line(target: object) -> str:
    if isinstance(target, str):
        return ""
    lines = (inspect.getdoc(target) or "").strip().splitlines()
    return lines[0] if lines else ""


def check_version(module: object) -> None:
    """Compare the range of the plugin API that a plugin states, as ``albench_api``, with the one that is here."""
    stated = getattr(module, "albench_api", None)
    if stated is None:
        return
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        fits = SpecifierSet(stated).contains(API_VERSION)
    except (InvalidSpecifier, TypeError, AttributeError):
        raise PluginError(f"its albench_api is {stated!r}, not a range such as '>=1,<2'") from None
    if not fits:
        raise PluginError(
            f"it supports the plugin API {stated}, and albench {__version__} has {API_VERSION}: "
            "install another version of it or of albench"
        )


def check_hooks(manager: pluggy.PluginManager, module: object) -> None:
    """Report hook implementations whose name or argument is wrong, and plugins without any."""
    try:
        with warnings.catch_warnings(record=True):
            manager.check_pending()
    except pluggy.PluginValidationError as error:
        names = [name for name, _ in inspect.getmembers(hooks) if name.startswith("albench_")]
        raise PluginError(f"{error.args[0].splitlines()[0]}; the hooks are {', '.join(names)}") from None
    if not manager.get_hookcallers(module):
        raise PluginError("it implements no albench hook: decorate a function albench_register(add) with @hookimpl")

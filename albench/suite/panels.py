"""Panels: ``@standard`` stands for the components that their plugins put into it, ``@all`` for all of a kind."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from albench.api.kinds import Kind
from albench.components.declared import EVERY
from albench.components.defaults import ORACLE
from albench.components.fields import REQUIRED, options
from albench.components.spec import PANEL, Spec
from albench.errors import PluginError, unknown
from albench.suite.naming import PANELLED, components
from albench.wording import plural

if TYPE_CHECKING:
    from albench.components.component import Component
    from albench.components.registry import Registry
    from albench.suite.trials import Suite

FIRST = "baseline"
"""Family whose components stand first in a panel."""


def named(kind: Kind, registry: Registry) -> dict[str, list[str]]:
    """Panels that plugins made, sorted, and the names in each; ``@all`` aside, which has to import them."""
    ordered = _ordered(kind, registry)
    every = sorted({panel for component in ordered for panel in component.panels})
    return {panel: [c.name for c in ordered if panel in c.panels] for panel in every}


def members(kind: Kind, panel: str, registry: Registry) -> list[str]:
    """The names in a panel.

    Raises
    ------
    UnknownName
        With the nearest panel that there is.
    """
    known = named(kind, registry)
    if panel == EVERY:
        blind = [c for c in _ordered(kind, registry) if c.role != ORACLE]
        return list(dict.fromkeys(c.name for c in blind if _needs_no_option(c)))
    if panel not in known:
        raise unknown(f"{kind} panel", f"{PANEL}{panel}", [PANEL + name for name in (*known, EVERY)])
    return known[panel]


def expanded(suite: Suite, registry: Registry) -> tuple[Suite, dict[str, list[str]]]:
    """The suite with components in the place of panels, so that trials are what they are without one.

    A component that is named beside its panel counts once, under its alias where it has one.

    Returns
    -------
    And what each panel stood for: ``"strategies @standard"`` -> names.
    """
    stood_for: dict[str, list[str]] = {}
    changes: dict[str, Any] = {}
    for kind in PANELLED:
        named: tuple[Spec, ...] = getattr(suite, plural(kind))
        if any(part.name.startswith(PANEL) for part in named):
            changes[plural(kind)] = components(kind, list(_each(kind, named, registry, stood_for)))
    return dataclasses.replace(suite, **changes), stood_for


def left_out(stood_for: Mapping[str, list[str]], registry: Registry) -> list[str]:
    """A line for each plugin whose components a panel may lack, as it is broken."""
    shown = " and ".join(stood_for)
    return [
        f"{shown}: without what the plugin '{plugin.name}' may add, as it is broken; see 'albench doctor plugins'."
        for plugin in registry.broken
        if stood_for
    ]


def _each(kind: Kind, named: tuple[Spec, ...], registry: Registry, stood_for: dict[str, list[str]]) -> Iterator[Spec]:
    for part in named:
        if part.name.startswith(PANEL):
            names = members(kind, part.name.removeprefix(PANEL), registry)
            stood_for[f"{plural(kind)} {part.name}"] = names
            yield from map(Spec, names)
        else:
            yield part


def _ordered(kind: Kind, registry: Registry) -> list[Component]:
    return sorted(registry.components(kind), key=lambda c: (c.family != FIRST, c.name))


def _needs_no_option(component: Component) -> bool:
    """Whether its name alone is enough; of what cannot be imported a run tells why."""
    try:
        return all(option.default != REQUIRED for option in options(component.load()))
    except PluginError:
        return True

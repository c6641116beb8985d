"""Panels: ``@standard`` stands for the components that their plugins put into it, ``@all`` for all of a kind."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from albench.api.kinds import Kind
from albench.components.declared import EVERY
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


def named(kind: Kind, found: Registry) -> dict[str, list[str]]:
    """Panels that plugins made, sorted, and the names in each; ``@all`` aside, which has to import them."""
    ordered = _ordered(kind, found)
    every = sorted({panel for component in ordered for panel in component.panels})
    return {panel: [c.name for c in ordered if panel in c.panels] for panel in every}


def members(kind: Kind, panel: str, found: Registry) -> list[str]:
    """The names in a panel.

    Raises
    ------
    UnknownName
        With the nearest panel that there is.
    """
    known = named(kind, found)
    if panel == EVERY:
        return list(dict.fromkeys(c.name for c in _ordered(kind, found) if _needs_no_option(c)))
    if panel not in known:
        raise unknown(f"{kind} panel", f"{PANEL}{panel}", [PANEL + name for name in (*known, EVERY)])
    return known[panel]


def expanded(suite: Suite, found: Registry) -> tuple[Suite, dict[str, list[str]]]:
    """The suite with components in the place of panels, so that trials are what they are without one.

    A component that is named beside its panel counts once, under its alias where it has one.

    Returns
    -------
    And what each panel stood for: ``"strategies @standard"`` -> names.
    """
    told: dict[str, list[str]] = {}
    changes: dict[str, Any] = {}
    for kind in PANELLED:
        parts: tuple[Spec, ...] = getattr(suite, plural(kind))
        if any(part.name.startswith(PANEL) for part in parts):
            changes[plural(kind)] = components(kind, list(_each(kind, parts, found, told)))
    return dataclasses.replace(suite, **changes), told


def left_out(told: Mapping[str, list[str]], found: Registry) -> list[str]:
    """A line for each plugin whose components a panel may lack, as it is broken."""
    shown = " and ".join(told)
    return [
        f"{shown}: without what the plugin '{plugin.name}' may add, as it is broken; see 'albench doctor plugins'."
        for plugin in found.broken
        if told
    ]


def _each(kind: Kind, parts: tuple[Spec, ...], found: Registry, told: dict[str, list[str]]) -> Iterator[Spec]:
    for part in parts:
        if part.name.startswith(PANEL):
            names = members(kind, part.name.removeprefix(PANEL), found)
            told[f"{plural(kind)} {part.name}"] = names
            yield from map(Spec, names)
        else:
            yield part


def _ordered(kind: Kind, found: Registry) -> list[Component]:
    return sorted(found.components(kind), key=lambda c: (c.family != FIRST, c.name))


def _needs_no_option(component: Component) -> bool:
    """Whether its name alone is enough; of what cannot be imported a run tells why."""
    try:
        return all(option.default != REQUIRED for option in options(component.load()))
    except PluginError:
        return True

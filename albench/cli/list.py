"""``albench list``: components and plugins."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import click

from albench.api.kinds import KINDS
from albench.cli.params import plugin_option
from albench.components.defaults import ORACLE, ORACLE_MARK
from albench.wording import plural

if TYPE_CHECKING:
    from albench.components.registry import Registry

CHOICES = (*(plural(kind) for kind in KINDS), "panels", "plugins")


@click.command("list")
@click.argument("what", required=False, type=click.Choice(CHOICES))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@plugin_option
def command(what: str | None, as_json: bool, plugins: tuple[str, ...]) -> None:
    """List strategies, methods, datasets, encoders, backbones, executors, trackers, panels or plugins.

    A panel stands for several, as in 'albench run -s @standard'.
    """
    from albench.components.registry import registry

    loaded = registry(plugins)
    others = {"plugins": _plugin_rows, "panels": _panel_rows}
    rows = others[what](loaded) if what in others else _component_rows(loaded, what)
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    _print_table(rows)
    broken = [] if what == "plugins" else loaded.broken
    for plugin in broken:
        why = f"broken plugin '{plugin.name}' ({plugin.distribution}): {plugin.error}"
        click.echo(f"{why}; 'albench doctor plugins' says what to do", err=True)


def _component_rows(loaded: Registry, what: str | None) -> list[dict[str, Any]]:
    return [
        {
            "kind": c.kind,
            "name": c.name,
            "summary": c.summary,
            "family": ORACLE_MARK if c.role == ORACLE else c.family,
            "paper": c.paper,
            "panels": ", ".join(f"@{panel}" for panel in c.panels),
            "from": c.distribution,
        }
        for c in loaded.components()
        if what in (None, plural(c.kind))
    ]


def _panel_rows(loaded: Registry) -> list[dict[str, Any]]:
    from albench.components.declared import EVERY
    from albench.suite.naming import PANELLED
    from albench.suite.panels import named

    return [
        {"kind": kind, "name": f"@{panel}", "components": names}
        for kind in PANELLED
        for panel, names in (
            *((panel, ", ".join(names)) for panel, names in named(kind, loaded).items()),
            (EVERY, f"every {kind} that needs no option, plugins' own too"),
        )
    ]


def _plugin_rows(loaded: Registry) -> list[dict[str, Any]]:
    return [
        {
            "name": plugin.name,
            "from": plugin.distribution,
            "version": plugin.version,
            "components": ", ".join(f"{c.kind} {c.name}" for c in plugin.components),
            "error": plugin.error or (f"disabled by {plugin.disabled}" if plugin.disabled else ""),
        }
        for plugin in loaded.plugins
    ]


def _print_table(rows: list[dict[str, Any]]) -> None:
    from itertools import groupby

    from rich.console import Console, RenderableType

    from albench.render.listing import Listing

    console = Console(highlight=False)
    if not console.is_terminal:  # for grep and cut: one row a line, however long, unless a width is asked for
        if "COLUMNS" not in os.environ:
            console.width = 400
        console.print(Listing(rows))
        return
    parts: list[RenderableType] = []
    for kind, of_kind in groupby(rows, lambda row: row.get("kind", "")):
        listed = [{name: text for name, text in row.items() if name != "kind"} for row in of_kind]
        parts += ["", Listing(listed, plural(kind))] if kind else [Listing(listed)]
    console.print(*parts[parts[:1] == [""] :], sep="\n")

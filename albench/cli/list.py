"""``albench list``: components and plugins."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from albench.api.hooks import KINDS
from albench.cli.params import plugin_option
from albench.plugins import plural

if TYPE_CHECKING:
    from albench.plugins import Registry

CHOICES = (*(plural(kind) for kind in KINDS), "plugins")


@click.command("list")
@click.argument("what", required=False, type=click.Choice(CHOICES))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@plugin_option
def command(what: str | None, as_json: bool, plugins: tuple[str, ...]) -> None:
    """List strategies, methods, datasets, backbones, executors, trackers or plugins."""
    from albench.plugins import registry

    found = registry(plugins)
    rows = _plugin_rows(found) if what == "plugins" else _component_rows(found, what)
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    _print_table(rows)
    broken = [] if what == "plugins" else found.broken
    for plugin in broken:
        why = f"broken plugin '{plugin.name}' ({plugin.distribution}): {plugin.error}"
        click.echo(f"{why}; 'albench doctor plugins' says what to do", err=True)


def _component_rows(found: Registry, what: str | None) -> list[dict[str, Any]]:
    return [
        {
            "kind": c.kind,
            "name": c.name,
            "summary": c.summary,
            "family": c.family,
            "paper": c.paper,
            "from": c.distribution,
        }
        for c in found.components()
        if what in (None, plural(c.kind))
    ]


def _plugin_rows(found: Registry) -> list[dict[str, Any]]:
    return [
        {
            "name": plugin.name,
            "from": plugin.distribution,
            "version": plugin.version,
            "components": ", ".join(f"{c.kind} {c.name}" for c in plugin.components),
            "error": plugin.error or (f"disabled by {plugin.disabled}" if plugin.disabled else ""),
        }
        for plugin in found.plugins
    ]


def _print_table(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    columns = [name for name in (rows[0] if rows else {}) if any(row[name] for row in rows)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name, overflow="fold", style="red" if name == "error" else "")
    previous = None
    for row in rows:
        shown = dict(row)
        if "kind" in row:
            shown["kind"] = "" if row["kind"] == previous else row["kind"]
            previous = row["kind"]
        table.add_row(*(Text(str(shown[name])) for name in columns))
    console = Console(highlight=False)
    # Piped output is for grep and cut: one row a line, however long.
    console.width = console.width if console.is_terminal else 400
    console.print(table)

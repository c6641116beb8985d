"""``albench show NAME``: what a component is, its options, its source and where it comes from; or the protocol."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from albench.api.kinds import KINDS
from albench.cli.params import plugin_option

if TYPE_CHECKING:
    from albench.components.component import Component
    from albench.components.registry import Registry


PROTOCOL = "protocol"
"""The name under which the settings are shown that no component has."""
_SAME = "the settings that all rows of a suite share"


def _complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from albench.components.registry import registry

    found = registry(tuple(ctx.params.get("plugins") or ())).components()
    items = [CompletionItem(c.name, help=c.summary) for c in found if c.name.startswith(incomplete)]
    return [*items, *([CompletionItem(PROTOCOL, help=_SAME)] if PROTOCOL.startswith(incomplete) else [])]


@click.command("show")
@click.argument("name", shell_complete=_complete)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@plugin_option
def command(name: str, as_json: bool, plugins: tuple[str, ...]) -> None:
    """Show a component: what it is, its options with types and defaults, its source, where it comes from.

    A name that several kinds share, such as boostmis, shows each of them; 'protocol' shows the settings that are the
    same for everything that is compared, for --set and suite files.
    """
    from albench.components.registry import registry
    from albench.components.spec import there_is
    from albench.errors import UnknownName, unknown

    loaded = registry(plugins)
    matching = [kind for kind in KINDS if name in loaded.names(kind)]
    if not matching and name.endswith(".py") and there_is(name):
        names, why = loaded.with_file(name)
        each = " or ".join(f"albench show --plugin {name} {own}" for own in dict.fromkeys(own for _, own in names))
        raise UnknownName(f"'{name}' is a file{why if not names else ''}: write {each or 'albench show NAME'}.")
    if not matching and name != PROTOCOL:
        raise unknown("component", name, {PROTOCOL, *(component.name for component in loaded.components())})
    facts = [_facts(loaded.find(kind, name), loaded) for kind in matching]
    facts += [_protocol()] if name == PROTOCOL else []
    if as_json:
        click.echo(json.dumps(facts, indent=1))
        return
    for entry in facts:
        _print(entry)


def _facts(component: Component, loaded: Registry) -> dict[str, Any]:
    from dataclasses import asdict

    from albench.components.fields import options

    factory = component.load()
    plugin = next(p for p in loaded.plugins if component in p.components)
    return {
        "kind": component.kind,
        "name": component.name,
        "summary": component.summary,
        "family": component.family,
        "paper": component.paper,
        "description": inspect.getdoc(factory) or "",
        "options": [asdict(option) for option in options(factory)],
        "source": component.source,
        "from": f"{plugin.distribution} {plugin.version}",
    }


def _protocol() -> dict[str, Any]:
    from dataclasses import asdict

    from albench.components.fields import options
    from albench.suite.protocol import Protocol
    from albench.version import __version__

    description = (
        f"{inspect.getdoc(Protocol) or ''}\n\n"
        "Set one on the command line with --set NAME=VALUE, those that have it by an option of their own (albench run "
        "--help), and in a suite file below 'protocol:'."
    )
    entry = {"kind": "", "name": PROTOCOL, "summary": _SAME, "family": "", "paper": "", "description": description}
    found = {
        "options": [asdict(option) for option in options(Protocol)],
        "source": "",
        "from": f"albench {__version__}",
    }
    return {**entry, **found}


def _print(entry: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from albench.render.prose import prose

    console = Console(highlight=False)
    console.print(
        Text.assemble((f"{entry['kind']} ".lstrip(), "dim"), (entry["name"], "bold"), f"  {entry['summary']}")
    )
    console.print()
    console.print(prose(entry["description"]))
    if entry["options"]:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("option", "type", "default", "", ""):
            table.add_column(name, overflow="fold", no_wrap=name == "option")
        for item in entry["options"]:
            table.add_row(
                item["name"],
                Text(item["type"].replace("|", " | ")),
                item["default"],
                item["bounds"],
                Text(item["help"]),
            )
        console.print(table)
    else:
        console.print("It has no options.")
    facts = {"family": entry["family"], "paper": entry["paper"], "class": entry["source"], "from": entry["from"]}
    console.print(Text("\n" + "\n".join(f"{name + ':':<8}{value}" for name, value in facts.items() if value) + "\n"))

"""``albench doctor``: what stands in the way of a run here."""

from __future__ import annotations

import json

import click

from albench.cli.params import data_dir_option, plugin_option

PARTS = ("versions", "device", "numerics", "disk", "plugins", "data", "extras", "self-test")


@click.command("doctor")
@click.argument("only", metavar="[PART]...", nargs=-1, type=click.Choice(PARTS))
@click.option("--out", default="results", show_default=True, metavar="DIR", help="Results folder to look at.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@plugin_option
@data_dir_option
def command(only: tuple[str, ...], out: str, as_json: bool, plugins: tuple[str, ...], data_dir: str | None) -> int:
    """Look at all that a run needs here, and say what to do where it is not well; exit code 1 where it is broken.

    All parts, or some of: versions, device, numerics, disk, plugins, data, extras, self-test (of training and query).
    """
    import dataclasses
    from pathlib import Path

    from rich.console import Console

    from albench.doctor import checks, examine
    from albench.render.doctor import part_table, summary

    console = Console(highlight=False, stderr=as_json)
    # Piped output is for grep: one row a line, however long.
    console.width = console.width if console.is_terminal else 400
    diagnosed: dict[str, list[dict[str, str]]] = {}
    diagnoses = []
    with console.status("Looking ...") as status:
        everything = checks(Path(out), data_dir, plugins)
        parts = {name: check for name, check in everything.items() if not only or name in only}
        for title, part in examine(parts, lambda what: status.update(f"Looking at {what} ...")):
            diagnosed[title] = [dataclasses.asdict(diagnosis) for diagnosis in part]
            diagnoses += part
            if not as_json and part:
                console.print(part_table(title, part))
                console.print()
    broken = any(diagnosis.status == "broken" for diagnosis in diagnoses)
    if as_json:
        click.echo(json.dumps({"format": 1, "ok": not broken, "parts": diagnosed}, indent=1))
    else:
        console.print(summary(diagnoses))
    return 1 if broken else 0

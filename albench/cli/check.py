"""``albench check``: the conformance kit on a component, a plugin file or a distribution."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from albench.cli.params import data_dir_option, plugin_option

if TYPE_CHECKING:
    from rich.console import Console

    from albench.testing.report import Finding
    from albench.testing.targets import Target

SHOWN = {"pass": ("pass", "green"), "fail": ("FAIL", "bold red"), "skip": ("-", "dim")}


def _complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from albench.plugins import registry

    names = {c.name for c in registry(tuple(ctx.params.get("plugins") or ())).components()}
    return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]


@click.command("check")
@click.argument("what", metavar="NAME|FILE|DISTRIBUTION", shell_complete=_complete)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@data_dir_option
@plugin_option
def command(what: str, as_json: bool, data_dir: str | None, plugins: tuple[str, ...]) -> int:
    """Check that a component keeps its contract; exit code 1 where one does not.

    A NAME may carry options, as in 'mine[alpha=2]', and may be that of several kinds. A FILE is a plugin file, a
    DISTRIBUTION an installed package with plugins: all that it registers is checked.
    """
    from rich.console import Console

    from albench.testing.targets import targets

    found = targets(what, plugins)
    console = Console(highlight=False)
    root = Path(data_dir) if data_dir else None
    reports = [(target, _report(target, root, None if as_json else console)) for target in found]
    if as_json:
        entries = [
            {"kind": target.kind, "component": target.spec, "findings": [dataclasses.asdict(f) for f in findings]}
            for target, findings in reports
        ]
        click.echo(json.dumps(entries, indent=1))
    return 1 if any(finding.failed for _, findings in reports for finding in findings) else 0


def _report(target: Target, root: Path | None, console: Console | None) -> list[Finding]:
    """The findings on a component, printed as they come where there is a console."""
    from albench.testing.checks import CHECKS, findings

    if console is None:
        return list(findings(target, root))
    from rich.text import Text

    console.print(Text.assemble((f"{target.kind} ", "dim"), (target.spec, "bold")))
    width = max(map(len, CHECKS[target.kind]))
    collected = []
    for finding in findings(target, root):
        collected.append(finding)
        console.print(_line(finding, width))
    counts = {status: sum(finding.status == status for finding in collected) for status in SHOWN}
    summary = f"{counts['pass']} passed, {counts['fail']} failed, {counts['skip']} do not apply"
    console.print(Text(summary, "bold red" if counts["fail"] else "bold green"))
    console.print()
    return collected


def _line(finding: Finding, width: int) -> Any:
    """A check in one row, a failed one with its reason and its smallest case below."""
    from rich.table import Table
    from rich.text import Text

    word, style = SHOWN[finding.status]
    row = Table.grid(padding=(0, 2, 0, 0))
    row.add_column(width=6)
    row.add_column(width=width)
    row.add_column()
    row.add_row(
        Text(f"  {word}", style),
        finding.check,
        Text(finding.reason if finding.status == "skip" else finding.tried, "dim"),
    )
    if finding.failed:
        row.add_row("", "", Text(finding.reason, "red"))
        if finding.case:
            row.add_row("", "", Text(f"smallest case: {finding.case}"))
    return row

"""``albench check``: the conformance kit on a component, a plugin file or a distribution."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from albench.cli.params import data_dir_option, plugin_option
from albench.wording import counted, listed

if TYPE_CHECKING:
    from rich.console import Console

    from albench.testing.report import Finding
    from albench.testing.targets import Target

SHOWN = {"pass": ("pass", "green"), "fail": ("FAIL", "bold red"), "skip": ("-", "dim")}


def _complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from albench.components.registry import registry

    names = {c.name for c in registry(tuple(ctx.params.get("plugins") or ())).components()}
    return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]


@click.command("check")
@click.argument("what", metavar="NAME|FILE|DISTRIBUTION", shell_complete=_complete)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("-v", "--details", is_flag=True, help="Print every check, with the smallest case of each that failed.")
@data_dir_option
@plugin_option
def command(what: str, as_json: bool, details: bool, data_dir: str | None, plugins: tuple[str, ...]) -> int:
    """Check that a component keeps its contract; exit code 1 where one does not.

    A NAME may carry options, as in 'mine[alpha=2]', and may be that of several kinds. A FILE is a plugin file, a
    DISTRIBUTION an installed package with plugins: all that it registers is checked. Checks that fail for one cause are
    one line.
    """
    from rich.console import Console

    from albench.testing.targets import targets

    found = targets(what, plugins)
    console = Console(highlight=False)
    root = Path(data_dir) if data_dir else None
    reports = [(target, _report(target, root, None if as_json else console, details)) for target in found]
    if as_json:
        entries = [
            {"kind": target.kind, "component": target.spec, "findings": [dataclasses.asdict(f) for f in findings]}
            for target, findings in reports
        ]
        click.echo(json.dumps(entries, indent=1))
    return 1 if any(finding.failed for _, findings in reports for finding in findings) else 0


def _report(target: Target, root: Path | None, console: Console | None, details: bool) -> list[Finding]:
    """The findings on a component; where there is a console, each as it comes (``details``), or their causes."""
    from albench.testing.checks import CHECKS, findings

    if console is None:
        return list(findings(target, root))
    from rich.text import Text

    console.print(Text.assemble((f"{target.kind} ", "dim"), (target.spec, "bold")))
    width = max(map(len, CHECKS[target.kind]))
    collected = []
    with contextlib.nullcontext() if details else console.status("Checking ..."):
        for finding in findings(target, root):
            collected.append(finding)
            if details:
                console.print(_line(finding, width))
    _summary(collected, console, details)
    return collected


def _summary(collected: list[Finding], console: Console, details: bool) -> None:
    """One line a cause of failures, unless each has been shown, and how many there are of what."""
    from rich.text import Text

    from albench.testing.report import causes

    found = causes(collected)
    for cause in [] if details else found:
        first = cause[0]
        checks = listed([finding.check for finding in cause], most=2)
        case = f" (smallest case: {first.case})" if first.case and len(cause) == 1 else ""
        line = Text.assemble((f"  {SHOWN['fail'][0]}  ", SHOWN["fail"][1]), f"{checks}: ", (first.reason, "red"), case)
        console.print(line, soft_wrap=True)
    counts = {status: sum(finding.status == status for finding in collected) for status in SHOWN}
    of = f" of {counted(len(found), 'cause')}" if 0 < len(found) < counts["fail"] else ""
    summary = f"{counts['pass']} passed, {counts['fail']} failed{of}, {counts['skip']} do not apply"
    more = "" if details else " (--details lists them)"
    console.print(Text.assemble((summary, "bold red" if counts["fail"] else "bold green"), (more, "dim")))
    console.print()


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

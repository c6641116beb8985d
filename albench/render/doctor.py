"""What ``albench doctor`` found, for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text

from albench.doctor.finding import Finding

MARKS = {
    "ok": ("ok", "green"),
    "note": ("-", "dim"),
    "warning": ("warning", "yellow"),
    "broken": ("BROKEN", "bold red"),
}


def part_table(title: str, findings: Sequence[Finding]) -> Group:
    """One part: a row a finding, and below it what to do where it is not well."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=9)
    table.add_column(width=22, overflow="fold")
    table.add_column(overflow="fold")
    for finding in findings:
        word, style = MARKS[finding.status]
        table.add_row(Text(f"  {word}", style), Text(finding.what), Text(finding.found))
        if finding.advice:
            table.add_row("", "", Text(f"-> {finding.advice}", "dim" if finding.status == "note" else "bold"))
    return Group(Text(title, "bold"), table)


def summary(findings: Iterable[Finding]) -> Text:
    """One line: how it stands with this machine."""
    counts = Counter(finding.status for finding in findings)
    if counts["broken"]:
        return Text(f"{counts['broken']} broken, {counts['warning']} warnings: see what '->' says.", "bold red")
    if counts["warning"]:
        return Text(f"Nothing is broken; {counts['warning']} warnings: see what '->' says.", "bold yellow")
    return Text("All is well. Next: albench run --strategy boostmis", "bold green")

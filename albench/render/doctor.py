"""What ``albench doctor`` found, for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text

from albench.doctor.diagnosis import Diagnosis

MARKS = {
    "ok": ("ok", "green"),
    "note": ("-", "dim"),
    "warning": ("warning", "yellow"),
    "broken": ("BROKEN", "bold red"),
}


def part_table(title: str, diagnoses: Sequence[Diagnosis]) -> Group:
    """One part: a row a diagnosis, and below it what to do where it is not well."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=9)
    table.add_column(width=22, overflow="fold")
    table.add_column(overflow="fold")
    for diagnosis in diagnoses:
        word, style = MARKS[diagnosis.status]
        table.add_row(Text(f"  {word}", style), Text(diagnosis.what), Text(diagnosis.found))
        if diagnosis.advice:
            table.add_row("", "", Text(f"-> {diagnosis.advice}", "dim" if diagnosis.status == "note" else "bold"))
    return Group(Text(title, "bold"), table)


def summary(diagnoses: Iterable[Diagnosis]) -> Text:
    """One line: how it stands with this machine."""
    counts = Counter(diagnosis.status for diagnosis in diagnoses)
    if counts["broken"]:
        return Text(f"{counts['broken']} broken, {counts['warning']} warnings: see what '->' says.", "bold red")
    if counts["warning"]:
        return Text(f"Nothing is broken; {counts['warning']} warnings: see what '->' says.", "bold yellow")
    return Text("All is well. Next: albench run --strategy boostmis", "bold green")

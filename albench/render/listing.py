"""Names and what they are, fitted to a terminal: names are never broken, columns that do not fit are left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

_GAP = 2
_ALWAYS = ("name", "summary", "components", "error")
"""Columns that are always there; of the others, those that leave each row on one line."""
_FOLDED = ("summary", "components", "error")
"""Columns that go on in the next line, between words."""
_ENOUGH = 44
"""Letters that a column needs to be read where it goes on in the next line."""


class Listing:
    """A table of rows that rich can print.

    Parameters
    ----------
    rows
        Column -> text, the same columns in each; those that are empty in all rows are not shown.
    title
        Above the table; empty for none.
    """

    def __init__(self, rows: Sequence[Mapping[str, str]], title: str = "") -> None:
        self._rows = rows
        self._title = title

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self._title:
            yield Text(self._title, style="bold")
        every = [name for name in (self._rows[0] if self._rows else {}) if any(row[name] for row in self._rows)]
        widths = {name: max(cell_len(text) for text in (name, *(row[name] for row in self._rows))) for name in every}
        shown = list(_fitting(every, widths, options.max_width))
        table = Table(
            box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold" if not self._title else "dim"
        )
        for name in shown:
            style = "red" if name == "error" else "bold" if name == "name" and self._title else ""
            fixed = name not in _FOLDED
            width = min(widths[name], options.max_width) if fixed else None
            table.add_column(name, overflow="fold", style=style, no_wrap=fixed, min_width=width)
        for row in self._rows:
            table.add_row(*(Text(row[name]) for name in shown))
        yield table
        hidden = [name for name in every if name not in shown]
        if hidden:
            yield Text(f"Not shown: {', '.join(hidden)}. Widen the terminal, or use --json.", style="dim")


def _fitting(every: Sequence[str], widths: Mapping[str, int], room: int) -> Iterator[str]:
    """The columns that are always there, and from the left as many of the others as leave each row on one line.

    Where texts have to be folded anyway, others are there while these keep ``_ENOUGH``.
    """
    chosen = [name for name in every if name in _ALWAYS]
    folds = _total(chosen, widths) > room
    for name in every:
        if name not in chosen:
            kept = {one: min(width, _ENOUGH) if one in _FOLDED and folds else width for one, width in widths.items()}
            chosen += [name] if _total([*chosen, name], kept) <= room else []
    return (name for name in every if name in chosen)


def _total(names: Sequence[str], widths: Mapping[str, int]) -> int:
    return sum(widths[name] + _GAP for name in names) - _GAP

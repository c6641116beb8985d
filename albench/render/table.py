"""The comparison on a terminal: fitted to its width, names never cut, what is hidden said."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from albench.compare.answer import answer
from albench.render.across import overall_columns, overall_facts
from albench.render.budgets import budget_columns, budget_facts, budget_heading
from albench.render.cells import Cell, Column, columns, once
from albench.render.fit import GAP, Layout, fit, texts, wrap
from albench.render.words import facts, failures, heading, legend

if TYPE_CHECKING:
    from albench.compare.comparison import Comparison
    from albench.compare.tables import Group

_STYLES = {"": "", "good": "green", "bad": "red", "dim": "dim"}
_UNLIMITED = 100_000
_RULED = box.Box("    \n    \n ── \n    \n ── \n    \n    \n    \n")
"""A line below the titles, and one above rows that stand apart."""


class ComparisonView:
    """A comparison that rich can print."""

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in answer(self._comparison).lines:
            yield Text(line, overflow="fold")
            yield Text()
        for group in self._comparison.groups:
            yield from _group(group, self._comparison, options.max_width)
        for over in self._comparison.budgets:
            yield from _together(
                budget_heading(over), budget_facts(over, self._comparison), budget_columns(over), options
            )
        if self._comparison.overall:
            overall = self._comparison.overall
            title = f"{len(overall.settings)} data sets together"
            columns_ = overall_columns(overall, self._comparison)
            yield from _together(title, overall_facts(overall), columns_, options)
        for line in legend(self._comparison):
            yield _line(line, style="dim")
        yield from _section("Not complete", failures(self._comparison), "red")
        yield from _section("Notes", self._comparison.notes, "yellow")


def shown(comparison: Comparison) -> str:
    """Plain text as wide as the terminal; with every column where there is none."""
    return to_text(comparison, shutil.get_terminal_size((_UNLIMITED, 24)).columns).rstrip("\n")


def to_text(comparison: Comparison, width: int = _UNLIMITED) -> str:
    """Plain text, by default with every column."""
    console = Console(file=io.StringIO(), width=width, color_system=None, force_terminal=False)
    with console.capture() as captured:
        console.print(ComparisonView(comparison))
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"


def _group(group: Group, comparison: Comparison, width: int) -> Iterator[Text | Table | Padding]:
    name, stand_in = heading(group)
    yield Text.assemble((name, "bold"), ("  " + stand_in if stand_in else "", "yellow"), overflow="fold")
    every = columns(group, comparison)
    about = facts(group, comparison)
    if width < _UNLIMITED:
        every, shared = once(every, group)
        about += shared
    for line in _packed(about, width):
        yield Text(line, style="dim", overflow="fold")
    yield Text()
    layout = fit(every, width)
    yield _table(layout)
    hidden = _hidden(every, layout.columns)
    if hidden:
        yield _line(hidden, style="dim")
    yield Text()


def _together(
    title: str, about: Sequence[str], every: Sequence[Column], options: ConsoleOptions
) -> Iterator[Text | Table]:
    """A table over budgets or data sets."""
    yield Text(title, style="bold", overflow="fold")
    for line in about:
        yield _line(line, style="dim")
    yield Text()
    layout = fit(every, options.max_width)
    yield _table(layout)
    missing = ", ".join(column.title for column in every if column not in layout.columns)
    if missing:
        yield _line(f"Hidden: {missing}. Widen the terminal, or choose another --format.", style="dim")
    yield Text()


def _hidden(every: Sequence[Column], shown: Sequence[Column]) -> str:
    """What had to be left out, or nothing."""
    missing = [column for column in every if column not in shown]
    counts = [column.title.removesuffix(" labels") for column in missing if column.role == "labels"]
    hidden = []
    if counts:
        total = sum(column.role == "labels" for column in every)
        which = ", ".join(counts) if len(counts) <= 6 else f"{counts[0]}, {counts[1]}, ... {counts[-1]}"
        hidden.append(f"{len(counts)} of {total} label counts ({which})")
    hidden += [column.title for column in missing if column.role != "labels"]
    return f"Hidden: {', '.join(hidden)}. Widen the terminal, or choose another --format." if hidden else ""


def _table(layout: Layout) -> Table:
    table = Table(box=_RULED, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0))
    for column, width in zip(layout.columns, layout.widths, strict=True):
        style = "bold underline" if column.ranked else "bold" if column.role == "name" else "not bold"
        indent = 0 if column.role == "name" else width - cell_len(column.title)
        title = Text.assemble(" " * indent, (column.title, style))
        table.add_column(title, header_style="", width=width, overflow="fold")
    written = [texts(column, layout.compact) for column in layout.columns]
    for at in range(len(written[0])):
        if at and at == len(written[0]) - layout.columns[0].apart:
            table.add_section()
        cells = zip(layout.columns, layout.widths, written, strict=True)
        table.add_row(
            *(_cell(c.cells[at], wrap(text[at], width) if c.role == "name" else text[at]) for c, width, text in cells)
        )
    return table


def _cell(cell: Cell, text: str) -> Text:
    marks = ["bold" if cell.bold else "", _STYLES[cell.tone], "cyan" if cell.highlighted else ""]
    return Text(text, style=" ".join(filter(None, marks)))


def _packed(pieces: Sequence[str], width: int) -> list[str]:
    """Pieces joined by commas into lines that fit."""
    lines: list[str] = []
    for piece in pieces:
        if lines and cell_len(lines[-1]) + 2 + cell_len(piece) <= width:
            lines[-1] += f", {piece}"
        else:
            lines.append(piece)
    return lines


def _line(text: str, style: str) -> Text:
    return Text(text, style=style, overflow="fold")


def _section(title: str, lines: Sequence[str], style: str) -> Iterator[Text | Padding]:
    if lines:
        yield Text()
        yield Text(title, style="bold")
        for line in lines:
            yield Padding(_line(line, style), (0, 0, 0, 2), expand=False)

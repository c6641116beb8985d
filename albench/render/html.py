"""The comparison as an HTML fragment, as notebooks show it: the answer, a table a group, the legend and the notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from albench.compare.answer import answer
from albench.render.across import overall_columns, overall_facts
from albench.render.cells import Cell, Column, columns, once
from albench.render.words import facts, failures, heading, legend

if TYPE_CHECKING:
    from albench.compare.comparison import Comparison


_RULE = ' style="border-top:1px solid"'
_STYLES = {"good": "color:#00694b", "bad": "color:#a83200", "dim": "opacity:0.7", "": ""}


def shown(comparison: Comparison) -> str:
    """Elements that need no style sheet: on a notebook's own ground and in its own letters."""
    return "\n".join(_parts(comparison)) + "\n"


def grid(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of texts."""
    shown = [Column(head, "name", tuple(Cell(row[at]) for row in rows)) for at, head in enumerate(heads)]
    return _grid(shown)


def _parts(comparison: Comparison) -> Iterator[str]:
    for line in answer(comparison).lines:
        yield f"<p>{escape(line)}</p>"
    for group in comparison.groups:
        name, stand_in = heading(group)
        shown, start = once(columns(group, comparison), group)
        beside = f" <em>{escape(stand_in)}</em>" if stand_in else ""
        about = ", ".join([*facts(group, comparison), *start])
        yield f"<p><strong>{escape(name)}</strong>{beside}<br>{escape(about)}</p>"
        yield _grid(shown)
    if comparison.overall:
        about = ". ".join(overall_facts(comparison.overall))
        yield f"<p><strong>{len(comparison.overall.settings)} data sets together</strong><br>{escape(about)}</p>"
        yield _grid(overall_columns(comparison.overall, comparison))
    for title, lines in (
        ("How to read this", legend(comparison)),
        ("Not complete", failures(comparison)),
        ("Notes", comparison.notes),
    ):
        if lines:
            items = "".join(f"<li>{escape(line)}</li>" for line in lines)
            is_open = " open" * (title != "How to read this")
            yield f"<details{is_open}><summary>{title}</summary><ul>{items}</ul></details>"


def _grid(shown: Sequence[Column]) -> str:
    heads = "".join(f'<th style="text-align:{_side(column)}">{escape(column.title)}</th>' for column in shown)
    first = len(shown[0].cells) - shown[0].apart
    rows = "".join(
        f"<tr{_RULE * (at == first > 0)}>{''.join(_cell(column.cells[at], _side(column)) for column in shown)}</tr>"
        for at in range(len(shown[0].cells))
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _cell(cell: Cell, side: str) -> str:
    text = f"<strong>{escape(cell.text)}</strong>" if cell.bold else escape(cell.named)
    style = ";".join(filter(None, [f"text-align:{side}", "white-space:nowrap", _STYLES[cell.tone]]))
    return f'<td style="{style}">{text}{cell.mark}</td>'


def _side(column: Column) -> str:
    return "left" if column.role == "name" else "right"

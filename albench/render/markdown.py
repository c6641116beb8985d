"""The comparison as GitHub Markdown: a pipe table for each data set."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from albench.compare.answer import answer
from albench.components.defaults import ORACLE_MARK
from albench.render.across import overall_columns, overall_facts
from albench.render.budgets import budget_columns, budget_facts, budget_heading
from albench.render.cells import Cell, Column, columns
from albench.render.words import facts, failures, heading, legend

if TYPE_CHECKING:
    from albench.compare.comparison import Comparison
    from albench.compare.tables import Group

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~#])")


def escape(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def to_text(comparison: Comparison) -> str:
    """The answer, one section a group, then the legend, what is not complete, and the notes."""
    lines = [text for line in answer(comparison).lines for text in (escape(line), "")]
    lines += [line for group in comparison.groups for line in _group(group, comparison)]
    for over in comparison.budgets:
        lines += _together(budget_heading(over), budget_facts(over, comparison), budget_columns(over))
    if comparison.overall:
        heading_ = f"{len(comparison.overall.settings)} data sets together"
        lines += _together(heading_, overall_facts(comparison.overall), overall_columns(comparison.overall, comparison))
    lines += [f"{escape('. '.join(legend(comparison)))}.", ""]
    lines += _section("Not complete", failures(comparison))
    lines += _section("Notes", comparison.notes)
    return "\n".join(lines).rstrip("\n") + "\n"


def _group(group: Group, comparison: Comparison) -> Iterator[str]:
    name, stand_in = heading(group)
    yield f"### {escape(name)}"
    yield ""
    if stand_in:
        yield f"**{escape(stand_in)}**"
        yield ""
    yield escape(", ".join(facts(group, comparison)))
    yield ""
    yield from _grid(columns(group, comparison))


def _together(title: str, about: Sequence[str], shown: Sequence[Column]) -> Iterator[str]:
    """A table over budgets or data sets."""
    yield f"### {escape(title)}"
    yield ""
    yield escape(f"{'. '.join(about)}.")
    yield ""
    yield from _grid(shown)


def _grid(shown: Sequence[Column]) -> Iterator[str]:
    yield _line([escape(column.title) for column in shown])
    yield _line(["---" if column.role == "name" else "---:" for column in shown])
    for at in range(len(shown[0].cells)):
        if at and at == len(shown[0].cells) - shown[0].apart:
            yield _line([f"*{ORACLE_MARK}*", *[""] * (len(shown) - 1)])
        yield _line([_cell(column.cells[at]) for column in shown])
    yield ""


def _cell(cell: Cell) -> str:
    text = escape(cell.named)
    if cell.bold:
        text = f"**{text}**"
    return f"{text} \\{cell.mark}" if cell.mark else text


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return [f"**{title}**", "", *(f"- {escape(line)}" for line in lines), ""] if lines else []

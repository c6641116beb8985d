"""The comparison as LaTeX tables for the booktabs package."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from albench.render.cells import Cell, columns, facts, failures, heading, legend

if TYPE_CHECKING:
    from albench.compare import Comparison, Group

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    # A bracket right after a line's end would be read as that line's extra space.
    "[": "{[}",
    "]": "{]}",
    "±": r"$\pm$",
}
_MARKS = {"": "", "*": "$^{*}$", "~": r"$^{\sim}$"}
_NEGATIVE = str.maketrans({"-": "$-$", "+": "$+$", "±": r"$\pm$", "–": "--"})


def escape(text: str) -> str:
    """Text that LaTeX prints as it is, on one line."""
    escaped = "".join(_SPECIAL.get(letter, letter) for letter in " ".join(text.split()))
    return re.sub(r"(?<=-)(?=-)", "{}", escaped).replace("–", "--")  # two hyphens are not a dash


def to_text(comparison: Comparison) -> str:
    """One table a group, then what is not complete and the notes as lists."""
    lines = ["% needs \\usepackage{booktabs}"]
    for group in comparison.groups:
        lines += ["", *_table(group, comparison)]
    lines += _section("Not complete", failures(comparison))
    lines += _section("Notes", comparison.notes)
    return "\n".join(lines) + "\n"


def _table(group: Group, comparison: Comparison) -> Iterator[str]:
    name, stand_in = heading(group)
    about = ", ".join(facts(group, comparison))
    title = f"{name} ({stand_in})" if stand_in else name
    shown = columns(group, comparison)
    yield r"\begin{table}"
    yield r"\centering"
    yield rf"\caption{{{escape(title)}: {escape(about)}. {_legend(comparison)}.}}"
    yield rf"\begin{{tabular}}{{{''.join('l' if column.role == 'name' else 'r' for column in shown)}}}"
    yield r"\toprule"
    yield _line([escape(column.title) for column in shown])
    yield r"\midrule"
    for at in range(len(group.rows)):
        yield _line([_cell(column.cells[at], column.role == "name") for column in shown])
    yield r"\bottomrule"
    yield r"\end{tabular}"
    yield r"\end{table}"


def _legend(comparison: Comparison) -> str:
    """The legend, with the marks as the table shows them."""
    text = escape(". ".join(legend(comparison)))
    return text.replace("*", _MARKS["*"]).replace(r"\textasciitilde{}", _MARKS["~"])


def _cell(cell: Cell, is_name: bool) -> str:
    text = escape(cell.text) if is_name or "seeds" in cell.text else cell.text.translate(_NEGATIVE)
    return (rf"\textbf{{{text}}}" if cell.bold else text) + _MARKS[cell.mark]


def _line(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"


def _section(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    items = [rf"\item {escape(line)}" for line in lines]
    return ["", rf"\paragraph{{{title}}}", r"\begin{itemize}", *items, r"\end{itemize}"]

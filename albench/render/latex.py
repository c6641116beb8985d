"""The comparison as LaTeX tables for the booktabs package."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from albench.compare.answer import answer
from albench.compare.beside import ORACLE_SIGN
from albench.compare.highlight import MARK
from albench.compare.titles import metric_words
from albench.render.across import overall_columns, overall_facts
from albench.render.budgets import budget_columns, budget_facts, budget_heading, budget_legend, budget_marks
from albench.render.cells import Cell, Column, columns
from albench.render.fit import GAP, wrap
from albench.render.words import facts, failures, heading, legend
from albench.wording import counted

if TYPE_CHECKING:
    from albench.compare.comparison import Comparison


_SPECIAL = str.maketrans(
    {
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
        "∞": r"$\infty$",
        MARK: r"$\triangleright$",
        ORACLE_SIGN: r"$\dagger$",
    }
)
# A mark hangs over the right edge, so that digits stay under digits.
_MARKS = {"": "", "*": r"\rlap{$^{*}$}", "~": r"\rlap{$^{\sim}$}"}
_IN_TEXT = {"*": "$^{*}$", r"\textasciitilde{}": r"$^{\sim}$"}
_NEGATIVE = str.maketrans(
    {"-": "$-$", "+": "$+$", "±": r"$\pm$", "∞": r"$\infty$", "–": "--", "<": "$<$", ">": "$>$", "#": r"\#"}
)
_ENOUGH = 70
"""Letters that fit side by side in the text width of an article."""
_FOLDED = 18
_ALIKE = "Rows that share a letter are not distinguishable by their mean ranks"
_LAST_LATIN = 0x17F


def escape(text: str) -> str:
    """Text that LaTeX prints as it is, on one line."""
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else " " for letter in text)
    escaped = " ".join(text.split()).translate(_SPECIAL)
    return re.sub(r"(?<=-)(?=-)", "{}", escaped).replace("–", "--")  # two hyphens are not a dash


def to_text(comparison: Comparison, label: str = "") -> str:
    """The answer, one table a group, one over all data sets, then what is not complete and the notes as lists.

    A table that is wide has its intervals below their means, and shrinks where it is still wider than the line. Its
    caption says what it is of, in the list of tables in a few words; how it is read stands below it.

    Parameters
    ----------
    label
        What ``\\ref`` names the first table by; the others have ``-2``, ``-3`` and so on behind it. None where empty.
    """
    lines = ["", r"{\raggedright\noindent " + escape(answer(comparison).text) + r"\par}"]  # TeX breaks no names
    metric = metric_words(comparison.metric, comparison.split)
    tables = []
    notes = [line for line in legend(comparison) if line not in budget_marks(comparison)]
    for group in comparison.groups:
        name, stand_in = heading(group)
        about = f"{name} ({stand_in})" if stand_in else name
        caption = _Caption(f"{about}: {metric}", f"{about}: {', '.join(facts(group, comparison))}.", notes)
        tables.append((caption, columns(group, comparison)))
    for over in comparison.budgets:
        title = budget_heading(over)
        long = f"{title}: {'. '.join(budget_facts(over, comparison))}."
        tables.append((_Caption(f"{title}: {metric}", long, budget_legend(comparison)), budget_columns(over)))
    if comparison.overall:
        short = f"{counted(len(comparison.overall.settings), 'data set')} together: {metric}"
        long = f"{'. '.join(overall_facts(comparison.overall))}."
        caption = _Caption(short, long, [_ALIKE, "Marks as in the tables of single data sets"])
        tables.append((caption, overall_columns(comparison.overall, comparison)))
    for number, (caption, shown) in enumerate(tables, 1):
        own = label and (label if number == 1 else f"{label}-{number}")
        lines += ["", *_table(caption, own, shown)]
    lines += _section("Not complete", failures(comparison))
    lines += _section("Notes", comparison.notes)
    text = "\n".join(lines) + "\n"
    return "".join(f"% {need}\n" for need in _needs(text)) + text


def _needs(text: str) -> Iterator[str]:
    yield r"needs \usepackage{booktabs}" + (r" and \usepackage{graphicx}" if r"\resizebox" in text else "")
    if ord(max(text)) > _LAST_LATIN:
        yield "needs XeLaTeX or LuaLaTeX, with a font that has all of its letters"


@dataclass(frozen=True)
class _Caption:
    """What stands around a table: in the list of tables, above it and, a sentence each, below it."""

    short: str
    long: str
    notes: list[str]


def _table(caption: _Caption, label: str, shown: Sequence[Column]) -> Iterator[str]:
    wide = sum(max(map(len, [column.title, *(cell.text for cell in column.cells)])) + GAP for column in shown) > _ENOUGH
    yield r"\begin{table}"
    yield r"\centering"
    yield rf"\caption[{_marked(caption.short)}]{{{_marked(caption.long)}}}"
    if label:
        yield rf"\label{{{label}}}"
    yield r"\par\smallskip"
    if wide:
        yield r"\small"
        yield r"\setlength{\tabcolsep}{4.5pt}"
        yield r"\sbox0{%"
    yield rf"\begin{{tabular}}{{{''.join('l' if column.role == 'name' else 'r' for column in shown)}}}"
    yield r"\toprule"
    yield from _header(shown)
    yield r"\midrule"
    for at in range(len(shown[0].cells)):
        if at and at == len(shown[0].cells) - shown[0].apart:
            yield r"\midrule"
        elif wide and at:
            yield r"\addlinespace[2pt]"
        yield from _row([column.cells[at] for column in shown], [column.role == "name" for column in shown], wide)
    yield r"\bottomrule"
    yield r"\end{tabular}" + ("}%" if wide else "")
    if wide:
        yield r"\ifdim\wd0>\linewidth\resizebox{\linewidth}{!}{\usebox0}\else\usebox0\fi"
    yield r"\par\smallskip"
    yield rf"\parbox{{\linewidth}}{{\footnotesize\raggedright {_marked('. '.join(caption.notes))}.}}"
    yield r"\end{table}"


def _marked(text: str) -> str:
    """A text around a table, in which marks look as they do in its cells."""
    text = escape(text)
    for plain, mark in _IN_TEXT.items():
        text = text.replace(plain, mark)
    return text


def _header(shown: Sequence[Column]) -> Iterator[str]:
    """The titles; label counts side by side share the word."""
    counts = [at for at, column in enumerate(shown) if re.fullmatch(r"[\d,]+ labels", column.title)]
    titles = [column.title for column in shown]
    if len(counts) > 1:
        first, last = counts[0], counts[-1]
        over = [*[""] * first, rf"\multicolumn{{{len(counts)}}}{{c}}{{labels}}", *[""] * (len(shown) - last - 1)]
        yield _line(over)
        yield rf"\cmidrule(lr){{{first + 1}-{last + 1}}}"
        titles = [title.removesuffix(" labels") if at in counts else title for at, title in enumerate(titles)]
    yield _line([escape(title) for title in titles])


def _row(cells: Sequence[Cell], names: Sequence[bool], wide: bool) -> Iterator[str]:
    """One line or, in a wide table, the means and below them what follows; names go on there too."""
    parts = [_parts(cell, is_name) if wide else [cell.named] for cell, is_name in zip(cells, names, strict=True)]
    for number, texts in enumerate(zip_longest(*parts, fillvalue="")):
        written = []
        for cell, is_name, text in zip(cells, names, texts, strict=True):
            plain = escape(text) if is_name or "seeds" in text else _numbers(text)
            if number == 0:
                written.append((rf"\textbf{{{plain}}}" if cell.bold else plain) + _MARKS[cell.mark])
            else:
                written.append(rf"{{\scriptsize {plain}}}" if plain else "")
        yield _line(written)


def _parts(cell: Cell, is_name: bool) -> list[str]:
    if is_name:
        return wrap(cell.named, _FOLDED).split("\n")
    value, _, rest = cell.text.partition(" ")
    return [value, rest] if rest else [value]


def _numbers(text: str) -> str:
    # A bracket right after a line's end would be read as that line's extra space.
    return text.translate(_NEGATIVE).replace("[", "{[}").replace("]", "{]}")


def _line(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"


def _section(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    items = [rf"\item {escape(line)}" for line in lines]
    return ["", rf"\paragraph{{{title}}}", r"\begin{itemize}", r"\raggedright", *items, r"\end{itemize}"]

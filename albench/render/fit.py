"""Which columns of a comparison fit a terminal, and how they are written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from albench.compare.highlight import MARK
from albench.render.cells import Column

GAP = 2
_ENOUGH = 4
"""Value columns that are enough to keep names whole and numbers roomy."""
_ALWAYS = ("name", "seeds", "difference")
_FOLDED = 14
_NARROWEST = 8


@dataclass(frozen=True)
class Layout:
    """What is shown.

    Attributes
    ----------
    columns
        The columns that fit, in their order.
    widths
        The width of each.
    compact
        True where numbers are written as ``0.712±0.014``.
    """

    columns: tuple[Column, ...]
    widths: tuple[int, ...]
    compact: bool


def fit(every: Sequence[Column], width: int) -> Layout:
    """The best layout within a width.

    Names, seeds, what ranks and the difference are always there. Then come the last label count, recalls of rare
    classes, the first label count, AUBC and the middle ones, evenly. Where few fit, numbers are written compactly, then
    long names go on in a second line.
    """
    layouts = [_layout(every, width, compact, fold) for compact, fold in ((False, False), (True, False), (True, True))]
    n_values = sum(column.role in ("labels", "recall", "aubc") for column in every)
    for layout in layouts:
        if _n_values(layout) >= min(_ENOUGH, n_values) and _total(layout.widths) <= width:
            return layout
    # Of equals the last whose names are whole; none may be wider than the terminal.
    fitting = [layout for layout in layouts if _total(layout.widths) <= width] or layouts[-1:]
    return max(fitting, key=_n_values)


def texts(column: Column, compact: bool) -> list[str]:
    """The cells' texts, right-aligned to one width for numbers, whose marks have a place of their own."""
    if column.role == "name":
        gutter = " " * (len(MARK) + 1) * any(cell.highlighted for cell in column.cells)
        return [cell.named if cell.highlighted else f"{gutter}{cell.text}" for cell in column.cells]
    shown = [cell.text.replace(" ± ", "±") if compact else cell.text for cell in column.cells]
    numeric = [column.role != "seeds" and cell.text[:1] in "+-0123456789" for cell in column.cells]
    digits = max((len(text) for text, is_number in zip(shown, numeric, strict=True) if is_number), default=0)
    marks = any(cell.mark for cell in column.cells)
    shown = [
        (text + cell.mark).ljust(digits + marks if is_number else len(text) + marks)
        for cell, text, is_number in zip(column.cells, shown, numeric, strict=True)
    ]
    longest = max([cell_len(column.title), *map(len, shown)])
    return [text.rjust(longest) for text in shown]


def wrap(name: str, width: int) -> str:
    """A name in lines of at most ``width``, broken before a bracket or after a comma where that is possible."""
    lines = [""]
    for piece in re.split(r"(?=\[)|(?<=,)", name):
        if lines[-1] and cell_len(lines[-1] + piece) > width:
            lines.append("")
        for letter in piece:
            if cell_len(lines[-1] + letter) > width:
                lines.append("")
            lines[-1] += letter
    return "\n".join(lines)


def _layout(every: Sequence[Column], width: int, compact: bool, fold: bool) -> Layout:
    widths = [max([cell_len(column.title), *map(cell_len, texts(column, compact))]) for column in every]
    names = [at for at, column in enumerate(every) if column.role == "name"]
    whole = list(widths)
    for at in names:
        widths[at] = min(widths[at], _FOLDED) if fold else widths[at]
    chosen = {at for at, column in enumerate(every) if column.role in _ALWAYS or column.ranked}
    while fold and _over(widths, chosen, width) > 0 and max(widths[at] for at in names) > _NARROWEST:
        widths[max(names, key=lambda at: widths[at])] -= 1
    for at in _by_importance(every):
        if _over(widths, chosen | {at}, width) <= 0:
            chosen.add(at)
    for at in names:
        widths[at] = min(whole[at], widths[at] + max(0, -_over(widths, chosen, width)))
    order = sorted(chosen)
    return Layout(tuple(every[at] for at in order), tuple(widths[at] for at in order), compact)


def _by_importance(every: Sequence[Column]) -> list[int]:
    """Positions of value columns: what was asked for, the last label count, recalls of rare classes, the first label
    count, AUBC, then halving the gaps between.

    Details come last.
    """

    def those(role: str) -> list[int]:
        return [at for at, column in enumerate(every) if column.role == role]

    labels = those("labels")
    order = [*those("reach"), labels[-1], *those("recall"), labels[0], *those("aubc")]
    spans = [(0, len(labels) - 1)]
    while spans:
        low, high = spans.pop(0)
        if high - low > 1:
            middle = (low + high) // 2
            order.append(labels[middle])
            spans += [(low, middle), (middle, high)]
    return list(dict.fromkeys([*order, *those("extra")]))


def _n_values(layout: Layout) -> int:
    return sum(column.role in ("labels", "recall", "aubc") for column in layout.columns)


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


def _over(widths: Sequence[int], chosen: set[int], width: int) -> int:
    """By how much the chosen columns are too wide."""
    return _total([widths[at] for at in chosen]) - width

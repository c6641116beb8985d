"""Picks as a table, as CSV and as a contact sheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from albench.render.sheet import sheet

if TYPE_CHECKING:
    from PIL.Image import Image

    from albench.trial.picks import Pick, Query

_FIELDS = ("suite", "dataset", "method", "strategy", "seed", "round", "id", "item", "group", "class")
_NUMBERS = ("seed", "round", "id")
PER_ROW = 12
"""Pictures side by side."""


def _row(pick: Pick) -> tuple[str, ...]:
    where = (pick.suite.name, pick.dataset, pick.method, pick.strategy, str(pick.seed), str(pick.round), str(pick.id))
    return *where, pick.item, pick.group, pick.label


def as_table(picks: Sequence[Pick]) -> Table:
    """One line a pick; columns that say nothing are left out."""
    rows = [_row(pick) for pick in picks]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    told = {name: {row[at] for row in rows} for at, name in enumerate(_FIELDS)}
    left_out = {name for name in ("group", "class") if told[name] <= {""}}
    if len(told["suite"]) < 2:
        left_out.add("suite")
    shown = [at for at, name in enumerate(_FIELDS) if name not in left_out]
    for at in shown:
        table.add_column(_FIELDS[at], justify="right" if _FIELDS[at] in _NUMBERS else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(row[at]) for at in shown))
    return table


def as_csv(picks: Sequence[Pick]) -> str:
    """One line a pick, every column."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_FIELDS)
    writer.writerows(_row(pick) for pick in picks)
    return text.getvalue()


def as_sheet(queries: Iterable[Query]) -> Image:
    """The pictures of each query under its title, with their classes and files."""
    rows, captions, titles = [], [], []
    for query in queries:
        for first in range(0, len(query.picks), PER_ROW):
            part = slice(first, first + PER_ROW)
            rows.append(query.pictures[part])
            captions.append([f"{pick.label}\n{PurePath(pick.item).name}" for pick in query.picks[part]])
            titles.append("" if first else query.title)
    return sheet(rows, captions, titles=titles)

"""Learning curves on a terminal: one table a method and strategy, metrics beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from albench.components.defaults import ORACLE_MARK
from albench.render.texts import spread

if TYPE_CHECKING:
    from albench.compare import CurveTable

_GAP = 2


def curves(tables: Sequence[CurveTable]) -> RenderableType:
    """Learning curves; the data set is named once for all of its tables."""
    return Group(*_parts(tables))


def _parts(tables: Sequence[CurveTable]) -> Iterator[RenderableType]:
    for (dataset, stand_in, protocol, setup), of_dataset in groupby(
        tables, lambda t: (t.dataset, t.stand_in, t.protocol, t.setup)
    ):
        note = f"  stand-in for {stand_in}: simulated, not patient data" if stand_in else ""
        about = f"  {setup or f'protocol {protocol}'}"
        yield Text.assemble((dataset, "bold"), (note, "yellow"), (about, "dim"), overflow="fold")
        yield Text()
        for table in of_dataset:
            n = len(table.seeds)
            seeds = f"{n:,} seeds, mean ± 95 % interval" if n > 1 else "1 seed, so no interval"
            if any(0 < e.n < n for row in table.rows for e in row.estimates.values()):
                seeds += " (seeds, where fewer)"
            name = f"{table.method} + {table.strategy}"
            about = f"  {table.split}, {table.backbone}, {seeds}" + f", {ORACLE_MARK}" * table.sees_labels
            yield Text.assemble((name, "bold"), (about, "dim"), overflow="fold")
            yield _Values(table)
            for metric, estimate in table.full.items():
                yield Text(f"full supervision: {metric} {spread(estimate, estimate.n)}", style="dim", overflow="fold")
            yield Text()


class _Values:
    """The numbers of one curve; metrics that do not fit side by side go on below."""

    def __init__(self, table: CurveTable) -> None:
        self._table = table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        labels = [f"{row.n_labeled:,}" for row in self._table.rows]
        first = _padded("labels", labels)
        room = options.max_width - len(first[0])
        block: list[list[str]] = []
        for metric in self._table.metrics:
            estimates = [row.estimates[metric] for row in self._table.rows]
            column = _padded(metric, _aligned([spread(e, len(self._table.seeds)) for e in estimates]))
            room -= len(column[0]) + _GAP
            if block and room < 0:
                yield _grid([first, *block])
                block, room = [], options.max_width - len(first[0]) - len(column[0]) - _GAP
            block.append(column)
        yield _grid([first, *block])


def _aligned(texts: list[str]) -> list[str]:
    """Numbers without an interval keep their digits under those with one."""
    width = max(map(len, texts))
    return [text.ljust(width) if text[:1].isdigit() else text.rjust(width) for text in texts]


def _padded(title: str, texts: list[str]) -> list[str]:
    width = max(len(title), *map(len, texts))
    return [title.rjust(width), *(text.rjust(width) for text in texts)]


def _grid(columns: list[list[str]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, _GAP - 1, 0, 0), header_style="")
    for column in columns:
        table.add_column(Text(column[0], style="dim"), width=len(column[0]), overflow="fold")
    for cells in zip(*(column[1:] for column in columns), strict=True):
        table.add_row(*map(Text, cells))
    return table

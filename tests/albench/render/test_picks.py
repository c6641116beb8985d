"""What was bought, as a table and as CSV."""

from __future__ import annotations

import csv
import dataclasses
import io
from pathlib import Path

from rich.console import Console

from albench.render.picks import as_csv, as_table
from albench.trial.picks import Pick

FIRST = Pick("digits", "fixmatch", "entropy", 3, 0, 17, "a,b.png", "", "", Path("results/s"), "digits", "d1")
SECOND = dataclasses.replace(FIRST, round=1, id=4, item="c.png", label="ill")


def columns(*picks: Pick) -> list[str]:
    return [str(column.header) for column in as_table(picks).columns]


def test_csv_has_every_column_and_keeps_commas() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv([FIRST, SECOND]))))
    assert [(row["suite"], row["id"], row["item"], row["class"]) for row in rows] == [
        ("s", "17", "a,b.png", ""),
        ("s", "4", "c.png", "ill"),
    ]


def test_columns_that_say_nothing_are_left_out() -> None:
    assert columns(FIRST) == ["dataset", "method", "strategy", "seed", "round", "id", "item"]
    assert columns(FIRST, SECOND) == ["dataset", "method", "strategy", "seed", "round", "id", "item", "class"]
    elsewhere = dataclasses.replace(FIRST, suite=Path("results/t"), group="p7")
    assert set(columns(FIRST, elsewhere)) >= {"suite", "group"}


def test_names_are_not_taken_for_markup() -> None:
    console = Console(file=io.StringIO(), width=200)
    with console.capture() as captured:
        console.print(as_table([dataclasses.replace(FIRST, item="[bold]x[/bold].png")]))
    assert "[bold]x[/bold].png" in captured.get()

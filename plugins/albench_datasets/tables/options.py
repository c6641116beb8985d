"""What every reader of tables leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from albench.api import option
from albench_datasets.arrays import ArrayOptions


@dataclass(frozen=True, kw_only=True)
class TableOptions(ArrayOptions):
    """How rows and columns become items, classes and features."""

    drop: str = option("", "columns that are left out, as identifiers: id;name")
    categories: str = option("", "columns of numbers that are categories: ward;code")
    leave_out: str = option("", "classes whose rows are left out: unknown;other")
    no_target: Literal["refuse", "drop"] = option(
        "refuse", "where a row has no target: refuse the table, or leave the row out"
    )
    rare: int = option(5, "categories of fewer items of the pool are put together", ge=1)
    most_categories: int = option(50, "categories of one column that have a feature of their own, largest first", ge=2)
    indicator: bool = option(True, "a feature for each column of numbers that says where they are missing")

"""What models and a test split cannot carry: rows that give every item one class, and splits too small to tell."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from albench.compare.own_rows import OwnRows
from albench.compare.tables import Group, Row
from albench.metrics import FEW_ITEMS, FEW_OF_CLASS

COLUMN = "thin_test"
"""The frame's column that holds ``thin_test`` of each trial's data set."""


def thin_test(class_names: Sequence[str], counts: Sequence[int]) -> str:
    """Why a test split cannot carry a claim, whatever the number of seeds; empty where it can.

    Parameters
    ----------
    class_names, counts
        (C,) names, and test items of each class.
    """
    few = [f"{n} of {name}" for name, n in zip(class_names, counts, strict=True) if n < FEW_OF_CLASS]
    total = sum(counts)
    if not total or (total >= FEW_ITEMS and not few):
        return ""
    return f"{total:,} test items" + (f", {', '.join(few)}" if few else "")


def with_cautions(group: Group, own: OwnRows) -> Group:
    """The group with what its models and its test split cannot carry; no number of seeds is told there."""
    thin = own.told(COLUMN) if own.split == "test" else ""
    counts = own.one_class(group.ranked or group.n_labeled[-1])
    if not thin and not counts:
        return group
    lost = {
        (row.backbone, row.method, row.strategy)
        for row in group.rows
        if 2 * counts.get((row.backbone, row.method, row.strategy), 0) >= max(len(row.seeds), 1)
    }
    rows = tuple(_cautious(row, int(counts.get(_name(row), 0)), bool(thin), lost) for row in group.rows)
    return dataclasses.replace(group, rows=rows, thin_test=thin)


def _name(row: Row) -> tuple[str, str, str]:
    return row.backbone, row.method, row.strategy


def _cautious(row: Row, n_alone: int, thin: bool, lost: set[tuple[str, str, str]]) -> Row:
    difference = row.difference
    if difference and (thin or {_name(row), (row.backbone, difference.method, difference.strategy)} & lost):
        difference = dataclasses.replace(difference, seeds_needed=None)
    return dataclasses.replace(row, difference=difference, one_class=n_alone)

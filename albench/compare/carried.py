"""What models and a test split cannot carry: rows that give every item one class, and splits too small to tell."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd

from albench.compare.blocks import CurveBlock
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


def one_class(part: pd.DataFrame, split: str) -> np.ndarray:
    """(N,) bool: records whose model gives every item of a split one and the same class.

    Read off what is stored: the recall of one class is 1, of all others 0, and no item of another class was called
    anything else. (That items of two classes were taken for each other has the same recalls, but a higher precision.)
    """
    recalls = [column for column in part.columns if column.startswith(f"{split}.recall.")]
    beside = [f"{split}.macro_precision", f"{split}.accuracy"]
    if not recalls or not {*beside} <= {*part.columns}:
        return np.zeros(len(part), dtype=bool)
    found = part[recalls].to_numpy(np.float64, na_value=np.nan)
    n_classes = (~np.isnan(found)).sum(axis=1)
    precision, accuracy = part[beside].to_numpy(np.float64, na_value=np.nan).T
    alone = (np.nansum(found, axis=1) == 1) & (np.nanmax(np.nan_to_num(found), axis=1) == 1) & (n_classes > 1)
    return np.asarray(alone & np.isclose(precision * n_classes, accuracy, rtol=1e-9, atol=0))


def with_cautions(group: Group, curves: CurveBlock, frame: pd.DataFrame, split: str) -> Group:
    """The group with what its models and its test split cannot carry; no number of seeds is told there.

    Parameters
    ----------
    curves
        What the group was made of.
    """
    scores = [f"{split}.macro_precision", f"{split}.accuracy"]
    recalls = [name for name in frame.columns if name.startswith(f"{split}.recall.")]
    names = ["n_labeled", "backbone", "method", "strategy", "seed"]
    own = curves.rows_of(frame, [COLUMN, *names, *scores, *recalls])
    thin = next(iter(own[COLUMN].dropna()), "") if COLUMN in own and split == "test" else ""
    last = own[own["n_labeled"] == (group.ranked or group.n_labeled[-1])]
    alone = last[one_class(last, split)].drop_duplicates(["backbone", "method", "strategy", "seed"])
    counts = alone.groupby(["backbone", "method", "strategy"]).size().to_dict()
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

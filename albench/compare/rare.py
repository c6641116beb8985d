"""Recalls that stand beside a metric: where a class is rare, a mean over classes can hide that it is missed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd

from albench.compare.estimates import Estimate
from albench.compare.numbers import Numbers
from albench.compare.own_rows import OwnRows
from albench.compare.question import Question
from albench.compare.ranges import estimate_within
from albench.compare.statistics import interval
from albench.compare.tables import Group
from albench.metric_table import metric_named
from albench.wording import listed

RARE = 2 / 3
"""A class is rare where it has less than this part of an even share of the items."""
MINORITY = "minority_recall"
SMALL = "small_classes"
"""The frame's column that holds ``small_classes`` of each trial's test split, separated by line ends."""
_NAMED = 6
"""Classes that a text names; it counts the others."""
COLUMN = "rare_recalls"
"""The frame's column that holds ``rare_recalls`` of each trial's data set, separated by line ends."""


def rare_recalls(class_names: Sequence[str], counts: Sequence[Sequence[int]]) -> tuple[str, ...]:
    """The recalls to show beside any other metric.

    A class is rare where it has less than two thirds of an even share of the items of some split: 33 % of two classes,
    7 % of ten.

    Parameters
    ----------
    class_names
        C names.
    counts
        (S, C) items of each class in S splits.

    Returns
    -------
    Nothing where no class is rare. Of two classes the recall of both, the rarer one's first, as sensitivity and
    specificity are read together; of more the recall of the one that is rare, or ``minority_recall`` where several are.
    """
    items = np.asarray(counts, dtype=np.float64).reshape(-1, len(class_names))
    items = items[items.sum(axis=1) > 0]
    if not len(items) or len(class_names) < 2:
        return ()
    share = (items / items.sum(axis=1, keepdims=True)).min(axis=0)
    rare = np.flatnonzero(share < RARE / len(class_names))
    if not len(rare):
        return ()
    if len(class_names) == 2:
        return tuple(f"recall.{class_names[at]}" for at in np.argsort(share, kind="stable"))
    return (f"recall.{class_names[rare[0]]}",) if len(rare) == 1 else (MINORITY,)


def small_classes(class_names: Sequence[str], counts: Sequence[int]) -> tuple[str, ...]:
    """The classes that ``minority_recall`` is of: those with fewer items of a split than its mean class, and some.

    Parameters
    ----------
    class_names, counts
        (C,) names, and items of each class.
    """
    return tuple(name for name, n in zip(class_names, counts, strict=True) if 0 < n * len(counts) < sum(counts))


def minority_words(classes: Sequence[str]) -> str:
    """What ``minority_recall`` is: ``mean recall of the classes smaller than the average (grade 3 and grade 4)``."""
    return "mean recall of the classes smaller than the average" + (f" ({listed(classes, _NAMED)})" if classes else "")


def recalls_of(frame: pd.DataFrame, split: str = "test") -> list[str]:
    """Every metric that ``rare_recalls`` names for the data sets of a frame and that the split has."""
    if COLUMN not in frame:
        return []
    found = dict.fromkeys(name for text in frame[COLUMN].dropna().unique() for name in text.split("\n") if name)
    return [name for name in found if f"{split}.{name}" in frame]


def with_recalls(group: Group, number: Numbers, own: OwnRows, question: Question) -> Group:
    """The group with the recalls of its rare classes beside what is compared.

    They are those at the label count that ranks, else at the last one, over the seeds that what ranks is shown of.
    """
    curves, split, metric = number.curves, question.split, question.metric
    shown = number.shown[..., number.place]
    names = [name for name in recalls_of(own.frame, split) if name != metric]
    if MINORITY in (*names, metric) and split == "test":
        group = dataclasses.replace(group, small_classes=tuple(filter(None, own.told(SMALL).split("\n"))))
    if not names:
        return group
    at = int(np.flatnonzero(curves.n_labeled == (group.ranked or group.n_labeled[-1]))[0])
    found: dict[tuple[str, str, str], dict[str, Estimate]] = {name: {} for name in curves.names}
    for name in names:
        mean, half, n = interval(np.where(shown, curves.values[f"{split}.{name}"][:, :, at], np.nan))
        for row, numbers in zip(curves.names, zip(mean, half, n, strict=True), strict=True):
            found[row][name] = estimate_within(*numbers, metric_named(name).range)
    rows = tuple(dataclasses.replace(row, recalls=found[row.backbone, row.method, row.strategy]) for row in group.rows)
    return dataclasses.replace(group, recalls=tuple(names), rows=rows)

"""Intervals over test items: how far values and differences would move with other items of the same kind.

Seeds vary the draw of labels and weights on one and the same test split. Here the models stay, and the split is drawn
anew: its items with replacement or, where they belong to patients, whole patients (Efron and Tibshirani 1993,
"An Introduction to the Bootstrap", chapter 8). All rows see the same resamples, so that a difference is paired by item.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from albench.compare.blocks import CurveBlock, RowName
from albench.compare.estimates import OverItems
from albench.compare.item_metrics import Resamples, not_kept
from albench.compare.notes import places
from albench.compare.numbers import Numbers
from albench.compare.resample import around
from albench.compare.statistics import area
from albench.compare.tables import Group, Remark, Row
from albench.errors import StoreError
from albench.item_predictions import Labelled, Predictions
from albench.wording import counted, listed

DRAWS = 1000
LEAST_APART = 3
"""Groups on which two models, or a model and the labels, have to differ: of none, all resamples are the same."""
_BLOCK = 2**26
"""Weights that are held at once."""

Kept = tuple[Labelled | None, Mapping[int, Predictions]]
"""What a trial keeps of its test split: the split, and label count -> what the model of that round said."""
KeptOf = Callable[[str, str], Kept]
"""Suite and key -> what is kept of that trial."""


@dataclass(frozen=True)
class Intervals:
    """One group's intervals.

    Attributes
    ----------
    what
        What was drawn, as in ``60 test items of 20 groups``; empty where there is no interval.
    why_not
        Why some or all rows have none; empty where all have one.
    value, difference
        (2, R) limits of the value that ranks, and of row minus baseline; NaN where there are none.
    names
        (R,) backbone, method and strategy.
    alike
        (R,) bool: rows that differ from their baseline on fewer than ``LEAST_APART`` groups.
    """

    what: str
    why_not: str
    value: np.ndarray
    difference: np.ndarray
    names: Sequence[RowName]
    alike: np.ndarray


def over_items(number: Numbers, metric: str, source: KeptOf) -> Intervals:
    """95 % intervals over test items of what ranks, means over seeds as in the table.

    Raises
    ------
    StoreError
        Where trials of one data set keep other test labels.
    """
    curves, alike = number.curves, np.zeros(len(number.curves.names), dtype=bool)
    none = np.full((2, len(alike)), np.nan)
    if number.column is None:
        return Intervals("", "", none, none, curves.names, alike)
    wanted = ~np.isnan(number.ranked)
    kept = {at: source(*curves.trials[at]) for at in zip(*map(np.ndarray.tolist, np.nonzero(wanted)), strict=True)}
    split = next((part for part, _ in kept.values() if part), None)
    if split is None:
        return Intervals("", _without(len(kept), len(kept)), none, none, curves.names, alike)
    if other := not_kept(metric, split):
        return Intervals("", other, none, none, curves.names, alike)
    counts = _counts(curves, number.column)
    whole = {}
    for at, (part, models) in kept.items():
        if part and set(counts) <= set(models):
            if not np.array_equal(part.y, split.y):
                raise StoreError(
                    f"{'/trials/'.join(curves.trials[at])}: its test labels are not those of the other trials of its "
                    "data: leave it out, or make it again with --fresh."
                )
            whole[at] = models
    said = {at: np.stack([models[count].predicted for count in counts]) for at, models in whole.items()}
    many = np.full((*wanted.shape, DRAWS), np.nan)
    for place, resamples in resamples_of(split):
        for at, models in whole.items():
            values = [resamples.metric(metric, models[count]) for count in counts]
            many[(*at, place)] = area(np.stack(values, axis=1), np.array(counts))
    missing = "" if len(whole) == len(kept) else _without(len(kept) - len(whole), len(kept))
    n_groups = len(np.unique(split.groups))
    what = f"{len(split.y):,} test items" + (f" of {n_groups:,} groups" if split.named else "")
    value, difference = _limits(number, many, n_groups)
    for row, other in enumerate(number.baseline.tolist()):
        if _apart(split, said, row, None) < LEAST_APART:
            value[:, row] = np.nan
        alike[row] = other not in (-1, row) and _apart(split, said, row, other) < LEAST_APART
    difference[:, alike] = np.nan
    return Intervals(what, missing, value, difference, curves.names, alike & np.isfinite(value).all(axis=0))


def _apart(split: Labelled, said: Mapping[tuple[int, int], np.ndarray], row: int, other: int | None) -> int:
    """Groups of which a row's models say anything but what the other row's say, with the same seed, or the labels."""
    apart = np.zeros(len(split.y), dtype=bool)
    for (at, seed), predicted in said.items():
        against = split.y if other is None else said.get((other, seed))
        if at == row and against is not None:
            apart |= (predicted != against).any(axis=0)
    return len(np.unique(split.groups[apart]))


def with_over_items(group: Group, number: Numbers, intervals: Intervals) -> Group:
    """The group with its intervals over test items."""
    place = {name: row for row, name in enumerate(number.curves.names)}

    def of(row: Row) -> Row:
        at = place[row.backbone, row.method, row.strategy]
        difference = row.difference
        if difference:
            difference = dataclasses.replace(difference, over_items=_known(intervals.difference[:, at]))
        return dataclasses.replace(row, difference=difference, over_items=_known(intervals.value[:, at]))

    return dataclasses.replace(group, rows=tuple(map(of, group.rows)), test_items=intervals.what)


def _known(limits: np.ndarray) -> OverItems | None:
    low, high = map(float, limits)
    return None if np.isnan(low) else OverItems(low, high)


def item_notes(groups: Sequence[Group], intervals: Sequence[Intervals]) -> list[Remark]:
    """What rests on the test items at hand, and what has no interval, a note each."""
    lines = []
    for group, place, of in zip(groups, places(groups), intervals, strict=True):
        if of.why_not:
            lines.append(Remark(f"{of.why_not}.", place, limits=True))
        alike = {name for name, is_alike in zip(of.names, of.alike, strict=True) if is_alike}
        turned, few = [], []
        for row in group.rows:
            if row.difference and row.difference.verdict in ("better", "worse"):
                limits = row.difference.over_items
                turned += [f"{row.method}/{row.strategy}"] * bool(limits and limits.low <= 0 <= limits.high)
                few += [f"{row.method}/{row.strategy}"] * ((row.backbone, row.method, row.strategy) in alike)
        if turned:
            text = (
                "told apart over seeds, but other test items of this kind could turn the sign (the interval over "
                f"{group.test_items} holds 0): {listed(turned)}."
            )
            lines.append(Remark(text, place, limits=True))
        if few:
            what = "groups of test items" if "groups" in group.test_items else "test items"
            text = f"told apart over seeds, but by fewer than three {what} that other ones may lack: {listed(few)}."
            lines.append(Remark(text, place, limits=True))
    return lines


def _limits(number: Numbers, many: np.ndarray, n_groups: int) -> tuple[np.ndarray, np.ndarray]:
    """(2, R) each: limits of values over the seeds that are shown, and of differences over a row's pairs."""
    values, differences = (np.full((2, len(many)), np.nan) for _ in range(2))
    for row, other in enumerate(number.baseline.tolist()):
        shown = number.shown[row, :, number.place] & ~np.isnan(number.ranked[row])
        if shown.any():
            values[:, row] = around(*_over_seeds(number.ranked[row, shown], many[row, shown]), n_groups)
        pairs = ~np.isnan(number.ranked[row] - number.against[row])
        if pairs.any():
            points = number.ranked[row, pairs] - number.against[row, pairs]
            gaps = many[row, pairs] - many[other, pairs]
            differences[:, row] = around(*_over_seeds(points, gaps), n_groups)
    return values, differences


def _over_seeds(points: np.ndarray, many: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """An estimate and its resamples, means over seeds; NaN where a seed keeps nothing."""
    mean = many.mean(axis=0)
    point = points.mean() if not np.isnan(mean).all() else np.nan
    return np.asarray(point), mean, mean


def _counts(curves: CurveBlock, column: int) -> list[int]:
    """The label counts that what ranks is made of."""
    counts = [int(count) for count in curves.n_labeled]
    return counts if column == len(counts) else [counts[column]]


def resamples_of(split: Labelled) -> Iterator[tuple[slice, Resamples]]:
    """All resamples, as many at once as memory should hold; the same for the same split."""
    rng = np.random.Generator(np.random.PCG64(len(split.y)))
    _, groups = np.unique(split.groups, return_inverse=True)
    n_groups = int(groups.max()) + 1
    size = max(1, min(DRAWS, _BLOCK // len(groups)))
    for start in range(0, DRAWS, size):
        count = min(size, DRAWS - start)
        drawn = [np.bincount(rng.integers(n_groups, size=n_groups), minlength=n_groups) for _ in range(count)]
        weights = np.stack(drawn).astype(np.float32)
        yield slice(start, start + count), Resamples(split, weights[:, groups] if split.named else weights)


def _without(n: int, of: int) -> str:
    who = "no trial keeps" if n == of else f"{n} of {counted(of, 'trial')} do not keep"
    return f"{who} its predictions of test items (made by an earlier version of albench; --fresh makes them anew)"

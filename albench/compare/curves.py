"""Learning curves of each method and strategy: several metrics by label count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from albench.compare.beside import full_of, parted
from albench.compare.blocks import CurveBlock
from albench.compare.estimates import Estimate
from albench.compare.gather import check_scores, gather
from albench.compare.ranges import estimate_within
from albench.compare.statistics import interval
from albench.metric_table import metric_named

DEFAULT_METRICS = ("accuracy", "balanced_accuracy", "macro_f1", "auroc")


@dataclass(frozen=True)
class CurveRow:
    """One label count: metric -> mean over seeds with its 95 % interval."""

    n_labeled: int
    estimates: dict[str, Estimate]


@dataclass(frozen=True)
class CurveTable:
    """The learning curve of one method and strategy, label counts ascending."""

    dataset: str
    stand_in: str
    protocol: str
    backbone: str
    method: str
    strategy: str
    split: str
    metrics: tuple[str, ...]
    seeds: tuple[int, ...]
    rows: tuple[CurveRow, ...]
    setup: str = ""
    """The settings that tell its protocol from others of its data set, as in ``lr=0.1``; empty where it has one."""
    sees_labels: bool = False
    """Whether its strategy sees hidden labels: it is drawn dashed and grey."""
    full: dict[str, Estimate] = field(default_factory=dict)
    """Metric -> full supervision of its backbone on its data set; empty where it was not run."""


def learning_curve_table(
    frame: pd.DataFrame, split: str = "test", metrics: Sequence[str] = DEFAULT_METRICS
) -> list[CurveTable]:
    """Learning curves, one table a data set, protocol, backbone, method and strategy.

    Parameters
    ----------
    frame
        One row a round and trial (see ``albench.results.results.Results``).
    split
        Which split's metrics.
    metrics
        Which metrics.

    Raises
    ------
    UserError
        Where there is no result, or no such split or metric.
    """
    for metric in metrics:
        check_scores(frame, split, metric)
    columns = {metric: f"{split}.{metric}" for metric in metrics}
    parts = parted(frame)
    seeing = {tuple(names) for names in parts.oracles[["method", "strategy"]].drop_duplicates().to_numpy().tolist()}
    full = {metric: full_of(parts.full, column, metric_named(metric)) for metric, column in columns.items()}
    groups, _ = gather(pd.concat([parts.ranked, parts.oracles]), list(columns.values()))
    tables = []
    for group in groups:
        spread = {metric: interval(group.values[column].swapaxes(1, 2)) for metric, column in columns.items()}
        for row, (backbone, method, strategy) in enumerate(group.names):
            of = {
                metric: one.estimate
                for metric, found in full.items()
                for one in found.get((group.dataset, group.stand_in), ())
                if one.backbone == backbone
            }
            table = _table(group, row, split, spread)
            tables.append(replace(table, sees_labels=(method, strategy) in seeing, full=of))
    return tables


def _table(group: CurveBlock, row: int, split: str, spread: Mapping[str, tuple[np.ndarray, ...]]) -> CurveTable:
    """One row's curves; ``spread`` holds mean, half width and number of values, each (R, L), of every metric."""
    recorded = group.recorded[row]
    ranges = {metric: metric_named(metric).range for metric in spread}
    rows = tuple(
        CurveRow(
            n_labeled=int(labels),
            estimates={
                metric: estimate_within(mean[row, at], half[row, at], n[row, at], ranges[metric])
                for metric, (mean, half, n) in spread.items()
            },
        )
        for at, labels in enumerate(group.n_labeled)
        if recorded[:, at].any()
    )
    return CurveTable(
        group.dataset,
        group.stand_in,
        group.protocol,
        *group.names[row],
        split=split,
        metrics=tuple(spread),
        seeds=tuple(int(seed) for seed in group.seeds[recorded.any(axis=1)]),
        rows=rows,
        setup=group.setup,
    )

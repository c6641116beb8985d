"""What is drawn beside a comparison and is no part of it: strategies that see labels, and full supervision.

It is taken out of the results before anything is counted, so that no mean, rank, test or correction knows of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from albench.compare.blocks import CurveBlock
from albench.compare.choose import Choice, usual_baseline
from albench.compare.estimates import Estimate
from albench.compare.gather import gather
from albench.compare.paid import counting_validation
from albench.compare.question import Question
from albench.compare.ranges import estimate_within
from albench.compare.statistics import area, interval
from albench.compare.tables import Full, Group, Remark, Row
from albench.errors import UserError
from albench.metric_table import Metric, metric_named
from albench.wording import listed

SEES_LABELS = "sees_labels"
"""The frame's column: whether a trial's strategy sees hidden labels."""
ORACLE_SIGN = "†"
"""Before the name of a strategy that sees labels, in every format."""
_GROUP = ["dataset", "stand_in", "protocol"]
_SHOWN = 4


@dataclass(frozen=True)
class Parted:
    """Results, parted.

    Attributes
    ----------
    ranked
        What is compared.
    oracles
        Of strategies that see labels.
    full
        Of full supervision: the method that learns from labels alone, on those of the whole pool.
    """

    ranked: pd.DataFrame
    oracles: pd.DataFrame
    full: pd.DataFrame


def parted(frame: pd.DataFrame) -> Parted:
    """What is compared, and what stands beside it."""
    seeing, full = _sees_labels(frame), _is_full(frame)
    return Parted(frame[~seeing & ~full], frame[seeing], frame[full & ~seeing])


def _sees_labels(frame: pd.DataFrame) -> np.ndarray:
    if SEES_LABELS not in frame:
        return np.zeros(len(frame), dtype=bool)
    return np.asarray(frame[SEES_LABELS].eq(True).to_numpy(bool))


def _is_full(frame: pd.DataFrame) -> np.ndarray:
    """(rows,) bool: tables of the baselines alone, at the labels of the whole pool, of data sets that have others.

    Without a query all strategies are one. Where other methods or strategies stand beside them, it is a table like any.
    """
    if frame.empty or "pool_size" not in frame:
        return np.zeros(len(frame), dtype=bool)
    whole = frame["n_labeled"].eq(frame["pool_size"]) & frame["round"].eq(0)
    usual = frame["method"].eq(usual_baseline(frame, "method")) & frame["strategy"].eq(usual_baseline(frame))
    names = [frame[name].fillna("") for name in _GROUP]
    alone = (whole & usual).groupby(names).transform("all")
    others = (~alone).groupby(names[:2]).transform("any")
    return np.asarray((alone & others).to_numpy(bool))


def chosen_of(frame: pd.DataFrame, choice: Choice) -> pd.DataFrame:
    """The results that are chosen by name, with the full supervision of their data sets, whatever its method."""
    parts = parted(frame)
    kept = choice.of(frame.drop(parts.full.index))
    full = parts.full[parts.full["dataset"].isin(set(kept["dataset"]))]
    return pd.concat([kept, full]) if len(full) else kept


def check_ranked(parts: Parted, chosen: pd.DataFrame) -> None:
    """Refuse results of which nothing is compared.

    Raises
    ------
    UserError
        Naming what is there.
    """
    if chosen.empty and len(parts.oracles):
        names = listed(sorted(set(parts.oracles["strategy"])), _SHOWN)
        raise UserError(
            f"{names} sees labels and is never ranked, and there is nothing to compare beside: run another strategy "
            f"too, as albench run -s {usual_baseline(parts.ranked)}."
        )


def with_beside(groups: Sequence[Group], parts: Parted, question: Question) -> tuple[tuple[Group, ...], list[Remark]]:
    """The groups with what is drawn beside each, and notes on what has no table to stand beside."""
    oracles = counting_validation(question.choice.of(parts.oracles), question)[0]
    blocks = gather(oracles, [question.column])[0] if len(oracles) else []
    of = {(block.dataset, block.stand_in, block.protocol): block for block in blocks}
    full = full_of(parts.full, question.column, metric_named(question.metric))
    made = []
    for group in groups:
        block = of.pop((group.dataset, group.stand_in, group.protocol), None)
        aside = _rows(block, group, question) if block else ()
        backbones = {row.backbone for row in group.rows}
        beside = tuple(one for one in full.get((group.dataset, group.stand_in), ()) if one.backbone in backbones)
        made.append(replace(group, aside=aside, full=beside))
    notes = [
        Remark(
            f"{listed([name for _, _, name in block.names], _SHOWN)} of {block.dataset} has nothing to stand beside."
        )
        for block in of.values()
    ]
    return tuple(made), notes


def _rows(block: CurveBlock, group: Group, question: Question) -> tuple[Row, ...]:
    """Rows over their own seeds, best first; nothing of them is marked."""
    values = block.values[question.column]
    scores = np.concatenate([values, area(values, block.n_labeled)[..., None]], axis=2)
    means, halves, numbers = interval(scores.swapaxes(1, 2))
    nothing = Estimate(float("nan"), float("nan"), 0)
    column = question.ranking.column(block)
    rows = []
    for at, (backbone, method, strategy) in enumerate(block.names):
        found = zip(means[at], halves[at], numbers[at], strict=True)
        *cells, whole = (estimate_within(mean, half, n, question.limits) for mean, half, n in found)
        by_count = dict(zip(block.n_labeled.tolist(), cells, strict=True))
        seeds = block.seeds[block.recorded[at].any(axis=1)]
        row = Row(
            dataset=block.dataset,
            protocol=block.protocol,
            backbone=backbone,
            method=method,
            strategy=strategy,
            rank=None,
            seeds=tuple(int(seed) for seed in seeds),
            cells={count: by_count.get(count, nothing) for count in group.n_labeled},
            aubc=whole,
            value=nothing if column is None else [*cells, whole][column],
            sees_labels=True,
        )
        rows.append(row)
    return tuple(sorted(rows, key=lambda row: -np.nan_to_num(question.sign * row.value.mean, nan=-np.inf)))


def full_of(frame: pd.DataFrame, column: str, metric: Metric) -> dict[tuple[str, str], list[Full]]:
    """Data set, and what it stands in for -> full supervision of each backbone; of several protocols the best."""
    found: dict[tuple[str, str], dict[str, Full]] = {}
    for block in gather(frame, [column])[0] if len(frame) else ():
        means, halves, numbers = interval(block.values[column].swapaxes(1, 2))
        of = found.setdefault((block.dataset, block.stand_in), {})
        for at, (backbone, method, _) in enumerate(block.names):
            estimate = estimate_within(means[at, 0], halves[at, 0], numbers[at, 0], metric.range)
            sign = 1 if metric.higher_is_better else -1
            if backbone not in of or sign * (estimate.mean - of[backbone].estimate.mean) > 0:
                of[backbone] = Full(backbone, method, int(block.n_labeled[0]), estimate)
    return {where: list(of.values()) for where, of in found.items()}

"""From the tidy frame of records to arrays: one block of rows x seeds x label counts a group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from albench.compare.blocks import CurveBlock
from albench.compare.protocols import PREFIX, settings_of, told_apart
from albench.compare.same_start import check_same
from albench.compare.tables import Remark
from albench.compare.versions import mix_in
from albench.environment import MADE_WITH
from albench.errors import UserError, unknown
from albench.wording import counted

_NOT_SPLITS = {"seconds", "pseudo_label", "protocol", MADE_WITH.rstrip(".")}
_GROUP = ["dataset", "stand_in", "protocol"]
_ROW = ["backbone", "method", "strategy"]


def check_scores(frame: pd.DataFrame, split: str, metric: str) -> None:
    """Refuse a metric of a split that no record has.

    Raises
    ------
    UserError
        Where there is no result at all.
    UnknownName
        Where the split or the metric does not exist, naming the nearest that does.
    """
    if frame.empty:
        raise UserError("there is no finished round to compare: run 'albench run' first.")
    pairs = [column.split(".", 1) for column in frame.columns if "." in column]
    splits = {head for head, _ in pairs} - _NOT_SPLITS
    if split not in splits:
        raise unknown("split", split, splits)
    metrics = {metric for head, metric in pairs if head == split}
    if metric not in metrics:
        raise unknown("metric", metric, metrics, hint=f"choose from {', '.join(sorted(metrics))}.")


def gather(frame: pd.DataFrame, columns: Sequence[str]) -> tuple[list[CurveBlock], list[Remark]]:
    """Arrays of the named columns, one ``CurveBlock`` a data set and protocol, and notes on what was left out.

    Raises
    ------
    UserError
        Where what would stand in one table is of other data, or is paired and started from other labels.
    """
    check_same(frame, _GROUP)
    frame, notes = _one_trial_a_cell(_needed(frame, columns))
    groups = frame.sort_values("round", kind="stable").groupby(_GROUP, sort=True)
    blocks = sorted((_curves(part, columns) for _, part in groups), key=_order)
    return told_apart(blocks), notes


def _needed(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The columns that blocks are made of: each is sorted and grouped."""
    named = {*_GROUP, *_ROW, "seed", "suite", "key", "device", "round", "n_labeled", "data_hash", "items", *columns}
    kept = [name for name in frame.columns if name in named or name.startswith((PREFIX, MADE_WITH))]
    return frame[kept].assign(stand_in=frame["stand_in"].fillna(""))


def _order(curves: CurveBlock) -> tuple[str, str, int, int, str]:
    """Groups by data set; those of one data set by the labels that they end with and begin with."""
    high, low = int(curves.n_labeled[-1]), int(curves.n_labeled[0])
    return curves.dataset, curves.stand_in, high, low, curves.protocol


def _one_trial_a_cell(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Remark]]:
    """Drop copies of a trial, which would count one seed twice: the most complete stays, of equals the first."""
    by_cell = frame.groupby([*_GROUP, *_ROW, "seed"], sort=False)
    cell = by_cell.ngroup().to_numpy()
    trial = frame.groupby([*_GROUP, *_ROW, "seed", "suite", "key"], sort=False).ngroup().to_numpy()
    n_trials, n_cells = trial.max() + 1, cell.max() + 1
    if n_trials == n_cells:
        return frame, []
    first = np.unique(trial, return_index=True)[1]
    order = np.lexsort((-np.arange(n_trials), np.bincount(trial), cell[first]))
    last_of_cell = np.append(np.diff(cell[first][order]) != 0, True)
    keep = np.zeros(n_trials, dtype=bool)
    keep[order[last_of_cell]] = True
    differing = int((by_cell["key"].nunique() > 1).sum())
    notes = []
    if n_trials - n_cells > differing:
        notes.append(Remark("some trials are stored in more than one suite: each is counted once."))
    if differing:
        again = (
            f"{counted(differing, 'trial')} {'was' if differing == 1 else 'were'} run again under the same names, seed "
            "and protocol, with other paths or defaults of their components: only the most complete, or the first, "
            "counts."
        )
        notes.append(Remark(again, limits=True))
    return frame[keep[trial]], notes


def _curves(part: pd.DataFrame, columns: Sequence[str]) -> CurveBlock:
    row, names = pd.MultiIndex.from_frame(part[_ROW]).factorize(sort=True)
    seeds, seed = np.unique(part["seed"].to_numpy(np.int64), return_inverse=True)
    n_labeled, count = np.unique(part["n_labeled"].to_numpy(np.int64), return_inverse=True)
    shape = (len(names), len(seeds), len(n_labeled))
    values = {}
    for column in columns:
        block = np.full(shape, np.nan)
        block[row, seed, count] = part[column].to_numpy(np.float64, na_value=np.nan)
        values[column] = block
    recorded = np.zeros(shape, dtype=bool)
    recorded[row, seed, count] = True
    places = zip(row.tolist(), seed.tolist(), strict=True)
    trials = dict(zip(places, zip(part["suite"].tolist(), part["key"].tolist(), strict=True), strict=True))
    rounds = part.drop_duplicates("round")
    devices = tuple(sorted(part["device"].astype(str).unique()))
    return CurveBlock(
        dataset=str(part["dataset"].iloc[0]),
        stand_in=str(part["stand_in"].iloc[0]),
        protocol=str(part["protocol"].iloc[0]),
        devices=devices,
        names=list(names),
        seeds=seeds,
        n_labeled=n_labeled,
        rounds=dict(zip(rounds["round"].tolist(), rounds["n_labeled"].tolist(), strict=True)),
        values=values,
        recorded=recorded,
        trials=trials,
        settings=settings_of(part),
        data_hash=str(part["data_hash"].iloc[0]) if "data_hash" in part else "",
        items=str(part["items"].iloc[0]) if "items" in part else "",
        mix=mix_in(part, [*_ROW, "seed"]),
    )

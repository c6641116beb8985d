"""Versions and processors that a table mixes, from the frame's own columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from albench.environment import MADE_WITH, Environment, Mix, mix_of


def mix_in(frame: pd.DataFrame, trial: Sequence[str]) -> Mix:
    """What differs between the trials of a frame.

    Parameters
    ----------
    frame
        One row a round and trial.
    trial
        The columns that tell one trial from another.
    """
    columns = [name for name in frame.columns if name.startswith(MADE_WITH)]
    ways = frame[columns].drop_duplicates()
    made = [_made(columns, row) for row in ways.itertuples(index=False, name=None)] if columns else [None]
    # Trials are many and what they were made with is little: places of both, each pair once.
    way = frame.groupby(columns, sort=False, dropna=False).ngroup().to_numpy() if columns else np.zeros(len(frame), int)
    of_trial = frame.groupby(list(trial), sort=False, dropna=False).ngroup().to_numpy()
    found: dict[int, list[Environment | None]] = {}
    for at, which in np.unique(np.stack([of_trial, way], axis=1), axis=0).tolist():
        found.setdefault(at, []).append(made[which])
    return mix_of(found.values())


def _made(columns: Sequence[str], row: Sequence[Any]) -> Environment | None:
    """What a round was made with; None where it does not say."""
    values = zip(columns, row, strict=True)
    return {name.removeprefix(MADE_WITH): value for name, value in values if isinstance(value, str) and value} or None


def versions_in(frame: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Versions and processors that the rounds of a frame were made with: name -> each that occurs."""
    columns = [name for name in frame.columns if name.startswith(MADE_WITH)]
    found = {name: frame[name].dropna().unique() for name in columns}
    return {name.removeprefix(MADE_WITH): tuple(sorted(map(str, v))) for name, v in found.items() if len(v)}

"""Versions and processors that a table mixes, from the frame's own columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
    rounds = frame[[*trial, *columns]].drop_duplicates()
    found: dict[tuple[Any, ...], list[Environment | None]] = {}
    for row in rounds.itertuples(index=False, name=None):
        values = zip(columns, row[len(trial) :], strict=True)
        made = {name.removeprefix(MADE_WITH): value for name, value in values if isinstance(value, str) and value}
        found.setdefault(row[: len(trial)], []).append(made or None)
    return mix_of(found.values())


def versions_in(frame: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Versions and processors that the rounds of a frame were made with: name -> each that occurs."""
    columns = [name for name in frame.columns if name.startswith(MADE_WITH)]
    found = {name: frame[name].dropna().unique() for name in columns}
    return {name.removeprefix(MADE_WITH): tuple(sorted(map(str, v))) for name, v in found.items() if len(v)}

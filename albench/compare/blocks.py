"""One group's values as arrays: rows x seeds x label counts, and the names of its rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import pandas as pd

    from albench.environment import Mix

RowName = tuple[str, str, str]
"""Backbone, method and strategy of a row."""


@dataclass(frozen=True)
class CurveBlock:
    """One group's values.

    Attributes
    ----------
    names
        R tuples of backbone, method, strategy.
    seeds, n_labeled
        (S,) and (L,) int64, ascending.
    rounds
        Round -> label count.
    values
        Column -> (R, S, L) float64; NaN where there is no value.
    recorded
        (R, S, L) bool: where there is a record, whatever its values.
    trials
        Row and seed -> suite and key of the trial there.
    settings
        The protocol's settings, as far as they are known.
    setup
        What tells the group from others of its data set, as in ``lr=0.1``; empty where it is alone.
    budget
        Its budget, as in ``20+5x10``, where protocols of the data set differ in it; else empty.
    data_hash
        Of what the data set holds; empty where it is not known.
    items
        Names which items it holds, however they are read; empty where it is not known.
    mix
        What the trials were made with, where that is not the same.
    """

    dataset: str
    stand_in: str
    protocol: str
    devices: tuple[str, ...]
    names: list[tuple[str, str, str]]
    seeds: np.ndarray
    n_labeled: np.ndarray
    rounds: dict[int, int]
    values: dict[str, np.ndarray]
    recorded: np.ndarray
    trials: dict[tuple[int, int], tuple[str, str]]
    mix: Mix
    settings: dict[str, str] = field(default_factory=dict)
    setup: str = ""
    budget: str = ""
    data_hash: str = ""
    items: str = ""

    def rows_of(self, frame: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
        """The group's rows of a frame, of these columns those that it has."""
        own = (frame["dataset"] == self.dataset) & (frame["protocol"] == self.protocol)
        return frame.loc[own, [name for name in dict.fromkeys(columns) if name in frame]]

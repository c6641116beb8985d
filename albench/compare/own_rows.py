"""A group's rows of the frame: what they say of its data set, and how often a model gives every item one class."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from albench.compare.blocks import CurveBlock

_ROW = ["backbone", "method", "strategy"]


@dataclass(frozen=True)
class OwnRows:
    """One group's rows.

    Attributes
    ----------
    frame
        One row a round and trial: the columns that are asked for here, and the metrics of the split.
    split
        Whose metrics are compared.
    """

    frame: pd.DataFrame
    split: str
    _alone: dict[int, dict[Any, int]] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, block: CurveBlock, frame: pd.DataFrame, split: str, texts: Iterable[str]) -> OwnRows:
        """Those of a group in a frame; ``texts`` are the columns that ``told`` is asked for."""
        metrics = (name for name in frame.columns if name.startswith(f"{split}."))
        return cls(block.rows_of(frame, [*texts, *_ROW, "seed", "n_labeled", *metrics]), split)

    def told(self, column: str) -> str:
        """The first text of a column; empty where there is none."""
        return str(next(iter(self.frame[column].dropna()), "")) if column in self.frame else ""

    def one_class(self, n_labeled: int) -> dict[Any, int]:
        """Backbone, method and strategy -> seeds whose model gives every item one class at a label count."""
        if n_labeled not in self._alone:
            last = self.frame[self.frame["n_labeled"] == n_labeled]
            alone = last[one_class(last, self.split)].drop_duplicates([*_ROW, "seed"])
            self._alone[n_labeled] = alone.groupby(_ROW).size().to_dict()
        return self._alone[n_labeled]


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

"""Validation labels on the axis: what a protocol pays for to choose weights is part of its budget."""

from __future__ import annotations

import pandas as pd

from albench.compare.question import Question
from albench.compare.tables import Remark
from albench.errors import UserError

COLUMN = "n_validation"
"""The frame's column of the validation labels that chose a round's weights."""


def counting_validation(frame: pd.DataFrame, question: Question) -> tuple[pd.DataFrame, list[Remark]]:
    """The results with validation labels counted among the labels, where that is asked for, and a note that says so.

    Raises
    ------
    UserError
        Where results do not say how many they used.
    """
    if not question.count_validation:
        return frame, []
    unknown = frame if COLUMN not in frame else frame[frame[COLUMN].isna()]
    if len(unknown):
        raise UserError(
            f"--count-validation: the manifest of {unknown['suite'].iloc[0]} does not say how many validation items "
            "there were; leave the option out."
        )
    paid = frame[COLUMN].astype("int64")
    of = f"{paid.min():,}" if paid.min() == paid.max() else f"{paid.min():,} to {paid.max():,}"
    note = Remark(f"labels count those of the validation split too, which choose a round's weights: {of}.")
    return frame.assign(n_labeled=frame["n_labeled"] + paid), [note]

"""What stands in one table is of one data set, and trials that are paired by seed started from the same labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from albench.errors import UserError
from albench.wording import by_source, starts_text

if TYPE_CHECKING:
    import pandas as pd


def check_same(frame: pd.DataFrame, group: Sequence[str]) -> None:
    """Refuse a frame in which one name stands for several data, or trials of a seed started from other labels.

    ``albench.load`` gives data that differ names that do; a frame that was joined by hand may not.

    Parameters
    ----------
    group
        The columns that tell one table from another.

    Raises
    ------
    UserError
        Naming the data set, the hashes and where they are.
    """
    if "data_hash" in frame:
        for (dataset,), found in _several(frame, ["dataset"], "data_hash"):
            raise UserError(
                f"data set {dataset} is not the same data everywhere: {by_source(found)}. Such results do not belong "
                "in one table: read them with one albench.load(A, B), which shows them apart, or leave some out."
            )
    if "initial_hash" in frame:
        for names, found in _several(frame, [*group, "seed"], "initial_hash"):
            raise UserError(starts_text(names[-1], str(names[0]), found))


def _several(
    frame: pd.DataFrame, within: list[str], column: str
) -> list[tuple[tuple[object, ...], dict[str, list[str]]]]:
    """Groups with several values in a column, as value -> where; what is empty is not known."""
    known = frame.loc[frame[column].fillna("") != "", [*within, column, "suite"]].drop_duplicates()
    counts = known.groupby(within, sort=True)[column].transform("nunique")
    found = []
    for names, part in known[counts > 1].groupby(within, sort=True):
        values: dict[str, list[str]] = {}
        for value, source in zip(part[column], part["suite"], strict=True):
            values.setdefault(str(value), []).append(str(source))
        found.append((names, values))
    return found

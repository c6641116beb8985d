"""What a run shows at its end: the answer and one ranking or, where there is nothing to rank, learning curves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from albench.compare import DEFAULT_METRICS, answer, compare, learning_curve_table
from albench.compare.beside import parted
from albench.compare.rare import recalls_of
from albench.render.curves import curves
from albench.render.table import ComparisonView
from albench.render.words import minority_lines
from albench.wording import counted

if TYPE_CHECKING:
    import pandas as pd

    from albench.results.results import Results

_GROUP = ["dataset", "stand_in", "protocol"]


def closing(results: Results, keys: Collection[str]) -> RenderableType | None:
    """The end of a run whose trials have these keys; None where none of them has a round.

    What the folder holds of the same data sets under the same protocol from earlier runs is ranked with them, as
    ``albench compare`` would.
    """
    frame = results.frame
    own = frame["key"].isin(list(keys))
    if not own.any():
        return None
    groups = frame[own][_GROUP].drop_duplicates()
    shown = frame.merge(groups, on=_GROUP)
    if len(parted(shown).oracles) == len(shown):
        return curves(learning_curve_table(shown, metrics=_metrics(recalls_of(shown))))
    comparison = compare(shown)
    if all(len((*group.rows, *group.aside)) == 1 for group in comparison.groups):
        metrics = _metrics(recalls_of(shown))
        lines = [Text(f"{line}\n") for line in answer(comparison).lines]
        told = [Text(line, style="dim") for line in minority_lines(comparison, metrics)]
        return Group(*lines, curves(learning_curve_table(shown, metrics=metrics)), *told)
    return Group(ComparisonView(comparison), *_earlier(shown, keys))


def _metrics(recalls: Sequence[str]) -> tuple[str, ...]:
    """Accuracy says little where a class is rare: its recall takes that place."""
    if not recalls:
        return DEFAULT_METRICS
    return (*(name for name in DEFAULT_METRICS if name != "accuracy"), *recalls)


def _earlier(shown: pd.DataFrame, keys: Collection[str]) -> list[Text]:
    """A line that says what is not of this run."""
    trials = shown.drop_duplicates("key")
    n_earlier = int((~trials["key"].isin(list(keys))).sum())
    held = f"The folder held {counted(n_earlier, 'trial')} of the same protocol before, ranked with those of this run."
    return [Text(f"\n{held}", style="dim")] if n_earlier else []

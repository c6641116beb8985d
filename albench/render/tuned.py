"""What was tuned, as a table and as CSV."""

from __future__ import annotations

import pandas as pd
from rich.table import Table
from rich.text import Text

from albench.compare.tuned import SECONDS, TUNED

_COLUMNS = {
    "suite": "suite",
    "dataset": "dataset",
    "method": "method",
    "backbone": "backbone",
    "seed": "seed",
    "round": "round",
    "n_labeled": "labels",
    TUNED: "chosen",
    f"{TUNED}.score": "validation",
    f"{TUNED}.tries": "tries",
    SECONDS: "seconds",
}
"""Column of the frame -> what it is called here."""
_TEXTS = ("suite", "dataset", "method", "backbone", TUNED)
_DIGITS = {f"{TUNED}.score": 3, SECONDS: 1}


def as_frame(made: pd.DataFrame) -> pd.DataFrame:
    """One row a tuning, by data set, method, backbone, seed and round."""
    by = ["suite", "dataset", "method", "backbone", "seed", "round"]
    return made.sort_values(by, kind="stable")[list(_COLUMNS)].rename(columns=_COLUMNS)


def as_table(made: pd.DataFrame) -> Table:
    """One line a tuning; a suite, a backbone or a round that all have is left out."""
    ordered = made.sort_values(["suite", "dataset", "method", "backbone", "seed", "round"], kind="stable")
    alike = {name for name in ("suite", "backbone", "round") if ordered[name].nunique() < 2}
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    shown = [name for name in _COLUMNS if name not in alike]
    for name in shown:
        table.add_column(_COLUMNS[name], justify="left" if name in _TEXTS else "right", overflow="fold")
    for row in ordered.to_dict("records"):
        table.add_row(*(Text(_cell(name, row[name])) for name in shown))
    return table


def _cell(name: str, value: object) -> str:
    if pd.isna(value):  # type: ignore[call-overload]
        return "undefined"
    if name in _DIGITS:
        return f"{value:.{_DIGITS[name]}f}"
    return str(value) if isinstance(value, str) else f"{value:.0f}"

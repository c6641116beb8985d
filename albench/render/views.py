"""What views do to items: a table of shares, what to make of it, and a sheet of pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from albench.errors import UserError
from albench.render.sheet import sheet
from albench.wording import counted

if TYPE_CHECKING:
    from PIL.Image import Image

    from albench.api.dataset import Dataset, Splits
    from albench.bench.view_effects import Effects

MIRRORED = 0.1
"""Share of predictions changed by a flip alone from which on it is asked whether a mirrored item is still one."""
LOST, STANDARD_ERRORS = 0.05, 2.0
"""Accuracy that weak views cost the quick model, and its standard errors, from which on it is told."""
PICTURES, COLUMNS = 12, 4
"""Rows of a sheet, and views of each kind in a row."""
KINDS: tuple[Literal["weak", "strong"], ...] = ("weak", "strong")
WIDEST = 24
"""Letters of a class's name."""


def effect_lines(effects: Effects, splits: Splits) -> list[str]:
    """The measurement as a table of whole lines, and what to make of it."""
    n_items = int(effects.n_items.sum())
    names = splits.task.class_names
    heads = ["", "items", *effects.changed]
    rows = [["all", f"{n_items:,}", *(_share(effects.overall(name)) for name in effects.changed)]]
    for label in np.flatnonzero(effects.n_items):
        name = names[label] if len(names[label]) <= WIDEST else f"{names[label][: WIDEST - 3]}..."
        shares = (_share(changed[label]) for changed in effects.changed.values())
        rows.append([name, f"{effects.n_items[label]:,}", *shares])
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    table = []
    for row in (heads, *rows):
        first, *others = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        table.append("  ".join((first.strip().ljust(widths[0]), *others)))
    about = (
        f"A quick model ({effects.backbone}, {effects.n_trained:,} labels of train) is right for "
        f"{effects.accuracy:.1%} of {counted(n_items, 'item')} of val, and where it learns from weak views in place "
        f"of the items for {effects.taught:.1%}."
    )
    return [about, "Share of its predictions that views change (weak and strong whole, each option by itself):", *table]


def advice(effects: Effects) -> list[str]:
    """What speaks against the views, with the option that changes it."""
    n_items, lost = int(effects.n_items.sum()), effects.accuracy - effects.taught
    error = np.sqrt(max(effects.taught * (1 - effects.taught), 1 / n_items) / n_items)
    said = []
    if "flip" in effects.changed and effects.overall("flip") > MIRRORED:
        said.append(
            f"flip alone changes {effects.overall('flip'):.0%} of the predictions: where a mirrored item is another "
            "thing (digits, letters, sides of a body), write flip=false."
        )
    if lost > max(LOST, STANDARD_ERRORS * error):
        parts = [name for name in ("flip", "shift", "rotate", "weak_noise") if name in effects.changed]
        most = max(parts, key=effects.overall, default="")
        less = f"; {most} changes most: try less of it" if most else ""
        said.append(f"weak views cost the quick model {100 * lost:.0f} points of accuracy{less}.")
    return said


def views_sheet(dataset: Dataset, splits: Splits, seed: int = 0) -> Image:
    """Items of train, one row each and every class in turn, with their weak and strong views.

    Raises
    ------
    UserError
        Where Pillow is missing, or the items are no pictures.
    """
    from albench.bench.view_effects import samples

    if splits.task.modality != "image":
        raise UserError("vectors have no sheet of views: leave --out away.")
    rows = _rows(splits)
    items = splits.train.x[rows]
    weak, strong = (samples(dataset, splits, rows, kind, COLUMNS, seed) for kind in KINDS)
    names = splits.task.class_names
    return sheet(
        [[items[i], *weak[i], *strong[i]] for i in range(len(rows))],
        titles=[f"{names[splits.train.y[row]]}: {splits.called('train', int(row))}" for row in rows],
        heads=["item", *["weak"] * COLUMNS, *["strong"] * COLUMNS],
    )


def _rows(splits: Splits) -> np.ndarray:
    """Of train: the classes in turn, the first item of each, then the second."""
    members = [np.flatnonzero(splits.train.y == label) for label in range(splits.task.n_classes)]
    turns = [rows[turn] for turn in range(PICTURES) for rows in members if turn < len(rows)]
    return np.array(turns[:PICTURES])


def _share(value: float) -> str:
    return f"{value:.1%}"

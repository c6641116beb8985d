"""What a data set holds, in a few lines: items and groups of each class and split, and items without labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from albench.wording import counted

if TYPE_CHECKING:
    from albench.api.dataset import Splits

SPLITS = ("train", "val", "test")
ALL_CLASSES = 12
"""Up to so many classes each is named; of more, the rarest and the most frequent."""


def contents(splits: Splits) -> list[str]:
    """Lines such as ``per class (train/val/test): well: 110/25/60, ill: 320/75/100``; others count more."""
    names = splits.task.class_names
    counts = np.stack([np.bincount(getattr(splits, part).y, minlength=len(names)) for part in SPLITS], axis=1)
    order = list(range(len(names)))
    more = ""
    if len(order) > ALL_CLASSES:
        frequent = np.argsort(-counts[:, 0], kind="stable")
        order, more = [int(frequent[0]), int(frequent[-1])], f" (of {len(names)} classes the largest and the smallest)"
    shown = ", ".join(f"{names[label]}: {_cells(counts[label])}" for label in order)
    lines = [f"per class ({'/'.join(SPLITS)}): {shown}{more}"]
    if splits.groups:
        n_groups = [len(np.unique(splits.groups[part])) if part in splits.groups else None for part in SPLITS]
        lines.append(f"groups (patients): {_cells(n_groups)}")
    if splits.n_unlabeled:
        told = "without labels that could be bought: methods are trained on them, strategies never see them"
        lines.append(f"beyond the pool: {counted(splits.n_unlabeled, 'item')} {told}")
    return lines


def _cells(values: np.ndarray | list[int | None]) -> str:
    return "/".join("?" if value is None else f"{value:,}" for value in values)

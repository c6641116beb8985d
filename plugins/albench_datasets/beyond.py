"""Items beyond the pool, without labels: the option that has them read, and arrays of them found by their names."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from albench.api import DataError, Modality, Split, option
from albench_datasets.array_names import ITEMS
from albench_datasets.array_source import Arrays
from albench_datasets.checks import Raw, checked

BEYOND = "unlabeled"
"""What such items are called where splits are told by name."""
_SPELLED = "unlabell?ed"


@dataclass(frozen=True, kw_only=True)
class BeyondThePool:
    """What data sets that may come with such items let the user say."""

    unlabeled: bool = option(
        False, "read the items without labels too, which methods are trained on and strategies never see", later=True
    )

    def beyond(self, source: Arrays, items: str) -> Raw | None:
        """The arrays' items without labels, called as ``unlabeled-features`` or ``unlabeled_images``, where wanted.

        Parameters
        ----------
        items
            ``"features"`` or ``"images"``.

        Raises
        ------
        DataError
            Where there are none, or two arrays of them.
        """
        if not self.unlabeled:
            return None
        found = names_beyond(source, items)
        example = f"{BEYOND}{'-' if items == 'features' else '_'}{items}{source.suffix}"
        if len(found) != 1:
            what = f"{found[0]} and {found[1]}: both are items without labels" if found else f"no {example}"
            advice = "keep one of them" if found else source.how
            raise DataError(f"{source.path}: unlabeled=true, and {what}; {advice}")
        return without_labels(source.read(found)[found[0]], source.where(found[0]))

    def unread_beyond(self, source: Arrays, items: str) -> tuple[str, ...]:
        """What to type where arrays of such items are there and not wanted."""
        found = names_beyond(source, items) if not self.unlabeled else []
        return tuple(f"{name} is not read: unlabeled=true lets methods learn from its items" for name in found)


def names_beyond(source: Arrays, items: str) -> list[str]:
    """The arrays of items without labels, by their names."""
    words = "|".join((*ITEMS[items], "x", "data"))
    spelled = re.compile(rf"{_SPELLED}[-_](?:{words})|(?:{words})[-_]{_SPELLED}", re.IGNORECASE)
    return [name for name in source.names if spelled.fullmatch(name)]


def without_labels(x: np.ndarray, where: str) -> Raw:
    """Items as arrays with labels are held; what stands for labels is never read."""
    return Raw(x, np.zeros(len(x) if x.ndim else 0, np.int64), where, where)


def checked_beyond(beyond: Raw, train: Split, train_from: str, modality: Modality) -> np.ndarray:
    """Items without labels as the contract wants them.

    Raises
    ------
    DataError
        As for splits; and where they are not of the training items' shape.
    """
    if not len(beyond.y):
        raise DataError(f"{beyond.x_from}: no items (shape {beyond.x.shape}); leave out unlabeled=true")
    x = checked(replace(beyond, y=np.zeros(len(beyond.x), np.int64)), modality, 1).x
    if x.shape[1:] != train.x.shape[1:]:
        raise DataError(
            f"{beyond.x_from}: items of shape {x.shape[1:]}, but the training items ({train_from}) have "
            f"{train.x.shape[1:]}; all items need one shape"
        )
    return x

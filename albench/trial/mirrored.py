"""Whether mirrored items look like other classes: by a trial's initial labels before it trains on flipped ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from albench.api.dataset import Dataset, Splits
from albench.trial.labels import Oracle

MOST, SIDE = 400, 32
"""Labelled items that are looked at, and pixels a side to which they are averaged."""
LEAST, LOST, LUCK = 0.15, 0.4, 1e-3
"""Told where mirroring costs so much accuracy, and more than this share of what class means know beyond chance, and
luck alone (sign test) would do it less often.

Of what they know with 100 labels, 70 % is lost on scikit-learn's digits and 47 % on MNIST, where a network trained on
flipped items is worse; up to 12 % on chest X-rays, ultrasound of breasts and faces, where it is not.
"""


@dataclass(frozen=True)
class Mirrored:
    """What the nearest class mean makes of labelled items.

    Attributes
    ----------
    n_items
        Items that were looked at.
    as_they_are, mirrored
        (n_items,) whether it is right for the item, and for its mirror image.
    chance
        Accuracy of guesses with the classes' shares.
    """

    n_items: int
    as_they_are: np.ndarray
    mirrored: np.ndarray
    chance: float

    @property
    def decisive(self) -> bool:
        """True where mirror images are told apart far worse than the items, and not by luck."""
        known = self.as_they_are.mean() - self.chance
        lost = self.as_they_are.mean() - self.mirrored.mean()
        worse = int((self.as_they_are & ~self.mirrored).sum())
        differ = int((self.as_they_are != self.mirrored).sum())
        luck = sum(math.comb(differ, count) for count in range(worse, differ + 1)) / 2**differ
        return lost > max(LEAST, LOST * known) and luck < LUCK


def mirrored_note(dataset: Dataset, splits: Splits, initial: int, draw: str, seed: int) -> str:
    """What speaks against flipping, in one line; ``""`` where nothing does, or nothing is flipped.

    The labels are those that a trial of that seed starts with: drawn and paid for as it does, and no others.

    Parameters
    ----------
    initial, draw
        How many there are, and how they are drawn: the protocol's ``initial`` and ``initial_draw``.
    """
    own_view = getattr(type(dataset), "weak", None) is not Dataset.weak
    if splits.task.modality != "image" or own_view or not getattr(dataset, "flip", False):
        return ""
    oracle = Oracle(splits.train.y, splits.task.n_classes, initial)
    ids = oracle.draw_initial(initial, draw, seed)
    labels = oracle.annotate(ids).numpy()
    rows = ids.numpy()
    chosen = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST)).astype(np.int64))
    groups = splits.groups["train"][rows[chosen]] if "train" in splits.groups else None
    compared = compare(np.asarray(splits.train.x[rows[chosen]]), labels[chosen], groups)
    if not compared.decisive:
        return ""
    return (
        f"mirrored items look like other classes: of {compared.n_items:,} initial labels (seed {seed}) the nearest "
        f"class mean is right for {compared.as_they_are.mean():.0%}, and for {compared.mirrored.mean():.0%} once they "
        "are mirrored. Where left and right matter, write flip=false."
    )


def compare(x: np.ndarray, y: np.ndarray, groups: np.ndarray | None = None) -> Mirrored:
    """Each item and its mirror image by the nearest mean of the classes, taken over items of other groups.

    Parameters
    ----------
    x
        (N, C, H, W) items of any numeric type.
    y
        (N,) labels.
    groups
        (N,) groups, such as patients; by default each item is its own.
    """
    import torch

    size = tuple(min(side, SIDE) for side in x.shape[-2:])
    small = torch.nn.functional.adaptive_avg_pool2d(torch.from_numpy(x.astype(np.float64)), size).numpy()
    items, mirrored = (each.reshape(len(x), -1) for each in (small, small[..., ::-1]))
    codes = np.unique(y, return_inverse=True)[1]
    groups = np.arange(len(x)) if groups is None else groups
    right, after = (_nearest(each, items, codes, groups) == codes for each in (items, mirrored))
    return Mirrored(len(x), right, after, float(((np.bincount(codes) / len(codes)) ** 2).sum()))


def _nearest(views: np.ndarray, items: np.ndarray, codes: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """(N,) class whose mean is nearest to each view; the mean of its own class leaves out the view's group."""
    counts = np.bincount(codes)
    sums = np.zeros((len(counts), items.shape[1]))
    np.add.at(sums, codes, items)

    def distance(rows: np.ndarray, mean: np.ndarray) -> np.ndarray:
        return mean @ mean - 2 * views[rows] @ mean  # less the view's own square, which is the same for all classes

    everyone = np.arange(len(views))
    distances = np.stack([distance(everyone, total / count) for total, count in zip(sums, counts, strict=True)], axis=1)
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        for code in np.unique(codes[members]):
            own = members[codes[members] == code]
            others = counts[code] - len(own)
            rest = sums[code] - items[own].sum(axis=0)
            distances[members, code] = distance(members, rest / others) if others else np.inf
    return distances.argmin(axis=1)

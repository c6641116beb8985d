"""Rows dealt out to splits by share: seeded, class by class, with groups and equal items kept together."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from albench_datasets.checks import Raw
from albench_datasets.imagefolder_split import split_images


def split_rows(
    raw: Raw, shares: Mapping[str, float], *, seed: int, class_names: tuple[str, ...], what: str
) -> dict[str, np.ndarray]:
    """Split -> its rows, ascending; see ``split_images``.

    Items that are equal byte for byte or of one group go to one split. The order in which they are dealt out hangs on
    the seed and what the items hold, not on where they stand.

    Parameters
    ----------
    raw
        Items (N, ...), labels (N,) int64 from 0, and groups (N,) where known.
    shares
        Split -> share of the items; their sum is 1.
    what
        What to call the data in an error.

    Raises
    ------
    DataError
        Naming a class that has too few items for all splits.
    """
    digests = [hashlib.blake2b(_content(item), digest_size=16).hexdigest() for item in raw.x]
    units = _units(digests, raw.groups)
    parts = split_images(
        {str(row): int(label) for row, label in enumerate(raw.y)},
        {str(row): unit for row, unit in enumerate(units)},
        shares=shares,
        seed=seed,
        class_names=class_names,
        what=what,
        unit="different items" if raw.groups is None else "groups",
    )
    return {split: np.array([int(row) for row in names], np.int64) for split, names in parts.items()}


def _content(item: np.ndarray | str) -> bytes | memoryview:
    if isinstance(item, str):
        return item.encode("utf-8", "surrogatepass")
    return np.ascontiguousarray(item).data


def _units(digests: list[str], groups: np.ndarray | None) -> list[str]:
    """(N,) the least digest of all items that go with each: equal ones, of one group, or joined by such."""
    names, unit = np.unique(np.array(digests), return_inverse=True)
    if groups is None:
        return digests
    group = np.unique(groups, return_inverse=True)[1]
    joined = unit.astype(np.int64)
    while True:  # a few times: items of two groups are rarely equal
        before = joined
        for of in (group, unit):
            least = np.full(int(of.max(initial=0)) + 1, len(unit), np.int64)
            np.minimum.at(least, of, joined)
            joined = least[of]
        if np.array_equal(before, joined):
            return [str(name) for name in names[joined]]

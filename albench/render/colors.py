"""One colour for each name, the same on every page and in every figure."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable

# On white and on black: each can be read as text there (contrast of 4.5 or more) and beside the others.
COLORS = (
    ("#0072b2", "#5ab4f0"),
    ("#c44e00", "#ff9552"),
    ("#00805e", "#3ccb9f"),
    ("#b5428c", "#ee9ad0"),
    ("#8f6500", "#e6b422"),
    ("#6a4fc3", "#b3a1ff"),
    ("#0e7c8c", "#5cd0de"),
    ("#b3202c", "#ff8a8a"),
    ("#5a7000", "#b5cc4a"),
    ("#8a4b2f", "#d9a384"),
)
"""Colours of names, on a light and on a dark ground."""
BASELINE = ("#000000", "#ffffff")
"""The baseline's, alone."""
MOST_ALIKE = 5
"""Names that may share a colour: lines and markers tell so many apart."""
_SALT = 376706  # with it the ten strategies, and the eight methods, that are compared most have colours of their own


def color_of(name: str) -> int:
    """A name's place in ``COLORS``, from its letters alone."""
    return zlib.crc32(f"{_SALT}/{name}".encode()) % len(COLORS)


def colors_of(names: Iterable[str]) -> dict[str, int]:
    """Each name's place in ``COLORS``: its own, or the next that is free where more than ``MOST_ALIKE`` share one."""
    found: dict[str, int] = {}
    used: Counter[int] = Counter()
    for name in sorted(set(names)):
        at = color_of(name)
        free = (place % len(COLORS) for place in range(at, at + len(COLORS)))
        found[name] = next((place for place in free if used[place] < MOST_ALIKE), at)
        used[found[name]] += 1
    return found

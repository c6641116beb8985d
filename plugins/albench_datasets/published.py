"""What is published of MESCC: its grades, its counts, and how the two gradings belong together."""

from __future__ import annotations

from typing import Literal

Grading = Literal["two", "six"]

SPLITS = ("train", "val", "test")

CLASS_NAMES: dict[str, tuple[str, ...]] = {
    "six": ("b0", "b1a", "b1b", "b1c", "b2", "b3"),
    "two": ("low", "high"),
}

# grading -> split -> items of each class, in the order of CLASS_NAMES
COUNTS: dict[str, dict[str, tuple[int, ...]]] = {
    "six": {
        "train": (3752, 409, 483, 224, 136, 203),
        "val": (756, 73, 88, 50, 23, 21),
        "test": (849, 82, 51, 39, 30, 26),
    },
    "two": {
        "train": (4644, 563),
        "val": (917, 94),
        "test": (982, 95),
    },
}

# six-grading code -> two-grading code: low = b0 + b1a + b1b, high = b1c + b2 + b3
TWO_OF_SIX = (0, 0, 0, 1, 1, 1)

FEATURE_SIZE = 2048
STRONG_SHIFT = 1.3
"""Of the stand-in's strong view: moves it as far as those of real images move their features (docs/stand-in.md)."""

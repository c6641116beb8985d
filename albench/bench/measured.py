"""The table of what ``albench bench`` measures, read from ``measured.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from albench.bench.floors import Floor


@dataclass(frozen=True)
class TimedQuery:
    """A strategy whose query is timed.

    Attributes
    ----------
    goal
        How many times its floor it may take on a pool as small as that of ``albench bench``.
    """

    goal: float
    floor: Floor


@dataclass(frozen=True)
class TimedCase:
    """What is trained on random items.

    Attributes
    ----------
    backbone
        A spec.
    shape
        Of an item: one number for features, three for images.
    size
        Items in the pool.
    steps
        In one timed block.
    goal
        Ratio of the whole step to the bare one to stay below.
    method
        Spec of the method, that of the bare step with whatever options.
    """

    backbone: str
    shape: tuple[int, ...]
    n_classes: int
    size: int
    steps: int = 5
    goal: float = 1.25
    method: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "method", self.method or METHOD)


def _case(entry: dict[str, Any]) -> TimedCase:
    return TimedCase(**{**entry, "shape": tuple(entry["shape"])})


_TABLE = tomllib.loads((files("albench.bench") / "measured.toml").read_text(encoding="utf-8"))
METHOD: str = _TABLE["method"]
"""That of the bare step."""
STRATEGY: str = _TABLE["strategy"]
"""One that costs nothing where steps are timed."""
STEPS: dict[str, TimedCase] = {name: _case(entry) for name, entry in _TABLE["steps"].items()}
"""Whole against bare: 64 labelled and 128 unlabelled items a step."""
LANES: dict[str, TimedCase] = {name: _case(entry) for name, entry in _TABLE["lanes"].items()}
"""Seeds together against one by one."""
QUERIES: dict[str, TimedQuery] = {
    name: TimedQuery(entry["goal"], Floor(**entry["floor"])) for name, entry in _TABLE["queries"].items()
}
"""Strategy -> how its query is judged."""

"""Copies of a trial: which one is the most complete, and whether they say the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

MEASURED = ("seconds", "peak_memory_mb")
"""What a record measured; all else is the same whenever a trial is carried out again."""


def completeness(status: str, rounds: int) -> tuple[bool, int, bool]:
    """Of copies the one is kept that is greatest: complete, with most rounds, with a reason why there are no more."""
    return status == "complete", rounds, status != "incomplete"


def first_difference(old: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]) -> str:
    """``round 2 on: test.accuracy 0.5 and 0.6``; "" where the rounds that both have are the same."""
    for number, (first, second) in enumerate(zip(old, new, strict=False)):
        if found := _difference(_without_measured(first), _without_measured(second)):
            return f"round {number} on: {found}"
    return ""


def _without_measured(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in MEASURED}


def _difference(old: Any, new: Any, path: str = "") -> str:
    """The first place where two records differ: ``test.accuracy 0.5 and 0.6``; "" where they are the same."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in {**old, **new}:
            if found := _difference(old.get(name), new.get(name), f"{path}.{name}" if path else name):
                return found
        return ""
    if old == new:
        return ""
    short = all(not isinstance(value, list | dict) for value in (old, new))
    return f"{path} {old} and {new}" if short else f"{path} differs"

"""Copies of a trial: which one is the most complete, whether they say the same, and how far they lie apart."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from albench.environment import rounds_made
from albench.metric_table import HEADLINE
from albench.results.records import TrialFiles, without_measured
from albench.wording import listed


def completeness(status: str, rounds: int) -> tuple[bool, int, bool]:
    """Of copies the one is kept that is greatest: complete, with most rounds, with a reason why there are no more."""
    return status == "complete", rounds, status != "incomplete"


def first_difference(old: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]) -> str:
    """``round 2 on: test.accuracy 0.5 and 0.6``; "" where the rounds that both have are the same."""
    for number, (first, second) in enumerate(zip(old, new, strict=False)):
        if found := _difference(without_measured(first), without_measured(second)):
            return f"round {number} on: {found}"
    return ""


@dataclass(frozen=True)
class Gap:
    """How far two copies of a trial lie apart in one test metric of one round."""

    trial: str
    round: int
    metric: str
    old: float
    new: float

    @property
    def size(self) -> float:
        return abs(self.new - self.old)

    def __str__(self) -> str:
        """``0.012 in test macro_f1 (0.803 and 0.815), trial KEY, round 3``."""
        digits = max(3, 1 - math.floor(math.log10(self.size)))
        values = f" ({self.old:.{digits}f} and {self.new:.{digits}f})" if digits < 10 else ""
        return f"{plain(self.size)} in test {self.metric}{values}, trial {self.trial}, round {self.round}"


def gaps(trial: str, old: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]) -> list[Gap]:
    """Where the test metrics of two copies differ, over the rounds that both have."""
    found = []
    for number, (first, second) in enumerate(zip(old, new, strict=False)):
        for metric in first["test"].keys() & second["test"].keys():
            values = first["test"][metric], second["test"][metric]
            if all(isinstance(value, int | float) for value in values) and values[0] != values[1]:
                found.append(Gap(trial, number, metric, *values))
    return found


def apart(gaps: Iterable[Gap], first: str) -> str:
    """The largest difference in a test metric, and that in macro F1; ``first`` stands where no test metric differs."""
    ordered = sorted(gaps, key=lambda gap: (-gap.size, gap.trial, gap.round, gap.metric))
    if not ordered:
        return f"no test metric differs; what does is, from {first}"
    text = f"the largest difference is {ordered[0]}"
    of_headline = [gap for gap in ordered if gap.metric == HEADLINE]
    if of_headline and ordered[0].metric != HEADLINE:
        text += f"; in test {HEADLINE} it is at most {plain(of_headline[0].size)}"
    return text


Other = dict[str, tuple[set[str], set[str]]]
"""Name of a library, or ``processor`` -> its versions or kinds for either of two copies."""


def made_otherwise(old: TrialFiles, new: TrialFiles) -> Other | None:
    """What two copies were made with where that differs; None where one of them does not say."""
    sides: list[dict[str, set[str]]] = []
    for files in (old, new):
        side: dict[str, set[str]] = {}
        for made in rounds_made(files.facts, len(files.records)):
            if made.made_with is None:
                return None
            for name, value in made.made_with.items():
                side.setdefault(name, set()).add(value)
        sides.append(side)
    old_side, new_side = sides
    both = [name for name in old_side if name in new_side]  # what one of them did not use moved none of its numbers
    return {name: (old_side[name], new_side[name]) for name in both if old_side[name] != new_side[name]}


def other_words(other: Other) -> str:
    """``processor A and B, torch 2.12 and 2.13``."""
    return ", ".join(
        f"{name} {listed(sorted(old))} and {listed(sorted(new))}" for name, (old, new) in sorted(other.items())
    )


def plain(value: float) -> str:
    """Three decimals, or as many as show two digits: ``0.012``, ``0.00000043``; never an exponent."""
    return f"{value:.3f}" if value >= 0.001 or not value else format(Decimal(f"{value:.1e}"), "f")


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

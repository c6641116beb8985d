"""How lines of progress name trials: long specs shortened, so that a line stays a line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from albench.wording import counted

if TYPE_CHECKING:
    from albench.results.follow import TrialState
    from albench.suite.trials import Trial

MOST = 32
"""Letters of a spec in a line of progress; the header of a run names it whole."""
_SHORTEST = 8


def label(trial: Trial | TrialState, room: int = 0) -> str:
    """``mescc-sim  boostmis + random  seed 0``; in ``room`` letters where that is given and can be done.

    Where its suite has several budgets, with its own: ``mescc-sim  boostmis + random  20+5x10  seed 0``.

    Specs are shortened, then the data set is left out, last of all what is in the middle.
    """
    end = f"{budget_of(trial)}seed {trial.seed}"
    whole = f"{pair(trial)}  {end}"
    if not room or len(whole) <= room:
        return whole
    dataset, method, strategy, _ = trial.shown
    own = f"{short(method)} + {short(strategy)}  {end}"
    left = room - len(own) - 2
    if left >= _SHORTEST:
        return f"{short(dataset, left)}  {own}"
    return own if len(own) <= room else f"{_cut(own, room - len(end) - 2)}  {end}"


def pair(trial: Trial | TrialState) -> str:
    """``mescc-sim  boostmis + random``."""
    dataset, method, strategy, _ = trial.shown
    return f"{short(dataset)}  {short(method)} + {short(strategy)}"


def budget_of(trial: Trial | TrialState) -> str:
    """``20+5x10  `` where its suite has several budgets; else empty."""
    budget = getattr(trial, "budget", "")
    return f"{budget}  " if budget else ""


def combinations(trials: Iterable[Trial]) -> Iterator[tuple[Trial, str]]:
    """The first trial of each combination of data set, method, strategy, backbone and budget, and the seeds of all."""
    seeds: dict[tuple[str, ...], list[Trial]] = {}
    for trial in trials:
        combination = trial.dataset, trial.method, trial.strategy, trial.backbone, budget_of(trial)
        seeds.setdefault(combination, []).append(trial)
    for found in seeds.values():
        yield found[0], seeds_text([trial.seed for trial in found])


def seeds_text(seeds: Sequence[int]) -> str:
    """``seed 3``, ``seeds 0, 2``, ``seeds 0 to 9``; ``30 seeds`` where they are many and in no row."""
    ordered = sorted(seeds)
    if len(ordered) == 1:
        return f"seed {ordered[0]}"
    if len(ordered) > 2 and ordered == list(range(ordered[0], ordered[-1] + 1)):
        return f"seeds {ordered[0]} to {ordered[-1]}"
    return f"seeds {', '.join(map(str, ordered))}" if len(ordered) <= 10 else counted(len(ordered), "seed")


def short(spec: str, most: int = MOST) -> str:
    """A spec in at most so many letters: paths by their end, then the middle left out."""
    if len(spec) <= most:
        return spec
    folded = re.sub(r"=[^,=\[\]]*[/\\]([^,/\\\[\]]+)", r"=…/\1", spec)
    return folded if len(folded) <= most else _cut(folded, most)


def _cut(text: str, most: int) -> str:
    """The beginning and the end."""
    if len(text) <= most:
        return text
    head = max(1, (most - 1) * 2 // 3)
    tail = max(0, most - 1 - head)
    return f"{text[:head]}…{text[len(text) - tail :]}"

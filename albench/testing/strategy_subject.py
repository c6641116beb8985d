"""A strategy under test: asked for picks, which are checked for what every answer must be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from albench.api.strategy import Strategy
from albench.testing.pools import TASK, Case, ProbeView, altered, blobs
from albench.testing.report import Fault, NotApplicable, Subject
from albench.trial.answers import as_tensor


class StrategySubject(Subject):
    """A strategy under test."""

    def __init__(self, build: Callable[[], Any]) -> None:
        super().__init__(build)
        strategy = build()
        for name in ("select", "skip"):
            if not callable(getattr(strategy, name, None)):
                raise Fault(f"{type(strategy).__name__} has no {name}(): subclass albench.api.Strategy")
        reason = strategy.skip(TASK)
        if reason:
            raise NotApplicable(f"it does not run on the kit's pools: {reason}")

    def ask(self, case: Case, strategy: Strategy | None = None, view: ProbeView | None = None) -> Any:
        """The answer to a case, as it comes; by default of a fresh strategy, with a fresh view."""
        self.case = str(case)
        strategy = strategy or self.build()
        return strategy.select(view or case.view(strategy), case.budget)

    def pick(self, case: Case, strategy: Strategy | None = None, view: ProbeView | None = None) -> Tensor:
        """The answer to a case on the CPU, checked."""
        return proper(self.ask(case, strategy, view), len(case.embeddings), case.budget)

    def reads(self) -> set[str]:
        """The names of what the strategy reads of an ordinary view."""
        strategy, case = self.build(), blobs(40, 7)
        view = case.view(strategy)
        self.pick(case, strategy, view)
        return view.reads

    def by_chance(self) -> bool:
        """Whether other seeds give other picks."""
        case = blobs(40, 7)
        first = self.pick(case)
        return any(not torch.equal(first, self.pick(altered(case, case.what, seed=seed))) for seed in (1, 2, 3))


def faults(picks: Any, n: int, budget: int) -> dict[str, str]:
    """What is wrong with an answer: any of "type", "count", "range" and "twice", with the reason.

    Parameters
    ----------
    n
        Items of the view.
    """
    given = as_tensor(picks)
    if given is None:
        return {"type": f"select returned a {type(picks).__name__}, not a tensor"}
    found: dict[str, str] = {}
    if given.ndim != 1 or given.dtype != torch.int64:
        found["type"] = f"select returned a {given.ndim}-d tensor of {given.dtype}, not a 1-d one of torch.int64"
    places = given.flatten().tolist()
    if len(places) != budget:
        found["count"] = f"select returned {len(places)} positions for a budget of {budget}"
    outside = [place for place in places if not 0 <= place < n]
    if outside:
        found["range"] = (
            f"{len(outside)} of the positions are outside 0 .. {n - 1}, e.g. {outside[0]}: are they pool ids?"
        )
    twice = len(places) - len(set(places))
    if twice:
        found["twice"] = f"{twice} of the positions had been chosen before"
    return found


def proper(picks: Any, n: int, budget: int) -> Tensor:
    """The picks on the CPU.

    Raises
    ------
    Fault
        They are not ``budget`` unique int64 positions in ``0 .. n - 1``.
    """
    for reason in faults(picks, n, budget).values():
        raise Fault(reason)
    given = as_tensor(picks)
    assert given is not None
    return given.detach().cpu()


def apart(one: Tensor, other: Tensor) -> str:
    """The first place at which two answers of one length differ, as text."""
    place = int((one != other).nonzero()[0, 0])
    return f"pick {place + 1} of {len(one)} is {int(one[place])}, then {int(other[place])}"


def few(picks: Any) -> str:
    """The first picks as text."""
    values = picks.tolist() if isinstance(picks, Tensor) else picks
    return f"{values[:5]}..." if isinstance(values, list) and len(values) > 5 else str(values)

"""The base of a strategy that takes another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from albench.api.options import option
from albench.api.strategy import Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from albench.api.strategy import View
    from albench.api.task import Task


@dataclass(frozen=True)
class Wrapper(Strategy):
    """Base of a strategy that lets another one choose, as in ``subsample[of=badge]``.

    It needs, skips and starts as the other one does. Declare ``of`` again for a help of your own, and give what the
    wrapper needs itself as ``needs``: ``self.of.needs | {"probs"}``.

    Examples
    --------
    >>> @dataclass(frozen=True)
    ... class FirstHalf(Wrapper):
    ...     def select(self, view, budget):
    ...         half = torch.arange(max(budget, len(view) // 2))
    ...         return self.select_of(view, half, budget)
    """

    of: Strategy = option(help="strategy that chooses", component="strategy")

    @property
    def needs(self) -> frozenset[str]:  # type: ignore[override]  # what it needs depends on what it holds
        """What the other strategy needs."""
        return self.of.needs

    @property
    def cold_start(self) -> bool:  # type: ignore[override]  # as above
        """Whether the other strategy can choose the first labels."""
        return self.of.cold_start

    @property
    def of_scores(self) -> bool:
        """Whether the other strategy says what each item is worth."""
        return type(self.of).scores is not Strategy.scores

    def select_of(self, view: View, positions: Tensor, budget: int) -> Tensor:
        """(budget,) positions in the view that the other strategy chooses among some, (n,), in its order."""
        return positions[self.of.select(view.only(positions, self.of), budget).to(positions.device)]

    def skip(self, task: Task) -> str | None:
        """Why the other strategy cannot run on the task."""
        return self.of.skip(task)

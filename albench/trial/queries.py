"""A trial's queries: what its strategies are shown, how long they may take, and what is bought of their choice."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from albench.api.strategy import ORACLE_NEEDS, Strategy
from albench.data.items import Items
from albench.data.pool import Annotated
from albench.devices import choosing
from albench.errors import TrialError
from albench.suite.limits import TooLong, at_most
from albench.suite.trials import Trial
from albench.training.evaluate import Score
from albench.trial.answers import choose
from albench.trial.bought import Bought
from albench.trial.insight import BLIND, Insight
from albench.trial.parts import Parts
from albench.trial.view import PoolView, RoundOutputs, cold_view


class Queries:
    """Asks a trial's strategies, on the device that trains or, where it has no float64, on the CPU.

    Parameters
    ----------
    items
        The training split.
    bought
        Where labels are bought.
    """

    def __init__(self, trial: Trial, parts: Parts, items: Items, bought: Bought) -> None:
        self._trial = trial
        self._parts = parts
        self._bought = bought
        self._device = choosing(items.device)
        self._items = items if items.device == self._device else Items(parts.splits.train.x, self._device)

    def first(self) -> Tensor:
        """Pool ids to start with: drawn by the oracle, or chosen by the protocol's strategy from the bare items."""
        parts, trial = self._parts, self._trial
        count = parts.amounts.initial
        if parts.initial is None:
            return self._bought.oracle.draw_initial(count, trial.protocol.initial_draw, trial.seed)
        view = cold_view(self._items, parts.initial, parts.splits.task.n_classes, parts.amounts, trial.seed)
        picks = self._chosen(parts.initial, view, count, trial.protocol.initial_strategy)
        return view.index[picks].sort().values

    def ask(
        self, pool: Annotated, outputs: RoundOutputs, score_after: Callable[[Tensor], Score]
    ) -> tuple[list[int], dict[str, Any]]:
        """Let the strategy choose, and buy what it chose.

        Parameters
        ----------
        pool
            The pool as the strategy is to see it.
        score_after
            Pool ids -> how well the next round would validate with them, for oracles.

        Returns
        -------
        The pool ids that were bought, in the order of the choice, and what the record says of the query.

        Raises
        ------
        TrialError
            Where the choice takes longer than it may.
        """
        parts, trial, oracle = self._parts, self._trial, self._bought.oracle
        view = PoolView(
            needs=parts.strategy.needs,
            items=self._items,
            pool=pool,
            outputs=outputs if self._items.device == self._parts.device else _copied(outputs, self._device),
            budget_left=oracle.budget_left,
            stream=(trial.seed, outputs.round_number),
            approximate=trial.protocol.neighbors == "approximate",
            insight=Insight(oracle.revealed, score_after) if parts.strategy.needs & ORACLE_NEEDS else BLIND,
        )
        picks = self._chosen(parts.strategy, view, parts.amounts.query_size, trial.strategy)
        queried = pool.unlabeled[picks]
        self._bought.buy(queried)
        groups = {"all": picks, **view.groups}
        ids_of = {name: pool.unlabeled[positions] for name, positions in groups.items()}
        return queried.tolist(), {
            "per_class": {name: oracle.class_counts(ids) for name, ids in ids_of.items()},
            "minority_share": {name: oracle.minority_share(ids) for name, ids in ids_of.items()},
            "notes": view.notes,
        }

    def _chosen(self, strategy: Strategy, view: PoolView, budget: int, name: str) -> Tensor:
        """A strategy's picks, checked and in time."""
        limit = self._parts.settings.query_time_limit
        try:
            with at_most(limit):
                return choose(strategy, view, budget, name)
        except TooLong:
            raise TrialError(f"strategy '{name}' had not chosen after {limit:g} s (--query-time-limit).") from None


def _copied(outputs: RoundOutputs, device: torch.device) -> RoundOutputs:
    """What training gave, on another device, with a copy of the model."""
    (logits, embeddings), rejected = outputs.predicted, outputs.rejected
    return RoundOutputs(
        outputs.round_number,
        copy.deepcopy(outputs.model).to(device),
        (logits.to(device), embeddings.to(device)),
        lambda probs: rejected(probs.to(logits.device)).to(device),
    )

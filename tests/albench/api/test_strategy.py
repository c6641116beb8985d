"""What the base of a strategy makes of scores."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from albench.api import NEEDS, Strategy, Task, View
from albench.errors import ContractError
from albench.testing import make_view

VIEW = make_view(torch.tensor([[0.0, 1.0], [2.0, 0.0], [1.0, 1.0]]))


class Scored(Strategy):
    needs = frozenset({"embeddings"})

    def scores(self, view: View) -> torch.Tensor:
        return view.embeddings[:, 0]


def test_the_items_of_the_largest_scores_are_chosen_best_first() -> None:
    assert Scored().select(VIEW, 2).tolist() == [1, 2]


def test_another_number_of_scores_than_items_is_told() -> None:
    class Short(Strategy):
        def scores(self, view: View) -> Any:
            return torch.zeros(2)

    with pytest.raises(ContractError, match="it returned 2 scores for the view's 3 items"):
        Short().select(VIEW, 1)


def test_a_strategy_that_says_nothing_reads_nothing_and_runs_anywhere() -> None:
    strategy = Strategy()
    assert strategy.needs == frozenset() < NEEDS
    assert not strategy.cold_start
    assert strategy.skip(Task("features", (1,), 2, ("a", "b"))) is None
    with pytest.raises(NotImplementedError):
        strategy.select(VIEW, 1)

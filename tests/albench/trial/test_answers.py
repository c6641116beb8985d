"""Scores and positions that strategies answer: taken in each form of numbers, and refused in words."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from albench.api import Strategy, View
from albench.errors import ContractError
from albench.testing import make_view
from albench.trial.answers import as_tensor, checked_picks, checked_scores, choose

EMBEDDINGS = torch.randn(9, 4, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (None, "its scores must be a 1-d tensor of numbers, one an item, not NoneType: does it end in a return?"),
        (torch.zeros(3, 2), "not a 2-d tensor of torch.float32"),
        (np.zeros((3, 1)), "not a 2-d array of float64"),
        (torch.zeros(3) > 0, "not a 1-d tensor of torch.bool"),
        (np.array(["a", "b", "c"]), "not a 1-d array of <U1"),
        (torch.zeros(2), "it returned 2 scores for the view's 3 items"),
        ([0.1, 0.2, 0.3], "not list"),
    ],
)
def test_scores_of_another_kind_are_told_in_words(scores: object, message: str) -> None:
    class Mine(Strategy):
        def scores(self, view: View) -> object:  # type: ignore[override]  # what an author might write
            return scores

    with pytest.raises(ContractError, match=re.escape(f"strategy 'mine': {message}" if message[0] == "i" else message)):
        choose(Mine(), make_view(EMBEDDINGS[:3]), 2, "mine")


@pytest.mark.parametrize("scores", [np.array([1.0, 3.0, 2.0]), np.array([1, 3, 2])[::1], np.array([2, 3, 1])[::-1]])
def test_scores_in_numpy_are_taken(scores: np.ndarray) -> None:
    class Mine(Strategy):
        def scores(self, view: View) -> object:  # type: ignore[override]  # what an author might write
            return scores

    assert choose(Mine(), make_view(EMBEDDINGS[:3]), 2, "mine").tolist() == [1, 2]


@pytest.mark.parametrize(
    ("picks", "taken"),
    [
        (np.array([2, 0]), True),
        (np.array([2, 0], dtype=np.uint16), True),
        ([2, 0], True),
        ((np.int64(2), 0), True),
        (None, False),
        (np.array([2.0, 0.0]), False),
        ([True, False], False),
        ([[2], [0]], False),
        ([], False),
        ({2, 0}, False),
    ],
)
def test_positions_in_numpy_and_lists_are_taken_and_what_is_none_is_refused(picks: object, taken: bool) -> None:
    class Mine(Strategy):
        def select(self, view: View, budget: int) -> object:  # type: ignore[override]  # what an author might write
            return picks

    view = make_view(EMBEDDINGS[:3])
    if taken:
        assert choose(Mine(), view, 2, "mine").tolist() == [2, 0]
        return
    with pytest.raises(ContractError, match="strategy 'mine' must return a 1-d tensor of whole numbers, not"):
        choose(Mine(), view, 2, "mine")


def test_a_score_that_is_not_finite_names_the_strategy() -> None:
    class Broken(Strategy):
        needs = frozenset({"probs"})

        def scores(self, view: View) -> torch.Tensor:
            return torch.tensor([0.0, float("nan"), 1.0])

    with pytest.raises(ContractError, match=r"strategy 'broken': 1 of 3 scores are not finite \(1 NaN, 0 infinite\)"):
        choose(Broken(), make_view(EMBEDDINGS[:3]), 1, "broken")


@pytest.mark.parametrize(
    ("picks", "message"),
    [
        ({0, 1}, "must return a 1-d tensor of whole numbers, not set"),
        (torch.tensor([0.0, 1.0]), "not a 1-d tensor of torch.float32"),
        (torch.tensor([[0, 1]]), "not a 2-d tensor"),
        (torch.tensor([True, False]), "torch.bool"),
        (torch.tensor([0]), "returned 1 positions, 2 were asked for"),
        (torch.tensor([0, 24]), "outside 0 .. 23: positions in the view are asked for, not pool ids"),
        (torch.tensor([-1, 0]), "outside"),
        (torch.tensor([3, 3]), "returned 1 positions twice"),
    ],
)
def test_wrong_picks_are_named(picks: object, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        checked_picks(picks, make_view(torch.zeros(24, 4)), 2, "mine")


def test_right_picks_are_passed_on() -> None:
    view = make_view(torch.zeros(24, 4))
    for picks in (torch.tensor([3, 0], dtype=torch.int32), [3, 0]):
        assert checked_picks(picks, view, 2, "mine").tolist() == [3, 0]


def test_numbers_come_in_many_forms_and_nothing_else_is_one() -> None:
    for given in ([1, 2], (1, 2), np.array([1, 2], np.uint8), torch.tensor([1, 2])):
        tensor = as_tensor(given)
        assert tensor is not None
        assert tensor.tolist() == [1, 2]
    assert [as_tensor(given) for given in (None, {1}, np.array(["a"]), 1.0)] == [None] * 4
    assert as_tensor(np.array([1.5], np.float32)).dtype == torch.float64  # type: ignore[union-attr]


def test_scores_are_taken_as_they_are() -> None:
    scores = torch.tensor([1.0, float("nan")], dtype=torch.float64)
    assert checked_scores(scores, torch.device("cpu")) is scores, "the kernel that sorts them looks at their values"

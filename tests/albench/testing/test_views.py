"""Views made by hand, for the tests of a strategy's author."""

from __future__ import annotations

import pytest
import torch

from albench.api import NEEDS
from albench.errors import ContractError
from albench.testing import make_view

PROBS = torch.tensor([[0.7, 0.2, 0.1], [0.4, 0.35, 0.25]])


def test_logarithms_of_probabilities_give_these_probabilities() -> None:
    view = make_view(PROBS.log())
    torch.testing.assert_close(view.probs, PROBS)
    torch.testing.assert_close(view.embeddings, PROBS.log())
    assert (len(view), view.n_classes, view.round, view.budget_left) == (2, 3, 1, 2)


def test_a_head_of_ones_own_makes_the_logits() -> None:
    view = make_view(torch.eye(2), weight=torch.tensor([[1.0, 2.0]] * 3), bias=torch.tensor([0.0, 1.0, 2.0]))
    assert view.logits.tolist() == [[1, 2, 3], [2, 3, 4]]
    assert view.head(torch.zeros(1, 2)).tolist() == [[0, 1, 2]]


def test_labelled_items_have_ids_after_the_others() -> None:
    view = make_view(torch.zeros(3, 2), labeled_embeddings=torch.ones(2, 2), labeled_y=torch.tensor([1, 0]))
    assert view.index.tolist() == [0, 1, 2]
    assert view.labeled_y.tolist() == [1, 0]
    assert view.labeled_embeddings.tolist() == view.labeled_x.tolist() == [[1, 1], [1, 1]]
    assert len(make_view(torch.zeros(3, 2)).labeled_y) == 0


def test_items_below_the_threshold_are_rejected() -> None:
    assert make_view(PROBS.log(), threshold=0.5).rejected.tolist() == [False, True]


def test_what_is_not_declared_cannot_be_read() -> None:
    view = make_view(PROBS.log(), needs={"probs"})
    assert len(view.probs) == 2
    with pytest.raises(ContractError, match="reads 'embeddings' but declares probs"):
        _ = view.embeddings
    assert make_view(PROBS)._needs == NEEDS


def test_the_streams_are_the_seeds_and_the_rounds() -> None:
    drawn = [make_view(PROBS, **kind).rng.random() for kind in ({}, {}, {"seed": 1}, {"round_number": 2})]
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) == 3

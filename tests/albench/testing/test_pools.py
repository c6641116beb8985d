"""The pools that strategies are tried on: the real view, with a record of what is read of it."""

from __future__ import annotations

import pytest
import torch

from albench.api import Strategy
from albench.errors import ContractError
from albench.testing.pools import altered, blobs, ladder


class Reads(Strategy):
    needs = frozenset({"probs"})


def test_the_view_is_what_the_model_says_of_the_items() -> None:
    case = blobs(5, 3)
    view = case.view(Reads())
    assert len(view) == 5
    logits = case.embeddings @ case.weight.T + case.bias
    assert torch.allclose(view.probs, logits.softmax(dim=1), atol=1e-6)
    assert view.index.tolist() == [12, 13, 14, 15, 16], "labelled items have the first ids"
    exact = case.view(Reads(), dtype=torch.float64)
    assert torch.allclose(exact.probs, (case.embeddings.double() @ case.weight.double().T + case.bias).softmax(1))


def test_what_is_read_is_kept_apart_from_what_may_be() -> None:
    view = blobs(5, 3).view(Reads())
    _ = view.probs, len(view)
    assert (view.undeclared, view.private) == (set(), set())
    with pytest.raises(ContractError):
        _ = view.embeddings
    _ = view._items
    assert view.undeclared == {"embeddings"}
    assert view.private == {"_items"}
    assert {"probs", "embeddings"} <= view.reads


def test_about_half_of_a_pool_is_rejected_and_sizes_grow() -> None:
    cases = ladder()
    assert [(len(case.embeddings), case.budget) for case in cases] == [(1, 1), (5, 3), (10, 10), (40, 7)]
    rejected = cases[-1].view(Reads()).rejected
    assert 15 <= int(rejected.sum()) <= 25
    assert str(cases[1]) == "blobs: N=5, L=12, C=4, E=8, budget=3, seed=0"


def test_a_case_is_made_once_and_altered_without_harm() -> None:
    case = blobs(5, 3)
    assert blobs(5, 3) is case
    other = altered(case, "twice", embeddings=case.embeddings * 2)
    assert str(other).startswith("twice: N=5")
    assert torch.equal(other.embeddings, case.embeddings * 2)
    assert torch.equal(other.weight, case.weight)

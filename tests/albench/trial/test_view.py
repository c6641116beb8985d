"""What a strategy may see beyond one round's predictions: parts of the view, dropout samples, the cold start."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from albench.api import Strategy, View
from albench.data.pool import Items
from albench.errors import ContractError
from albench.suite.plan import Amounts
from albench.testing import make_view
from albench.trial.view import choose, cold_view

EMBEDDINGS = torch.randn(9, 4, generator=torch.Generator().manual_seed(1))
LABELED = torch.randn(3, 4, generator=torch.Generator().manual_seed(2))


class NeedsProbs(Strategy):
    needs = frozenset({"probs"})


class NeedsEmbeddings(Strategy):
    needs = frozenset({"embeddings", "neighbors"})


def test_a_part_of_the_view_shows_its_items_alone_under_the_other_needs() -> None:
    whole = make_view(EMBEDDINGS, labeled_embeddings=LABELED, needs={"probs"}, threshold=0.5)
    places = torch.tensor([7, 2, 4])
    rejected = whole.rejected
    part = whole.only(places, NeedsEmbeddings())
    assert len(part) == 3
    assert part.index.tolist() == [7, 2, 4]
    assert torch.equal(part.embeddings, EMBEDDINGS[places])
    assert torch.equal(part.labeled_embeddings, LABELED)
    similarity = torch.nn.functional.normalize(EMBEDDINGS[places], dim=1)
    torch.testing.assert_close(part.neighbors(1)[0][0, 0], (similarity[0] @ similarity[1:].T).max())
    with pytest.raises(ContractError, match="reads 'probs'"):
        _ = part.probs
    assert torch.equal(whole.only(places, NeedsProbs()).probs, whole.probs[places])
    assert torch.equal(whole.only(places, NeedsProbs()).rejected, rejected[places])


def test_groups_and_notes_of_a_part_of_a_part_are_told_in_the_whole_view_s_positions() -> None:
    whole = make_view(EMBEDDINGS)
    inner = whole.only(torch.tensor([8, 6, 4, 2]), NeedsProbs()).only(torch.tensor([3, 1]), NeedsProbs())
    inner.group("chosen", torch.tensor([1]))
    inner.note("size", 2)
    assert whole.groups["chosen"].tolist() == [6]
    assert whole.notes == {"size": 2.0}


def test_probabilities_of_labelled_items() -> None:
    view = make_view(EMBEDDINGS, labeled_embeddings=LABELED, needs={"probs"})
    torch.testing.assert_close(view.labeled_probs, LABELED.softmax(dim=1))
    assert make_view(EMBEDDINGS).labeled_probs.shape == (0, 4)


def test_a_dropout_sample_is_one_network_and_keeps_the_mean_of_the_embedding() -> None:
    units = 4000
    weight = torch.stack([torch.full((units,), 1 / units), torch.zeros(units)])
    view = make_view(torch.ones(3, units), weight=weight)
    first, second = view.mc_probs(2, drop=0.25)
    assert torch.equal(first[0], first[1]), "the same mask for all items"
    assert not torch.equal(first, second), "another one for each sample"
    # Units are kept with probability 3/4 as 1 / 0.75: the logit is 1 with a standard deviation of 0.009.
    torch.testing.assert_close(first[:, 0].logit(), torch.ones(3), atol=0.05, rtol=0)


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


def test_a_cold_view_shows_the_items_themselves() -> None:
    images = torch.arange(5 * 1 * 2 * 2, dtype=torch.uint8).reshape(5, 1, 2, 2).numpy()
    view = cold_view(Items(images, torch.device("cpu")), NeedsEmbeddings(), 2, Amounts(2, 1, 2), seed=0)
    assert view.embeddings.shape == (5, 4)
    torch.testing.assert_close(view.embeddings.mean(dim=0), torch.zeros(4), atol=1e-6, rtol=0)
    torch.testing.assert_close(view.embeddings.square().mean(), torch.tensor(1.0))
    assert len(view.labeled_y) == 0
    assert view.labeled_embeddings.shape == (0, 4)
    with pytest.raises(ContractError, match="reads 'probs'"):
        _ = view.probs

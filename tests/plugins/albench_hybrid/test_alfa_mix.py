"""ALFA-Mix: its closed form, its candidates against the paper's formula, one from each cluster."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from albench.errors import ContractError
from albench.testing import make_view
from albench.trial.view import PoolView
from albench_hybrid.alfa_mix import ALFAMix, _changes, class_means


def _view(x: torch.Tensor, labeled: torch.Tensor, y: list[int], seed: int = 0) -> PoolView:
    """Class 0 left of zero, class 1 right of it."""
    weight = torch.zeros(2, x.shape[1])
    weight[:, 0] = torch.tensor([-1.0, 1.0])
    return make_view(
        x, weight=weight, labeled_embeddings=labeled, labeled_y=torch.tensor(y, dtype=torch.int64), seed=seed
    )


def test_class_means_and_the_anchor_of_a_class_without_labels() -> None:
    x = torch.tensor([[1.0, 0.0], [3.0, 2.0], [8.0, 1.0]])
    assert class_means(x, torch.tensor([0, 0, 2]), 3).tolist() == [[2.0, 1.0], [4.0, 1.0], [8.0, 1.0]]


def test_candidates_by_hand() -> None:
    # Anchors at -4 and 4 on the first axis; the loss grows straight to the boundary. With c = 0.2 an item at distance d
    # from the boundary moves by 0.2 (4 + d) at most, and crosses it for d < 1.
    x = torch.tensor([[0.9], [1.1], [-0.9], [-1.1], [3.0]])
    view = _view(x, torch.tensor([[-4.0], [4.0]]), [0, 1])
    anchors = torch.tensor([[-4.0], [4.0]])
    assert _changes(view, x, anchors, 0.2).tolist() == [True, False, True, False, False]
    # Two candidates are enough for one pick, but not for two: then c grows to 0.4, which reaches d < 8/3.
    assert ALFAMix().select(view, 1).item() in (0, 2)
    assert view.notes == {"candidates": 2, "eps": pytest.approx(0.2)}
    assert ALFAMix().select(view, 2).tolist() in ([0, 2], [1, 2], [0, 3], [1, 3], [2, 0], [2, 1], [3, 0], [3, 1])
    assert view.notes == {"candidates": 4, "eps": pytest.approx(0.4)}


@pytest.mark.parametrize("seed", range(5))
def test_candidates_are_those_of_the_paper_s_formula(seed: int) -> None:
    rng = np.random.default_rng(seed)
    weight, bias = rng.normal(size=(4, 6)), rng.normal(size=4)
    z, labeled, y = rng.normal(size=(80, 6)), rng.normal(size=(9, 6)), rng.integers(4, size=9)
    anchors = np.stack([labeled[y == c].mean(axis=0) if (y == c).any() else labeled.mean(axis=0) for c in range(4)])
    step = 0.2 / np.sqrt(6)
    logits = z @ weight.T + bias
    predicted = logits.argmax(axis=1)
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    gradient = (probs - np.eye(4)[predicted]) @ weight
    wanted = np.zeros(80, dtype=bool)
    for anchor in anchors:
        away = anchor - z
        alpha = step * (np.linalg.norm(away, axis=1) / np.linalg.norm(gradient, axis=1))[:, None] * gradient / away
        mixed = (1 - alpha) * z + alpha * anchor
        wanted |= (mixed @ weight.T + bias).argmax(axis=1) != predicted
    assert 0 < wanted.sum() < 80
    tensors = [torch.from_numpy(a).float() for a in (z, weight, bias, labeled)]
    view = make_view(
        tensors[0], weight=tensors[1], bias=tensors[2], labeled_embeddings=tensors[3], labeled_y=torch.from_numpy(y)
    )
    means = class_means(view.labeled_embeddings, view.labeled_y, 4)
    assert _changes(view, view.embeddings, means, step).tolist() == wanted.tolist()


def test_a_certain_prediction_still_has_a_direction() -> None:
    # The loss at a logit gap of 400 is 0 in float32, and so is its gradient.
    x = torch.tensor([[200.0]])
    view = _view(x, torch.tensor([[-9000.0]]), [0])
    assert _changes(view, x, torch.tensor([[-9000.0]]), 0.2).tolist() == [True]


def test_one_item_of_each_cluster_of_directions() -> None:
    # Candidates point up, down or to the side; k-means sees their directions alone, so lengths do not matter.
    side = torch.tensor([[0.01, 5.0], [0.01, 9.0], [0.01, -4.0], [0.01, -8.0], [3.0, 0.0], [2.0, 0.0]])
    view = _view(side, torch.tensor([[-20.0, 0.0], [20.0, 0.0]]), [0, 1])
    picks = ALFAMix(eps=1.0).select(view, 3).tolist()
    assert sorted(pick // 2 for pick in picks) == [0, 1, 2]


def test_the_rest_is_random() -> None:
    # No mixing changes what is far from the boundary: anchors coincide with the items.
    x = torch.full((30, 1), 5.0)
    x[7] = 0.01
    picks = [ALFAMix().select(_view(x, torch.full((2, 1), 5.0), [1, 1], seed), 4).tolist() for seed in (0, 0, 1, 2)]
    assert picks[0] == picks[1]
    assert len({tuple(pick) for pick in picks}) == 3
    assert all(pick[0] == 7 for pick in picks)


@pytest.mark.parametrize("n", [1, 6])
@pytest.mark.parametrize("labels", [[], [1], [0, 1]])
@pytest.mark.parametrize("value", [0.0, 2.0])
def test_equal_items_and_the_whole_pool(n: int, labels: list[int], value: float) -> None:
    for budget in {1, n}:
        view = _view(torch.full((n, 2), value), torch.ones(len(labels), 2), labels)
        picks = ALFAMix().select(view, budget)
        assert len({*picks.tolist()}) == budget
        assert picks.dtype == torch.int64


def test_blocks_do_not_change_the_picks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = torch.Generator().manual_seed(0)
    x, labeled = torch.randn(60, 3, generator=rng), torch.randn(8, 3, generator=rng)
    picks = ALFAMix().select(_view(x, labeled, [0, 1] * 4), 6).tolist()
    monkeypatch.setattr("albench_hybrid.alfa_mix._FLOATS", 21)
    assert ALFAMix().select(_view(x, labeled, [0, 1] * 4), 6).tolist() == picks


@pytest.mark.parametrize("where", ["pool", "labelled"])
def test_non_finite_embeddings_raise(where: str) -> None:
    pool, labeled = torch.zeros(4, 2), torch.zeros(3, 2)
    (pool if where == "pool" else labeled)[1, 0] = torch.nan
    with pytest.raises(ContractError, match=r"1 of . rows of"):
        ALFAMix().select(_view(pool, labeled, [0, 1, 1]), 2)

"""CLUE by hand, against scikit-learn's weighted k-means and against scikit-activeml."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch

from albench.errors import ContractError
from albench.kernels import entropy, k_means
from albench.testing.views import make_view
from albench.trial.answers import choose
from albench.trial.view import PoolView
from albench_hybrid.clue import CLUE


def _groups(n: int = 90, seed: int = 0) -> tuple[PoolView, torch.Tensor]:
    """Three far groups with items of any entropy, and the probabilities."""
    random = torch.Generator().manual_seed(0)
    x = torch.randn(n, 2, generator=random) + 30.0 * torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]).repeat(
        n // 3, 1
    )
    view = make_view(x, weight=torch.randn(3, 2, generator=random) / 60, seed=seed)
    return view, view.probs


def _nearest_to_weighted_means(x: np.ndarray, weights: np.ndarray) -> set[int]:
    picks = set()
    for group in range(3):
        members = np.arange(group, len(x), 3)
        mean = np.average(x[members], axis=0, weights=weights[members])
        picks.add(int(members[((x[members] - mean) ** 2).sum(axis=1).argmin()]))
    return picks


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_it_takes_the_items_nearest_to_the_weighted_means(temperature: float) -> None:
    view, _ = _groups()
    probs = torch.softmax(view.logits.double() / temperature, dim=1).numpy()
    weights = -(probs * np.log(np.maximum(probs, 1e-300))).sum(axis=1)
    picks = CLUE(temperature=temperature).select(view, 3).tolist()
    assert set(picks) == _nearest_to_weighted_means(view.embeddings.double().numpy(), weights)


def test_weights_move_a_centre() -> None:
    # One group on a line; p = 0.5 at 10 alone, all others are sure: the centre is at 10, not in the middle.
    x = torch.cat([torch.arange(10.0), torch.tensor([10.0])])[:, None]
    logits = torch.where(x == 10.0, 0.0, 50.0)
    view = make_view(torch.cat([x, logits, torch.zeros_like(x)], dim=1), weight=torch.eye(3)[1:])
    assert CLUE().select(view, 1).tolist() == [10]


def test_picks_and_centres_of_scikit_activeml() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from skactiveml.base import SkactivemlClassifier
        from skactiveml.pool import Clue

    view, probs = _groups()

    class Fixed(SkactivemlClassifier):
        def fit(self, X, y, sample_weight=None):
            return self

        def predict_proba(self, X, **kwargs):
            return probs.numpy().astype(np.float64)

    y = np.full(len(view), np.nan)
    theirs = Clue(random_state=0, cluster_algo_dict={"n_init": 3, "random_state": 0})
    picks = theirs.query(view.embeddings.numpy(), y, Fixed(classes=[0, 1, 2]), fit_estimator=False, batch_size=3)
    assert set(CLUE().select(view, 3).tolist()) == {int(p) for p in picks}


def test_centres_of_scikit_learn_from_the_same_start() -> None:
    from sklearn.cluster import KMeans

    view, probs = _groups()
    weights, start = entropy(probs), view.embeddings[:7]
    theirs = KMeans(7, init=start.numpy(), n_init=1, tol=0).fit(view.embeddings.numpy(), sample_weight=weights.numpy())
    centers, _ = k_means(view.embeddings, 7, generator=view.generator, weights=weights, centers=start, tolerance=0.0)
    np.testing.assert_allclose(centers.numpy(), theirs.cluster_centers_, rtol=1e-4, atol=1e-4)


def test_odd_pools() -> None:
    x, head = torch.randn(9, 3, generator=torch.Generator().manual_seed(0)), torch.eye(3)
    certain = torch.tensor([[1e4, 0.0, 0.0]]).repeat(9, 1)
    one_unsure = torch.cat([certain[:8], torch.zeros(1, 3)])
    for pool in (x, x[:1], x[:1].repeat(9, 1), x * 0, certain, one_unsure):
        view = make_view(pool, weight=head)
        for budget in {1, len(pool) // 2 + 1, len(pool)}:
            assert len(choose(CLUE(), view, budget, "clue")) == budget
    for bad in (torch.nan, torch.inf):
        x[3, 1] = bad
        with pytest.raises(ContractError, match="not finite"):
            choose(CLUE(), make_view(x), 2, "clue")

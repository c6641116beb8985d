"""Contrastive active learning: by hand, and against scikit-activeml."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch

from albench.errors import ContractError
from albench.testing import make_view
from albench_hybrid.contrastive import ContrastiveAL, mean_divergence


def _kl(p: list[float], q: list[float]) -> float:
    return float(sum(a * np.log(a / b) for a, b in zip(p, q, strict=True) if a))


def test_the_divergence_by_hand() -> None:
    labeled = torch.tensor([[0.5, 0.5], [0.9, 0.1], [0.2, 0.8]])
    probs = torch.tensor([[0.5, 0.5], [0.1, 0.9]])
    score = mean_divergence(labeled, torch.tensor([[0, 1], [1, 2]]), probs)
    wanted = [
        (0 + _kl([0.9, 0.1], [0.5, 0.5])) / 2,
        (_kl([0.9, 0.1], [0.1, 0.9]) + _kl([0.2, 0.8], [0.1, 0.9])) / 2,
    ]
    assert score.tolist() == pytest.approx(wanted, abs=1e-6)


def test_an_item_unlike_its_labelled_neighbours_comes_first() -> None:
    # Logits are the embeddings. Item 0 lies with the first labelled group and is predicted alike; item 1 lies with the
    # second, across the boundary from it; item 2 is like its group as well.
    pool = torch.tensor([[3.0, 0.0], [0.4, 0.6], [0.0, 3.1]])
    labeled = torch.tensor([[3.0, 0.1], [2.9, 0.0], [2.0, 0.2], [0.0, 3.0]])
    view = make_view(pool, labeled_embeddings=labeled, labeled_y=torch.tensor([0, 0, 0, 1]))
    assert ContrastiveAL(n_neighbors=1).select(view, 1).tolist() == [1]
    score = ContrastiveAL(n_neighbors=1).scores(view)
    near = [0, 2, 3]
    p, q = labeled.softmax(dim=1).tolist(), pool.softmax(dim=1).tolist()
    assert score.tolist() == pytest.approx([_kl(p[n], q[i]) for i, n in enumerate(near)], abs=1e-6)


def test_agreement_with_scikit_activeml() -> None:
    from skactiveml.base import SkactivemlClassifier
    from skactiveml.pool import ContrastiveAL as Reference

    rng = np.random.default_rng(0)
    x = rng.normal(size=(130, 6)).astype(np.float32)
    weight = rng.normal(size=(4, 6)).astype(np.float32) * 3
    y = np.full(130, np.nan)
    y[90:] = rng.integers(4, size=40)

    class Fixed(SkactivemlClassifier):
        def fit(self, X: object, y: object, sample_weight: object = None) -> Fixed:
            return self

        def predict_proba(self, X: np.ndarray) -> np.ndarray:
            return torch.from_numpy(X @ weight.T).double().softmax(dim=1).numpy()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        picks, wanted = Reference(nearest_neighbors_dict={"n_neighbors": 10}, random_state=0).query(
            x, y, Fixed(classes=[0, 1, 2, 3]), fit_clf=False, batch_size=12, return_utilities=True
        )
    view = make_view(
        torch.from_numpy(x[:90]),
        weight=torch.from_numpy(weight),
        labeled_embeddings=torch.from_numpy(x[90:]),
        labeled_y=torch.from_numpy(y[90:]).long(),
    )
    np.testing.assert_allclose(ContrastiveAL().scores(view).numpy(), wanted[0, :90], rtol=1e-4, atol=1e-6)
    assert ContrastiveAL().select(view, 12).tolist() == picks.tolist()


def test_blocks_do_not_change_the_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = torch.Generator().manual_seed(1)
    labeled = torch.rand(20, 5, generator=rng).softmax(dim=1)
    probs = torch.rand(33, 5, generator=rng).softmax(dim=1)
    near = torch.randint(20, (33, 4), generator=rng)
    whole = mean_divergence(labeled, near, probs)
    monkeypatch.setattr("albench_hybrid.contrastive._FLOATS", 100)
    assert torch.equal(mean_divergence(labeled, near, probs), whole)


@pytest.mark.parametrize("labeled", [0, 1, 3])
@pytest.mark.parametrize("n", [1, 5])
def test_few_labelled_items_and_equal_embeddings(labeled: int, n: int) -> None:
    view = make_view(torch.ones(n, 3), labeled_embeddings=torch.ones(labeled, 3))
    picks = ContrastiveAL().select(view, n)
    assert sorted(picks.tolist()) == list(range(n))
    if labeled:
        assert picks.tolist() == list(range(n))


def test_certain_predictions_stay_finite() -> None:
    view = make_view(torch.eye(3) * 500, labeled_embeddings=torch.eye(3).flip(0) * 400)
    assert torch.isfinite(ContrastiveAL(n_neighbors=2).scores(view)).all()


@pytest.mark.parametrize("where", ["pool", "labelled"])
def test_non_finite_inputs_raise(where: str) -> None:
    pool, labeled = torch.zeros(4, 2), torch.zeros(3, 2)
    (pool if where == "pool" else labeled)[1, 0] = torch.inf
    with pytest.raises(ContractError, match=r"1 of . rows of"):
        ContrastiveAL().select(make_view(pool, labeled_embeddings=labeled), 2)


@pytest.mark.parametrize("scale", [0.01, 3.0, 60.0])
def test_what_is_chosen_has_the_largest_scores_ties_included(scale: float) -> None:
    generator = torch.Generator().manual_seed(0)
    embeddings = torch.randn(400, 8, generator=generator)
    embeddings[200:] = embeddings[:200]  # each item comes twice
    weight = torch.randn(8, 3, generator=generator) * scale
    labeled = torch.randn(40, 8, generator=generator)
    labeled[20:] = labeled[:20]
    view = make_view(embeddings, weight=weight.T, labeled_embeddings=labeled)
    strategy = ContrastiveAL(n_neighbors=5)
    for budget in (0, 7, 400):
        assert torch.equal(strategy.select(view, budget), view.best(strategy.scores(view), budget))

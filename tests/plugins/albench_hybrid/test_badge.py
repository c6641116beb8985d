"""BADGE against torch autograd, and against scikit-activeml where both are certain."""

from __future__ import annotations

import warnings
from typing import Literal

import numpy as np
import pytest
import torch

from albench.errors import ContractError
from albench.testing.views import make_view
from albench.trial.answers import choose
from albench_hybrid.badge import BADGE, output_gradients


def _pool(n: int = 60, d: int = 5, c: int = 4, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=random), torch.randn(c, d, generator=random)


def test_the_factors_are_the_gradient_of_the_last_layer() -> None:
    x, weight = _pool(12)
    view = make_view(x, weight=weight)
    factored = torch.einsum("nc,nd->ncd", output_gradients(view.probs), view.embeddings)
    for item in range(len(x)):
        layer = weight.clone().requires_grad_()
        logits = x[item : item + 1] @ layer.T
        torch.nn.functional.cross_entropy(logits, logits.argmax(dim=1)).backward()
        torch.testing.assert_close(factored[item], layer.grad)


def test_a_nearly_certain_item_keeps_its_digits() -> None:
    # p = (1, e^-20, e^-21) rounds the first to 1 in float32, and p - 1 to 0.
    gradient = output_gradients(torch.tensor([[20.0, 0.0, -1.0]]).softmax(dim=1))
    assert gradient[0, 0] == pytest.approx(-(np.exp(-20) + np.exp(-21)), rel=1e-5)


def test_it_starts_with_the_longest_gradient_and_goes_on_by_distance() -> None:
    x, weight = _pool()
    view = make_view(x, weight=weight)
    gradient = torch.einsum("nc,nd->ncd", output_gradients(view.probs), x).flatten(1)
    picks = BADGE(greedy=True).select(view, 6).tolist()
    assert picks[0] == int(gradient.norm(dim=1).argmax())
    for n in range(1, 6):
        distance = torch.cdist(gradient.double(), gradient[picks[:n]].double()).amin(dim=1)
        assert picks[n] == int(distance.argmax())


def test_the_first_item_can_be_drawn_uniformly() -> None:
    x, weight = _pool(8)
    first = [int(BADGE(first="uniform").select(make_view(x, weight=weight, seed=s), 1)) for s in range(60)]
    assert set(first) == set(range(8))
    assert len({int(BADGE().select(make_view(x, weight=weight, seed=s), 1)) for s in range(5)}) == 1


def test_it_samples_with_the_probabilities_of_scikit_activeml() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from skactiveml.base import SkactivemlClassifier
        from skactiveml.pool import Badge

    # scikit-activeml goes on from the squared norms, as if the origin were chosen too. It makes no difference here: the
    # gradients are alike, and so all nearer to the first pick than to the origin.
    x = 0.1 * _pool(8, 3, 3)[0] + torch.tensor([2.0, 1.0, 0.5])
    weight = torch.tensor([[0.3, 0.1, 0.0], [0.1, 0.0, 0.3], [0.0, 0.1, 0.1]])
    probs = make_view(x, weight=weight).probs

    class Fixed(SkactivemlClassifier):
        def fit(self, X, y, sample_weight=None):
            return self

        def predict_proba(self, X, **kwargs):
            return probs.numpy().astype(np.float64)

    y = np.full(len(x), np.nan)
    theirs = Badge(random_state=0)
    picked, utilities = theirs.query(
        x.numpy(), y, Fixed(classes=[0, 1, 2]), fit_clf=False, batch_size=2, return_utilities=True
    )
    ours = [BADGE().select(make_view(x, weight=weight, seed=s), 2).tolist() for s in range(300)]
    assert {first for first, _ in ours} == {picked[0]}
    gradient = torch.einsum("nc,nd->ncd", output_gradients(probs), x).flatten(1)
    assert (torch.cdist(gradient, gradient[picked[:1]])[:, 0] < gradient.norm(dim=1)).all()
    expected = np.nan_to_num(utilities[1]) * len(ours)
    seen = np.bincount([second for _, second in ours], minlength=len(x))
    others = expected > 0
    assert seen[~others].sum() == 0
    # 6 degrees of freedom: 22.5 is exceeded once in a thousand.
    assert ((seen - expected)[others] ** 2 / expected[others]).sum() < 22.5


@pytest.mark.parametrize("first", ["longest", "uniform"])
@pytest.mark.parametrize("greedy", [False, True])
def test_odd_pools(first: Literal["longest", "uniform"], greedy: bool) -> None:
    strategy = BADGE(first=first, greedy=greedy)
    x, weight = _pool(9)
    certain = torch.tensor([[1.0, 0.0]]).repeat(9, 1) * 1e4
    for pool, head in [(x, weight), (x[:1], weight), (x[:1].repeat(9, 1), weight), (certain, None), (x * 0, weight)]:
        view = make_view(pool, weight=head)
        before = view.probs.clone()
        for budget in {1, len(pool)}:
            picks = choose(strategy, view, budget, "badge")
            assert sorted(set(picks.tolist())) == sorted(picks.tolist())
            assert len(picks) == budget
        assert torch.equal(before, view.probs)


def test_what_is_not_finite_is_an_error() -> None:
    x, weight = _pool(9)
    x[3, 1] = torch.nan
    with pytest.raises(ContractError, match="strategy 'badge': 1 of 9 items"):
        choose(BADGE(), make_view(x, weight=weight), 2, "badge")

"""Information density by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics.pairwise import cosine_similarity

from albench.errors import ContractError
from albench.kernels import entropy
from albench.testing.views import make_view
from albench.trial.answers import choose
from albench_hybrid.information_density import InformationDensity, density


def test_density_by_hand() -> None:
    # Similarities to (1, 0), (0, 2), (3, 3): 1 + 0 + 0.7071, 0 + 1 + 0.7071, 0.7071 + 0.7071 + 1; a third of each.
    x = torch.tensor([[1.0, 0.0], [0.0, 2.0], [3.0, 3.0]])
    root = 0.5**0.5
    assert density(x).tolist() == pytest.approx([(1 + root) / 3, (1 + root) / 3, (1 + 2 * root) / 3])


def test_density_is_the_mean_cosine_similarity() -> None:
    x = torch.randn(20_000, 3, generator=torch.Generator().manual_seed(0))
    x[5] = 0.0
    few = x[:50].numpy()
    np.testing.assert_allclose(density(x)[:50], cosine_similarity(few, x.numpy()).mean(axis=1), atol=1e-6)


def test_squares_out_of_range_change_nothing() -> None:
    x = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(density(x * 1e30), density(x))
    torch.testing.assert_close(density(x * 1e-30), density(x))


def test_scores_multiply_entropy_and_density() -> None:
    # Both unsure items have the same entropy; the second is like the two sure ones.
    x = torch.tensor([[-1.0, -1.0], [1.0, 1.0], [4.0, 1.0], [4.0, 0.0]])
    view = make_view(x)
    assert InformationDensity().select(view, 1).tolist() == [1]
    assert InformationDensity(beta=0.0).select(view, 2).tolist() == [0, 1]
    expected = (entropy(view.probs).double() * density(x).clamp(min=0) ** 2).float()
    torch.testing.assert_close(InformationDensity(beta=2.0).scores(view), expected)
    # A mean similarity below zero counts as zero.
    assert InformationDensity().scores(view)[0] == 0.0


def test_odd_pools() -> None:
    x = torch.randn(9, 3, generator=torch.Generator().manual_seed(0))
    for pool in (x, x[:1], x[:1].repeat(9, 1), x * 0, torch.tensor([[1e4, 0.0]]).repeat(9, 1)):
        picks = choose(InformationDensity(), make_view(pool), len(pool), "id")
        assert sorted(picks.tolist()) == list(range(len(pool)))
    # Constant items tie: lowest position first.
    assert InformationDensity().select(make_view(x[:1].repeat(9, 1)), 4).tolist() == [0, 1, 2, 3]
    for bad in (torch.nan, torch.inf):
        x[3, 1] = bad
        with pytest.raises(ContractError, match="not finite"):
            choose(InformationDensity(), make_view(x), 2, "id")

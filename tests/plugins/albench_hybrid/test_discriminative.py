"""Discriminative active learning: it goes where no label is, part by part."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch

from albench.errors import ContractError
from albench.testing import make_view
from albench_hybrid.discriminative import DiscriminativeAL, _spread

CENTRES = torch.tensor([[8.0, 0.0], [-8.0, 0.0], [0.0, 8.0], [0.0, -8.0]])


def _pool(counts: list[int], seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Items around the first centres, and the centre of each."""
    cluster = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    noise = torch.randn(len(cluster), 2, generator=torch.Generator().manual_seed(seed))
    return CENTRES[cluster] + noise * 0.3, cluster


@pytest.mark.parametrize("hidden", [0, 32])
def test_it_chooses_from_the_cluster_without_a_label(hidden: int) -> None:
    pool, cluster = _pool([30, 30, 30, 30])
    labeled, _ = _pool([10, 10, 10], seed=1)
    view = make_view(pool, labeled_embeddings=labeled)
    picks = DiscriminativeAL(hidden=hidden, sub_batches=1, lr=0.05, steps=50).select(view, 12)
    assert (cluster[picks] == 3).all()


def test_parts_move_on_to_the_next_cluster() -> None:
    # Labels lie in one cluster; once one of the others is covered by a part, the next part is of another one.
    pool, cluster = _pool([40, 40, 40, 40])
    labeled, _ = _pool([20], seed=1)
    view = make_view(pool, labeled_embeddings=labeled)
    picks = DiscriminativeAL(sub_batches=3, hidden=16, lr=0.05, steps=60).select(view, 30)
    parts = [cluster[part].unique().tolist() for part in picks.split(10)]
    assert all(len(part) == 1 for part in parts)
    assert sorted(part[0] for part in parts) == [1, 2, 3]
    at_once = DiscriminativeAL(sub_batches=1, hidden=16, lr=0.05, steps=60).select(view, 30)
    assert len(cluster[at_once].unique()) < 3


def test_agreement_with_scikit_activeml_on_a_logistic_regression() -> None:
    from skactiveml.classifier import SklearnClassifier
    from skactiveml.pool import DiscriminativeAL as Reference
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    pool = rng.normal(size=(200, 3)).astype(np.float32) * 2
    labeled = rng.normal(size=(60, 3)).astype(np.float32) - np.float32([2, 0, 0])
    x = np.concatenate([pool, labeled])
    y = np.concatenate([np.full(200, np.nan), rng.integers(2, size=60)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        discriminator = SklearnClassifier(LogisticRegression(class_weight="balanced", C=100.0), classes=[0, 1])
        wanted = Reference(greedy_selection=True, random_state=0).query(x, y, discriminator, batch_size=20)
    view = make_view(torch.from_numpy(pool), labeled_embeddings=torch.from_numpy(labeled))
    strategy = DiscriminativeAL(hidden=0, sub_batches=1, steps=300, lr=0.02)
    # The same ranking but for the noise of its steps.
    assert len({*strategy.select(view, 20).tolist()} & {*wanted.tolist()}) >= 17


def test_the_parts_add_up_to_the_budget_without_repeats() -> None:
    pool, _ = _pool([20, 20])
    labeled, _ = _pool([3], seed=1)
    view = make_view(pool, labeled_embeddings=labeled)
    for budget in (1, 7, 10, 23, 40):
        picks = DiscriminativeAL(hidden=4, steps=5).select(view, budget)
        assert len(picks) == len(picks.unique()) == budget
        assert picks.dtype == torch.int64


@pytest.mark.parametrize("labeled", [0, 1])
@pytest.mark.parametrize("n", [1, 6])
@pytest.mark.parametrize("hidden", [0, 4])
def test_equal_embeddings_and_few_items(labeled: int, n: int, hidden: int) -> None:
    view = make_view(torch.ones(n, 3), labeled_embeddings=torch.ones(labeled, 3))
    picks = DiscriminativeAL(hidden=hidden, steps=3).select(view, n)
    assert sorted(picks.tolist()) == list(range(n))
    if labeled:
        assert picks.tolist() == list(range(n))


def test_the_seed_decides_and_the_global_state_does_not() -> None:
    pool, _ = _pool([30, 30], seed=2)
    labeled, _ = _pool([8, 1], seed=3)
    strategy = DiscriminativeAL(hidden=8, steps=10)
    draws = []
    for seed in (0, 0, 1):
        torch.rand(3)
        draws.append(strategy.select(make_view(pool, labeled_embeddings=labeled, seed=seed), 9).tolist())
    assert draws[0] == draws[1] != draws[2]


def test_it_works_where_gradients_are_switched_off_and_leaves_the_inputs_alone() -> None:
    pool, _ = _pool([10, 10])
    labeled, _ = _pool([4], seed=1)
    view = make_view(pool, labeled_embeddings=labeled)
    before = view.embeddings.clone()
    with torch.no_grad():
        quiet = DiscriminativeAL(hidden=4, steps=5).select(view, 5)
    assert quiet.tolist() == DiscriminativeAL(hidden=4, steps=5).select(
        make_view(pool, labeled_embeddings=labeled), 5
    ).tolist()  # fmt: skip
    assert torch.equal(view.embeddings, before)


@pytest.mark.parametrize("where", ["pool", "labelled"])
def test_non_finite_embeddings_raise(where: str) -> None:
    pool, labeled = torch.zeros(4, 2), torch.zeros(3, 2)
    (pool if where == "pool" else labeled)[1, 0] = torch.nan
    with pytest.raises(ContractError, match=r"1 of . rows of"):
        DiscriminativeAL().select(make_view(pool, labeled_embeddings=labeled), 2)


def test_columns_are_measured_as_torch_does_in_double() -> None:
    x = torch.randn(1500, 40, generator=torch.Generator().manual_seed(0)) * torch.logspace(-3, 3, 40) + 100.0
    x[:, 0] = 0.1
    x[:, 1] = -7.0
    deviation, mean = _spread(x)
    wanted, centre = torch.std_mean(x.double(), dim=0, correction=0)
    assert deviation[:2].tolist() == [0, 0]
    torch.testing.assert_close(deviation[2:], wanted[2:].float(), rtol=2e-7, atol=0)
    torch.testing.assert_close(mean, centre.float(), rtol=2e-7, atol=0)


def test_later_parts_go_on_with_the_classifier_of_the_first() -> None:
    pool, cluster = _pool([40, 40, 40, 40])
    labeled, _ = _pool([20], seed=1)
    strategy = DiscriminativeAL(sub_batches=3, hidden=16, lr=0.05, steps=60, later_steps=30)
    picks = strategy.select(make_view(pool, labeled_embeddings=labeled), 30)
    parts = [cluster[part].unique().tolist() for part in picks.split(10)]
    assert sorted(part[0] for part in parts if len(part) == 1) == [1, 2, 3]
    # The first part is that of a new classifier, which no option of later ones changes.
    anew = DiscriminativeAL(sub_batches=3, hidden=16, lr=0.05, steps=60)
    assert picks[:10].tolist() == anew.select(make_view(pool, labeled_embeddings=labeled), 30)[:10].tolist()

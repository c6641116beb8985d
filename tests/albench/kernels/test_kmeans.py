"""k-means against scikit-learn, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from draws import generator
from sklearn.cluster import KMeans

from albench.kernels import NonFiniteScores, k_means, nearest_to_centers
from albench.testing.pretended import pretended_cuda, unavailable


def clusters(n: int, k: int, d: int, seed: int = 0, spread: float = 0.3) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    return torch.tensor(rng.normal(size=(k, d))[rng.integers(k, size=n)] * 3 + spread * rng.normal(size=(n, d))).float()


def inertia(x: torch.Tensor, centers: torch.Tensor, assignment: torch.Tensor, weights: object = None) -> float:
    squared = (x - centers[assignment]).double().square().sum(dim=1)
    return float((squared if weights is None else squared * weights).sum())  # type: ignore[operator]


def test_four_corners() -> None:
    x = torch.tensor([[0.0, 0], [0, 1], [9, 0], [9, 1], [0, 9], [0, 10], [9, 9], [9, 10]])
    centers, assignment = k_means(x, 4, generator=generator())
    assert sorted(centers.tolist()) == [[0, 0.5], [0, 9.5], [9, 0.5], [9, 9.5]]
    assert assignment[::2].tolist() == assignment[1::2].tolist()
    assert nearest_to_centers(x, torch.tensor([[9.0, 10], [0, 0.4], [0.1, 0.1]])).tolist() == [7, 0, 1]


@pytest.mark.parametrize("weighted", [False, True])
def test_from_the_same_start_it_ends_where_scikit_learn_ends(weighted: bool) -> None:
    x = torch.randn(700, 5, generator=generator(1))
    start = x[:12].clone()
    weights = torch.rand(700, generator=generator(2)) if weighted else None
    centers, assignment = k_means(
        x, 12, generator=generator(), centers=start, weights=weights, iterations=300, tolerance=0
    )
    theirs = KMeans(12, init=start.numpy(), n_init=1, max_iter=300, tol=0).fit(
        x.numpy(), sample_weight=None if weights is None else weights.numpy()
    )
    np.testing.assert_allclose(centers.numpy(), theirs.cluster_centers_, atol=1e-4)
    assert (assignment.numpy() == theirs.labels_).mean() > 0.998
    assert inertia(x, centers, assignment, weights) == pytest.approx(theirs.inertia_, rel=1e-5)


def test_its_own_seeds_are_as_good_as_scikit_learn_s() -> None:
    x = clusters(3000, 30, 16)
    ours = [inertia(x, *k_means(x, 30, generator=generator(seed))) for seed in range(5)]
    theirs = [KMeans(30, n_init=1, random_state=seed).fit(x.numpy()).inertia_ for seed in range(5)]
    assert np.mean(ours) < 1.15 * np.mean(theirs)


def test_same_generator_same_result_and_the_input_is_left_alone() -> None:
    x = clusters(200, 5, 3)
    kept = x.clone()
    first, again = (k_means(x, 7, generator=generator(4)) for _ in range(2))
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert torch.equal(x, kept)


def test_weights_of_zero_do_not_count() -> None:
    x = torch.tensor([[0.0], [1.0], [10.0], [11.0], [500.0]])
    weights = torch.tensor([1.0, 3.0, 1.0, 1.0, 0.0])
    centers, _ = k_means(x, 2, generator=generator(), weights=weights)
    assert sorted(centers[:, 0].tolist()) == pytest.approx([0.75, 10.5])
    assert k_means(x, 5, generator=generator(), weights=weights)[0].shape == (5, 1)


def test_degenerate_inputs() -> None:
    same = torch.ones(6, 2)
    centers, assignment = k_means(same, 3, generator=generator())
    assert torch.equal(centers, torch.ones(3, 2))
    assert assignment.tolist() == [0] * 6
    assert sorted(nearest_to_centers(same, centers).tolist()) == [0, 1, 2]
    x = torch.arange(4.0)[:, None]
    centers, assignment = k_means(x, 4, generator=generator())
    assert sorted(assignment.tolist()) == [0, 1, 2, 3]
    assert sorted(nearest_to_centers(x, centers).tolist()) == [0, 1, 2, 3]
    with pytest.raises(ValueError, match=r"k must be in 1 .. 4"):
        k_means(x, 5, generator=generator())
    x[2] = float("nan")
    with pytest.raises(NonFiniteScores, match="1 of 4 rows"):
        k_means(x, 2, generator=generator())


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    x = clusters(500, 6, 4)
    whole = k_means(x, 9, generator=generator(1))
    monkeypatch.setattr("albench.kernels.kmeans._FLOATS", 9 * 17)
    parts = k_means(x, 9, generator=generator(1))
    torch.testing.assert_close(whole[0], parts[0])
    assert torch.equal(whole[1], parts[1])


@pytest.mark.parametrize("kind", ["own items", "one item", "groups"])
def test_a_device_finds_free_items_as_the_cpu_does(kind: str) -> None:
    if reason := unavailable():
        pytest.skip(reason)
    x = clusters(300, 6, 4)
    centers = {
        "own items": x[::3],
        "one item": x[:1].repeat(40, 1),
        "groups": k_means(x, 6, generator=generator())[0].repeat(8, 1),
    }[kind]
    expected = nearest_to_centers(x, centers)
    with pretended_cuda():
        found = nearest_to_centers(x.to("cuda:0"), centers.to("cuda:0")).tolist()
    assert found == expected.tolist()
    assert len(set(found)) == len(centers)

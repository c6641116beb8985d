"""Bounds of k-means: the same groups as by all distances, with few of them measured."""

from __future__ import annotations

import pytest
import torch
from draws import generator

from albench.kernels import kmeans
from albench.kernels.kmeans import k_means
from albench.kernels.kmeans_bounds import Bounds, drift_of, foreseen
from albench.kernels.unit import UnitRows


def blobs(n: int, d: int, spread: float, seed: int = 0) -> torch.Tensor:
    """Ten groups in a few directions, so that centres near each other compete."""
    drawn = generator(seed)
    directions = torch.randn(6, d, generator=drawn)
    groups = torch.randn(10, 6, generator=drawn)[torch.randint(10, (n,), generator=drawn)]
    inside = groups + spread * torch.randn(n, 6, generator=drawn)
    return inside @ directions + 0.05 * torch.randn(n, d, generator=drawn)


def repeated() -> torch.Tensor:
    """Rows that are there several times, so that distances are equal."""
    few = blobs(500, 32, 0.5, seed=3)
    return few[torch.randint(500, (2400,), generator=generator(4))]


def grid() -> torch.Tensor:
    """Whole numbers: most items are as near to several centres."""
    return torch.randint(3, (2000, 16), generator=generator(5)).float()


def few() -> torch.Tensor:
    """Fewer different rows than centres, some of which stay empty."""
    return blobs(60, 32, 0.5)[torch.randint(60, (1000,), generator=generator(6))]


DATA = {
    "few": few,
    "blobs": lambda: blobs(3000, 64, 0.4),
    "isotropic": lambda: torch.randn(2000, 48, generator=generator(1)),
    "unit rows": lambda: UnitRows(blobs(2000, 32, 0.6), blobs(300, 32, 0.6, seed=1)),
    "repeated": repeated,
    "grid": grid,
    "far from zero": lambda: blobs(2000, 32, 0.4) + 300.0,
    "odd width": lambda: blobs(2000, 33, 0.4),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", DATA)
def test_the_groups_are_those_of_all_distances(name: str, weighted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    x = DATA[name]()
    weights = torch.rand(len(x), generator=generator(8)) if weighted else None
    settled: list[bool] = []
    settle = Bounds.settle

    def counted(self: Bounds, *given: torch.Tensor) -> object:
        found = settle(self, *given)
        settled.append(found is not None)
        return found

    monkeypatch.setattr(Bounds, "settle", counted)
    monkeypatch.setattr(kmeans, "_WORK", 0)
    with_bounds = k_means(x, 100, generator=generator(), weights=weights, tolerance=1e-5)
    if name in ("blobs", "unit rows", "repeated"):
        assert sum(settled) >= 3, "bounds had a part in it"
    monkeypatch.setattr(kmeans, "_BOUNDED_FROM", 10**9)
    del settled[:]
    plain = k_means(x, 100, generator=generator(), weights=weights, tolerance=1e-5)
    assert settled == []
    assert torch.equal(with_bounds[1], plain[1])
    assert torch.equal(with_bounds[0], plain[0])


def test_an_item_goes_to_the_nearest_centre_wherever_they_move() -> None:
    x = blobs(800, 32, 0.5)
    square = x.square().sum(dim=1)
    centers = x[::20].clone()
    bounds = Bounds(x, square, len(centers))
    partial = torch.addmm(centers.square().sum(dim=1), x, centers.T, alpha=-2.0)
    assignment = partial.min(dim=1).indices
    bounds.note(slice(0, len(x)), partial, assignment, centers.square().sum(dim=1))
    drawn = generator(2)
    for scale in (0.01, 0.05, 0.02, 0.1, 0.001):
        moved = centers + scale * torch.randn(centers.shape, generator=drawn)
        bounds.move(drift_of(centers, moved))
        settled = bounds.settle(assignment, moved)
        assert settled is not None
        before, (assignment, nearest), centers = assignment, settled, moved
        exact = torch.cdist(x.double(), centers.double())
        assert torch.equal(assignment, exact.argmin(dim=1))
        torch.testing.assert_close(nearest.double(), exact.amin(dim=1).square(), rtol=1e-3, atol=1e-3)
        assert before is not assignment


def test_of_centres_that_are_equally_near_the_lowest_is_taken() -> None:
    x = torch.randn(64, 16, generator=generator())
    centers = x[:8].clone()
    bounds = Bounds(x, x.square().sum(dim=1), 8)
    square = centers.square().sum(dim=1)
    partial = torch.addmm(square, x, centers.T, alpha=-2.0)
    bounds.note(slice(0, 64), partial, partial.min(dim=1).indices, square)
    same = centers.clone()
    same[5] = same[2] = centers[7]
    bounds.move(drift_of(centers, same))
    settled = bounds.settle(partial.min(dim=1).indices, same)
    assert settled is not None
    assert int(settled[0][7]) == 2
    assert not bool(((settled[0] == 5) | (settled[0] == 7)).any())


def test_where_all_distances_are_wanted_nothing_is_settled() -> None:
    x = torch.randn(500, 16, generator=generator())
    bounds = Bounds(x, x.square().sum(dim=1), 100)
    centers = x[:100].clone()
    square = centers.square().sum(dim=1)
    partial = torch.addmm(square, x, centers.T, alpha=-2.0)
    bounds.note(slice(0, 500), partial, partial.min(dim=1).indices, square)
    far = centers + 5.0
    drift = drift_of(centers, far)
    assert not foreseen(x, centers, drift)
    assert foreseen(x, centers, torch.zeros(100))
    bounds.move(drift)
    assert bounds.settle(partial.min(dim=1).indices, far) is None


def test_a_drift_is_never_told_too_short() -> None:
    before = torch.randn(300, 64, generator=generator()) + 50.0
    after = before + 1e-4 * torch.randn(300, 64, generator=generator(1))
    true = torch.linalg.vector_norm(after.double() - before.double(), dim=1)
    assert bool((drift_of(before, after).double() >= true).all())

"""k-means, TypiClust, ProbCover and herding: hand-made clusters, plain NumPy, and their edges."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from albench.api import Strategy
from albench.kernels import NonFiniteScores
from albench.testing import make_view
from albench_diversity.herding import MaxHerding, UncertaintyHerding
from albench_diversity.kmeans import KMeans
from albench_diversity.probcover import ProbCover
from albench_diversity.typiclust import TypiClust


def directions(*counts: int, spread: float = 0.05, seed: int = 0) -> torch.Tensor:
    """Items around the axes, so many around each."""
    rng = np.random.default_rng(seed)
    rows = [np.eye(len(counts))[axis] + spread * rng.normal(size=len(counts)) for axis, n in enumerate(counts)
            for _ in range(n)]  # fmt: skip
    return torch.tensor(np.array(rows)).float()


def axis(x: torch.Tensor, picks: torch.Tensor) -> list[int]:
    return x[picks].argmax(dim=1).tolist()


def unit(x: torch.Tensor) -> np.ndarray:
    rows = x.double().numpy()
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_kmeans_takes_the_item_nearest_each_centre() -> None:
    x = torch.tensor([[0.0, 0], [0, 2], [0, 1], [8, 0], [8, 2], [8, 1.1]])
    assert sorted(KMeans().select(make_view(x), 2).tolist()) == [2, 5]


def test_typiclust_goes_to_the_largest_clusters_without_a_label() -> None:
    x = directions(30, 20, 10, 12)
    labeled = directions(1, 0, 0, 0, seed=1)
    view = make_view(x, labeled_embeddings=labeled, labeled_y=torch.tensor([0]))
    # L + budget = 4 clusters: the first holds a label, the others follow by size.
    picks = TypiClust().select(view, 3)
    assert axis(x, picks) == [1, 3, 2]
    rows = unit(x)
    for pick, members in zip(picks.tolist(), (range(30, 50), range(60, 72), range(50, 60)), strict=True):
        distance = np.sort(np.linalg.norm(rows[members][:, None] - rows[members][None], axis=2), axis=1)[:, 1:21]
        assert pick == list(members)[int(distance.mean(axis=1).argmin())]


def test_typiclust_leaves_small_clusters_for_last_and_comes_round_again() -> None:
    x = directions(20, 3, 10)
    view = make_view(x)
    assert axis(x, TypiClust(min_size=1).select(view, 3)) == [0, 2, 1], "by size"
    assert axis(x, TypiClust(max_clusters=3).select(view, 5)) == [0, 2, 0, 2, 0], "a small one waits for the others"


def brute_cover(x: torch.Tensor, labeled: torch.Tensor | None, radius: float, budget: int) -> list[int]:
    rows = unit(x)
    ball = np.linalg.norm(rows[:, None] - rows[None], axis=2) <= radius
    covered = np.zeros(len(rows), dtype=bool)
    if labeled is not None:
        covered = (np.linalg.norm(rows[:, None] - unit(labeled)[None], axis=2) <= radius).any(axis=1)
    picks: list[int] = []
    for _ in range(budget):
        degree = (ball & ~covered).sum(axis=1)
        degree[picks] = -1
        if degree.max() <= 1:
            rest = [i for i in range(len(rows)) if i not in picks]
            return (picks + [i for i in rest if not covered[i]] + [i for i in rest if covered[i]])[:budget]
        picks.append(int(degree.argmax()))
        covered |= ball[picks[-1]]
    return picks


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("radius", [0.3, 0.6, 1.0])
def test_probcover_is_the_greedy_cover(seed: int, radius: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    x, labeled = torch.randn(60, 3, generator=generator), torch.randn(4, 3, generator=generator)
    for known in (None, labeled):
        y = None if known is None else torch.zeros(4, dtype=torch.int64)
        view = make_view(x, labeled_embeddings=known, labeled_y=y)
        assert ProbCover(radius=radius).select(view, 20).tolist() == brute_cover(x, known, radius, 20)


def test_probcover_chooses_a_radius_that_keeps_clusters_apart() -> None:
    x = directions(40, 30, 20)
    view = make_view(x)
    assert axis(x, ProbCover().select(view, 3)) == [0, 1, 2]
    # Clusters around the axes are about sqrt(2) apart, less their spread; radii are tried up to 1.
    assert 0.8 < view.notes["radius"] <= 1.0
    close = make_view(directions(40, 30, 20, spread=0.5))
    ProbCover().select(close, 3)
    assert close.notes["radius"] < view.notes["radius"]


def shortfalls(
    x: torch.Tensor, labeled: torch.Tensor, weight: np.ndarray, scale: float, picks: list[int]
) -> list[float]:
    """How much less than the best gain each pick adds to the coverage, computed in full."""
    rows = unit(x)

    def kernel(a: np.ndarray) -> np.ndarray:
        return np.exp(-(((a[:, None] - rows[None]) ** 2).sum(axis=2)) / (2 * scale**2))

    covered = kernel(unit(labeled)).max(axis=0)
    everything = kernel(rows)
    short = []
    for place, pick in enumerate(picks):
        gain = (np.maximum(everything - covered, 0) * weight).mean(axis=1)
        gain[picks[:place]] = -1
        short.append(gain.max() - gain[pick])
        covered = np.maximum(covered, everything[pick])
    return short


@pytest.mark.parametrize("seed", range(3))
def test_herding_raises_the_coverage_most(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    x, labeled = torch.randn(150, 4, generator=generator), torch.randn(5, 4, generator=generator)
    view = make_view(x, labeled_embeddings=labeled, labeled_y=torch.zeros(5, dtype=torch.int64))
    assert max(shortfalls(x, labeled, np.ones(150), 0.5, MaxHerding().select(view, 25).tolist())) < 1e-7
    top = view.probs.double().sort(dim=1, descending=True).values
    weight = (1 - top[:, 0] + top[:, 1]).numpy()
    assert max(shortfalls(x, labeled, weight, 0.5, UncertaintyHerding().select(view, 25).tolist())) < 1e-7


def test_herding_on_a_sample_of_references_still_covers() -> None:
    x = directions(50, 40, 30)
    assert sorted(axis(x, MaxHerding(reference=40).select(make_view(x), 3))) == [0, 1, 2]


ALL = [KMeans(), TypiClust(), ProbCover(), MaxHerding(), UncertaintyHerding()]


@pytest.mark.parametrize("strategy", ALL)
def test_edges(strategy: Strategy) -> None:
    assert strategy.select(make_view(torch.ones(1, 3)), 1).tolist() == [0]
    for x in (torch.ones(7, 3), torch.zeros(7, 3), torch.eye(7)):
        one = torch.ones(1, x.shape[1])
        view = make_view(x, labeled_embeddings=one, labeled_y=torch.tensor([0]))
        assert sorted(strategy.select(view, 7).tolist()) == list(range(7))
        assert len(set(strategy.select(view, 4).tolist())) == 4
    x = torch.randn(50, 4, generator=torch.Generator().manual_seed(0))
    first, again = (strategy.select(make_view(x, seed=3), 9).tolist() for _ in range(2))
    assert first == again
    x[11, 2] = float("nan")
    with pytest.raises(NonFiniteScores, match="1 of 50"):
        strategy.select(make_view(x), 5)

"""Items with the largest mutual information of dropout samples, found without scoring all exactly."""

from __future__ import annotations

import pytest
import torch

from albench.kernels import NonFiniteScores, mutual_information, settled_information, top_k, top_k_mutual_information
from albench.kernels.settled_information import _information_bound


def _pool(n: int, n_classes: int, *, scale: float = 2.0, seed: int = 0) -> torch.Tensor:
    """Probabilities of which each comes twice."""
    logits = torch.randn(n // 2, n_classes, generator=torch.Generator().manual_seed(seed)) * scale
    return logits.softmax(dim=1).repeat(2, 1)


def _samples(n: int, spread: float) -> list[torch.Tensor]:
    """Samples of items that are ever less sure, and differ ever more."""
    shared = torch.randn(n, 4, generator=torch.Generator().manual_seed(9)) * torch.linspace(20.0, 0.1, n)[:, None]
    noise = torch.linspace(0.0, spread, n)[:, None]
    draws = (torch.randn(n, 4, generator=torch.Generator().manual_seed(seed)) for seed in range(5))
    return [(shared + noise * draw).softmax(dim=1) for draw in draws]


@pytest.mark.parametrize("classes_first", [False, True])
@pytest.mark.parametrize("scale", [0.01, 2.0, 40.0])
def test_the_largest_mutual_information_is_that_of_all(scale: float, classes_first: bool) -> None:
    samples = [_pool(8000, 3, scale=scale, seed=seed) for seed in range(4)]
    if classes_first:
        samples = [sample.T.contiguous().T for sample in samples]
    for k in (0, 1, 50):
        assert torch.equal(top_k_mutual_information(iter(samples), k), top_k(mutual_information(samples), k))


def test_samples_that_are_too_many_to_keep_are_streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = [_pool(100, 3, seed=seed) for seed in range(4)]
    wanted = top_k_mutual_information(samples, 10)
    monkeypatch.setattr(settled_information, "_KEPT", 2 * samples[0].numel())
    monkeypatch.setattr(settled_information, "_rough_information", None)  # would fail
    assert torch.equal(top_k_mutual_information(iter(samples), 10), wanted)


def test_without_a_sample_there_is_nothing_to_choose() -> None:
    with pytest.raises(ValueError, match="there is no sample"):
        top_k_mutual_information([], 1)


@pytest.mark.parametrize("classes_first", [False, True])
@pytest.mark.parametrize("spread", [0.0, 0.3, 3.0, 300.0])
def test_bounds_leave_out_none_of_the_best(spread: float, classes_first: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settled_information, "_TRIED", 50)
    samples = _samples(1000, spread)
    for sample in samples:
        sample[500:700] = sample[300:500]  # which tie
    if classes_first:
        samples = [sample.T.contiguous().T for sample in samples]
    for k in (1, 20, 300, 1000):
        assert torch.equal(top_k_mutual_information(iter(samples), k), top_k(mutual_information(samples), k))


def test_equal_items_go_to_the_lowest_position_wherever_they_stand() -> None:
    few = _samples(300, 3.0)
    for seed in range(4):
        items = torch.randint(300, (1003 + seed,), generator=torch.Generator().manual_seed(seed))
        samples = [sample[items].T.contiguous().T for sample in few]
        assert torch.equal(top_k_mutual_information(samples, 200), top_k(mutual_information(samples), 200))


def test_few_items_are_scored_where_most_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settled_information, "_TRIED", 100)
    samples = _samples(4000, 3.0)
    rough, seen = settled_information._rough_information, []
    monkeypatch.setattr(
        settled_information, "_rough_information", lambda some: (seen.append(len(some[0])), rough(some))[1]
    )
    top_k_mutual_information(samples, 10)
    assert sum(seen) < 1500


def test_where_all_tie_none_is_scored_roughly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settled_information, "_TRIED", 50)
    sample = torch.nn.functional.one_hot(torch.arange(1000) % 3).float()
    rough, seen = settled_information._rough_information, []
    monkeypatch.setattr(
        settled_information, "_rough_information", lambda some: (seen.append(len(some[0])), rough(some))[1]
    )
    assert top_k_mutual_information([sample, sample], 3).tolist() == [0, 1, 2]
    assert seen == [50]


@pytest.mark.parametrize("scale", [1.0, 0.3, 7.0])
def test_the_bound_is_above(scale: float) -> None:
    samples = [*_samples(500, 3.0), torch.eye(4).repeat(125, 1)]
    samples = [sample * scale for sample in samples]  # rows need not sum to 1
    mean = sum(samples) / len(samples)
    between = sum((p * (p / mean).clamp(min=1e-30).log()).nan_to_num() for p in samples) / len(samples)
    assert (_information_bound(samples) >= between.sum(dim=1) - 1e-6).all()
    by_class = [sample.T.contiguous().T for sample in samples]
    assert torch.allclose(_information_bound(by_class), _information_bound(samples), rtol=0, atol=1e-6)


@pytest.mark.parametrize("tried", [2, 1000])
def test_a_sample_that_is_not_finite_raises(tried: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settled_information, "_TRIED", tried)
    for bad in (torch.nan, torch.inf):
        probs = _pool(100, 3)
        probs[4, 1] = bad
        with pytest.raises(NonFiniteScores, match="1 of 100"):
            top_k_mutual_information([probs, probs], 2)

"""Whole rounds of k-means: what the CPU's bounds leave out changes nothing, and a device is seldom waited for."""

from __future__ import annotations

import pytest
import torch
from draws import generator
from torch import Tensor

from albench.kernels import UnitRows, k_means, kmeans, kmeans_rounds
from albench.kernels.kmeans_rounds import lloyd
from albench.kernels.unit import Rows, mean_row
from albench.testing.pretended import pretended_cuda, unavailable


def groups(n: int, d: int, seed: int = 0) -> Tensor:
    drawn = generator(seed)
    return torch.randn(n, d, generator=drawn) + 2 * torch.randn(15, d, generator=drawn)[torch.arange(n) % 15]


POOLS = {
    "groups": lambda: groups(1500, 32),
    "unit rows": lambda: UnitRows(groups(1000, 24), groups(200, 24, seed=1)),
    "repeated": lambda: groups(300, 16)[torch.arange(900) % 300],
    "few": lambda: groups(90, 3),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", POOLS)
def test_the_groups_are_those_of_the_cpu(name: str, weighted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    x: Rows = POOLS[name]()
    weights = torch.rand(len(x), generator=generator(3)) if weighted else None
    monkeypatch.setattr(kmeans, "_WORK", 0)  # so that bounds have a part in it
    mean = mean_row(x)
    start = x[torch.arange(70)]
    share = torch.ones(len(x)) if weights is None else weights
    for iterations, tolerance in ((0, 5e-4), (1, 5e-4), (20, 5e-4), (9, 0.0)):
        kept = {"weights": weights, "centers": start, "iterations": iterations, "tolerance": tolerance}
        centers, assignment = k_means(x, 70, generator=generator(), **kept)  # type: ignore[arg-type]
        found, places = lloyd(x, mean, start - mean, share, iterations, tolerance)
        assert torch.equal(places, assignment)
        torch.testing.assert_close(found + mean, centers, rtol=1e-4, atol=1e-5)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    x = groups(700, 12)
    given = x, x.mean(dim=0), x[:20] - x.mean(dim=0), torch.ones(700), 20, 5e-4
    whole = lloyd(*given)
    monkeypatch.setattr(kmeans_rounds, "_HELD", 20 * 64)
    parts = lloyd(*given)
    torch.testing.assert_close(whole[0], parts[0])
    assert torch.equal(whole[1], parts[1])


def test_an_empty_centre_goes_to_the_item_that_is_farthest() -> None:
    x = torch.tensor([[0.0], [1.0], [2.0], [3.0], [50.0]])
    start = torch.tensor([[1.0], [900.0], [2.0]])
    centers, places = lloyd(x, torch.zeros(1), start, torch.ones(5), 20, 0.0)
    assert centers[:, 0].tolist() == [1.0, 50.0, 3.0]
    assert places.tolist() == [0, 0, 0, 2, 1]
    centers, places = lloyd(torch.ones(6, 2), torch.ones(2), torch.zeros(3, 2), torch.ones(6), 20, 5e-4)
    assert not centers.any()
    assert places.tolist() == [0] * 6


def test_a_device_is_asked_every_few_rounds() -> None:
    if reason := unavailable():
        pytest.skip(reason)
    x = groups(1500, 16)
    expected = k_means(x, 30, generator=generator(), tolerance=0.0)
    with pretended_cuda() as account:
        found = k_means(x.to("cuda:0"), 30, generator=generator(), tolerance=0.0)
        assert account.waits.pop(("upload", f"{__name__}.test_a_device_is_asked_every_few_rounds")) == 1
        assert account.count("waits") <= 2 + 21 / kmeans_rounds._AHEAD + 1
        assert torch.equal(found[1].cpu(), expected[1])
        torch.testing.assert_close(found[0].cpu(), expected[0])
    assert not account.sums
    assert not account.writes

"""Which items may be the nearest, against those that are measured."""

from __future__ import annotations

import pytest
import torch

from albench.kernels import likely, likely_neighbors, measure_again, nearest_neighbors


def test_likely_neighbors_hold_the_nearest_and_say_where_these_are_certain() -> None:
    generator = torch.Generator().manual_seed(0)
    x, queries = torch.randn(120, 16, generator=generator), torch.randn(300, 16, generator=generator)
    x[60:] = x[:60]  # so that the fifth nearest is as far as the sixth, in place of a rounding that decides
    _, wanted = nearest_neighbors(x, 4, metric="euclidean", queries=queries)
    likely, sure = likely_neighbors(x, 4, queries)
    assert likely.shape == (300, 12)
    assert torch.equal(measure_again(x, queries, likely, 4)[1], wanted)
    assert sure.float().mean() > 0.9
    assert torch.equal(likely[sure, :4].sort(dim=1).values, wanted[sure].sort(dim=1).values)
    assert not likely_neighbors(x, 5, queries)[1].any()
    whole, certain = likely_neighbors(x[:5], 5, queries)
    assert certain.all()
    assert torch.equal(whole.sort(dim=1).values, torch.arange(5).expand(300, 5))


@pytest.mark.parametrize("few", [8192, 0])
@pytest.mark.parametrize("kind", ["random", "duplicates", "equal", "zeros"])
def test_blocks_and_equal_distances_change_nothing(kind: str, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likely, "_ITEMS", few)
    monkeypatch.setattr(likely, "_FLOATS", 900)
    monkeypatch.setattr(likely, "_QUERIES", 70)
    generator = torch.Generator().manual_seed(1)
    x, queries = torch.randn(90, 5, generator=generator), torch.randn(150, 5, generator=generator)
    if kind == "duplicates":
        x = x[:4].repeat(23, 1)[:90]
    elif kind != "random":
        x = torch.full_like(x, 2.0 if kind == "equal" else 0.0)
    for k in (1, 6, 85, 90):
        found, sure = likely_neighbors(x, k, queries)
        assert found.shape == (150, min(k + 8, 90))
        _, wanted = nearest_neighbors(x, k, metric="euclidean", queries=queries)
        assert torch.equal(measure_again(x, queries, found, k)[1], wanted)
        assert torch.equal(found[sure, :k].sort(dim=1).values, wanted[sure].sort(dim=1).values)
        assert bool(sure.any()) == (kind == "random" or k == 90)

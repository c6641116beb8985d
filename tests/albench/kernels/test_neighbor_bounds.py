"""Coarse products bound what exact ones give."""

from __future__ import annotations

import pytest
import torch

from albench.kernels import (
    LeadingBounds,
    NonFiniteScores,
    coarse_pays,
    nearest_neighbors,
    nearest_of_other_groups,
    neighbor_bounds,
    similarity_bounds,
)
from albench.kernels.neighbor_bounds import coarse_error

COARSE = [torch.float32, torch.bfloat16]


@pytest.fixture(params=COARSE, ids=str)
def dtype(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> torch.dtype:
    """What rows are rounded to, whatever this processor is fast at."""
    found: torch.dtype = request.param
    monkeypatch.setattr(neighbor_bounds, "coarse_dtype", lambda _: found)
    return found


def _rows(n: int, dim: int) -> torch.Tensor:
    """Clusters, with duplicates, a row of zeros, and lengths over many magnitudes."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(n, dim, generator=generator) + 3 * torch.eye(dim)[torch.arange(n) % 5]
    x[40:80] = x[40]
    x[81] = 0
    return x * torch.logspace(-20, 15, n)[:, None]


@pytest.mark.parametrize("share", [0.05, 1.0])
def test_bounds_are_above_the_mean_similarity_and_near_it(dtype: torch.dtype, share: float) -> None:
    x, k = _rows(1500, 48), 10
    items = torch.randperm(len(x), generator=torch.Generator().manual_seed(1))[: int(share * len(x))]
    items = torch.cat([items, torch.tensor([40, 79, 81])]).unique()
    exact = nearest_neighbors(x, k)[0].double().mean(dim=1)[items]
    over = similarity_bounds(x, k, items) - exact
    assert float(over.min()) >= 0
    assert float(over.max()) <= (0.012 if dtype == torch.bfloat16 else 1e-4)


@pytest.mark.parametrize("size", [4, 24, 48])
def test_bounds_by_few_directions_are_above_the_mean_similarity_and_by_all_near_it(size: int) -> None:
    x, k = _rows(1501, 48), 10
    items = torch.randperm(len(x), generator=torch.Generator().manual_seed(1))
    over = LeadingBounds(x, k, size)(items) - nearest_neighbors(x, k)[0].double().mean(dim=1)[items]
    assert float(over.min()) >= 0
    assert float(over[x[items].norm(dim=1) > 1e-10].max()) <= (0.01 if size == 48 else 1.1)


def test_bounds_by_directions_name_rows_that_are_not_finite() -> None:
    with pytest.raises(NonFiniteScores, match="1 of 40 rows of embeddings are not finite"):
        LeadingBounds(torch.eye(40).index_fill_(0, torch.tensor([3]), torch.nan), 2, 4)(torch.arange(5))


@pytest.mark.usefixtures("dtype")
def test_more_duplicates_than_neighbours_do_not_hide_an_item_from_itself() -> None:
    x = torch.ones(60, 16)
    assert similarity_bounds(x, 5, torch.arange(0, 60, 20)).tolist() == pytest.approx([1.0] * 3, abs=0.012)


def test_the_error_covers_products_of_the_worst_rows() -> None:
    """Every entry lies halfway between two numbers of bfloat16, so that all are rounded by the most."""
    row = torch.full((512,), 1 + 2.0**-8) * torch.where(torch.arange(512) % 2 == 0, 1.0, 1 + 2.0**-7)
    row /= row.norm()
    coarse = (row.bfloat16()[None] @ row.bfloat16()[:, None]).float()[0, 0]
    assert abs(float(coarse) - 1) <= float(coarse_error(coarse, torch.bfloat16)) < 0.0061


def test_it_says_what_is_wrong() -> None:
    with pytest.raises(ValueError, match=r"k must be in 1 \.\. 3 for 4 items, got 4"):
        similarity_bounds(torch.ones(4, 2), 4, torch.tensor([0]))
    with pytest.raises(NonFiniteScores, match="1 of 2 rows"):
        similarity_bounds(torch.tensor([[1.0], [torch.inf]]), 1, torch.tensor([0]))


def test_only_a_processor_has_coarse_products() -> None:
    assert not coarse_pays(torch.device("cuda"))


@pytest.mark.usefixtures("dtype")
def test_the_nearest_item_of_another_group_lies_between_its_bounds() -> None:
    x = torch.nn.functional.normalize(_rows(700, 24).nan_to_num(), dim=1)
    group, items = torch.arange(700) % 5, torch.arange(3, 700, 7)
    other = (x[items] @ x.T).masked_fill(group[items, None] == group, -1).amax(dim=1)
    low, high = nearest_of_other_groups(x, items, group, exact=False)
    assert bool(((low <= other) & (other <= high)).all())
    assert float((high - low).max()) < 0.013
    for bound in nearest_of_other_groups(x, items, group, exact=True):
        torch.testing.assert_close(bound, other)
    nobody, _ = nearest_of_other_groups(x, items, torch.zeros(700, dtype=torch.int64), exact=True)
    assert nobody.tolist() == [-1.0] * len(items)

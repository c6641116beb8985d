"""Seeds of k-means: the same with and without the products that say which items a seed may be nearer to."""

from __future__ import annotations

import pytest
import torch
from draws import generator

from albench.kernels import kmeans_seeds
from albench.kernels.kmeans_seeds import greedy_seeds
from albench.kernels.unit import UnitRows, mean_row


@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e3])
@pytest.mark.parametrize("kind", ["isotropic", "groups", "repeated", "unit rows"])
def test_products_of_all_pairs_change_no_seed(kind: str, scale: float, monkeypatch: pytest.MonkeyPatch) -> None:
    x: torch.Tensor | UnitRows = scale * torch.randn(2500, 32, generator=generator())
    assert isinstance(x, torch.Tensor)
    if kind == "groups":
        x = x + 4.0 * scale * torch.randn(12, 32, generator=generator(1))[torch.arange(2500) % 12]
    if kind == "repeated":
        x = x[torch.arange(2500) % 180]
    if kind == "unit rows":
        x = UnitRows(x)
    weights = torch.rand(2500, generator=generator(2)) if kind == "groups" else None
    used: list[int | None] = []
    rows = kmeans_seeds._Reach.rows

    def counted(self: object, *given: torch.Tensor) -> torch.Tensor | None:
        found = rows(self, *given)  # type: ignore[arg-type]
        used.append(None if found is None else len(found))
        return found

    monkeypatch.setattr(kmeans_seeds._Reach, "rows", counted)
    monkeypatch.setattr(kmeans_seeds, "_LARGE", 0)
    mean = mean_row(x)
    found = greedy_seeds(x, mean, 200, generator(7), weights)
    assert sum(each is not None for each in used) > 150
    monkeypatch.setattr(kmeans_seeds, "_PAIRS_FROM", 10**9)
    assert torch.equal(found, greedy_seeds(x, mean, 200, generator(7), weights))


def test_products_are_those_of_all_rows_with_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kmeans_seeds, "_BLOCK", 7)
    x = torch.randn(40, 16, generator=generator())
    torch.testing.assert_close(kmeans_seeds._all_products(2.0 * x, x), 2.0 * x @ x.T)


def test_each_seed_is_an_item_and_none_comes_twice() -> None:
    x = torch.randn(3000, 16, generator=generator())
    mean = x.mean(dim=0)
    found = greedy_seeds(x, mean, 128, generator(), None)
    distance = torch.cdist(found.double(), (x - mean).double())
    assert float(distance.amin(dim=1).max()) < 1e-6
    assert len(set(distance.argmin(dim=1).tolist())) == 128


def test_where_items_run_out_the_lowest_follow() -> None:
    x = torch.tensor([[0.0, 0.0]] * 3 + [[1.0, 1.0]] * 3)
    found = greedy_seeds(x, torch.zeros(2), 5, generator(), None)
    assert found.shape == (5, 2)
    assert {tuple(row) for row in found.tolist()} == {(0.0, 0.0), (1.0, 1.0)}

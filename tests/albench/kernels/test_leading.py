"""Products in a few directions are never below those of whole rows."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from albench.kernels import UnitRows, leading
from albench.kernels.leading import Leading, cells, leading_directions, leading_rows
from albench.kernels.leading import leading as in_directions


def _clusters(n: int = 700, dim: int = 48) -> torch.Tensor:
    """Rows in five directions mostly, with duplicates and a row of zeros."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(n, dim, generator=generator) * torch.arange(1, dim + 1).rsqrt()
    x += 2 * torch.eye(dim)[torch.arange(n) % 5]
    x[40:80] = x[40]
    x[81] = 0
    return F.normalize(x, dim=1)


@pytest.mark.parametrize("size", [1, 8, 48])
def test_they_bound_the_products_of_whole_rows(size: int) -> None:
    x = _clusters()
    order = torch.randperm(700, generator=torch.Generator().manual_seed(1))
    rows = leading_rows(UnitRows(x), leading_directions(x, size), order)
    over = (rows @ rows.T).double() - x[order].double() @ x[order].double().T
    assert float(over.min()) >= -5e-5
    if size == 48:  # nothing is left out, but by the row of zeros
        some = order != 81
        assert float(over[some][:, some].max()) < 1e-3


def test_directions_are_those_of_the_largest_moments() -> None:
    x = _clusters()
    found = leading_directions(x, 5)
    torch.testing.assert_close(found.T @ found, torch.eye(5), atol=1e-6, rtol=0)
    largest = torch.linalg.eigvalsh(x.T @ x)[-5:].sum()
    assert float((x @ found).square().sum() / largest) > 0.98


@pytest.mark.parametrize("group", [16, 256])
@pytest.mark.parametrize("sizes", [(4, 4), (4, 16)])
def test_no_pair_that_is_near_is_left_out(group: int, sizes: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leading, "_GROUP", group)
    x = _clusters()
    few, more = (leading_rows(x, leading_directions(x, size)) for size in sizes)
    rows = Leading(few, few if sizes[0] == sizes[1] else more)
    row, column = rows[100:400].near(rows[300:], 0.8)
    told = torch.zeros(300, 400, dtype=torch.bool)
    told[row, column] = True
    assert len(row) == int(told.sum()) < told.numel() // 2
    assert bool((column.diff() >= 0).all())
    assert not bool(((x[100:400] @ x[300:].T >= 0.8) & ~told).any())


def test_cells_hold_what_lies_in_one_direction() -> None:
    x = _clusters()
    cell, nearness = cells(x, leading_directions(x, 32))
    assert len(cell) == len(nearness) == 700
    inside = (x @ x.T)[cell[:, None] == cell].mean()
    assert float(inside) > float((x @ x.T).mean()) + 0.3


@pytest.mark.parametrize(("power", "similarity", "wanted"), [(0.0, 0.3, None), (-2.0, 0.995, (3000, 17))])
def test_directions_are_taken_where_they_tell_pairs_apart(
    power: float, similarity: float, wanted: tuple[int, int] | None
) -> None:
    x = torch.randn(3000, 256, generator=torch.Generator().manual_seed(0)) * torch.arange(1, 257) ** power
    rows = UnitRows(x)
    found = in_directions(rows, torch.arange(3000), 3000, similarity, leading_directions(rows, 160), 1.0)
    assert (found and found.few.shape) == wanted

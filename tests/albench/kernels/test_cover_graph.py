"""The graph of balls against all pairs at once."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from albench.kernels import CoverGraph, UnitRows, cover_graph, leading

NEAR = 1 - 0.8**2 / 2


def _unit(n: int, dim: int = 4) -> torch.Tensor:
    x = torch.randn(n, dim, generator=torch.Generator().manual_seed(0))
    x[7:20] = x[7]
    return F.normalize(x, dim=1)


@pytest.fixture(params=[torch.float32, torch.bfloat16], ids=str)
def coarse(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What rows are rounded to, whatever this processor is fast at."""
    monkeypatch.setattr(cover_graph, "coarse_dtype", lambda _: request.param)


@pytest.mark.parametrize(("columns", "rows"), [(4096, 1024), (64, 16), (48, 48)])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("held", [1 << 23, 100], ids=["pairs are held", "too many"])
@pytest.mark.parametrize("sparse", [1.0, 0.0], ids=["pair by pair", "whole blocks"])
@pytest.mark.usefixtures("coarse")
def test_balls_are_those_of_all_pairs(
    columns: int, rows: int, share: float, held: int, sparse: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"_COLUMNS": columns, "_ROWS": rows, "_HELD": held, "_SPARSE": sparse}.items():
        monkeypatch.setattr(cover_graph, name, value)
    x = _unit(150)
    wanted = (torch.cdist(x.double(), x.double()) <= 0.8).long()
    counted = torch.randperm(150, generator=torch.Generator().manual_seed(1)) < share * 150
    graph = CoverGraph(UnitRows(x), NEAR, counted)
    assert graph.degree.tolist() == wanted[:, counted].sum(dim=1).tolist()
    for center in (0, 7, 149):
        assert (graph.inside(center) & counted).tolist() == (wanted[center].bool() & counted).tolist()
    for part in (torch.arange(150) % 3 == 0, torch.arange(150) % 3 == 1):
        graph.uncount(counted & part)
    left = counted & (torch.arange(150) % 3 == 2)
    assert graph.degree.tolist() == wanted[:, left].sum(dim=1).tolist()


@pytest.mark.parametrize("dense", [0.0, 1.0], ids=["whole blocks", "pair by pair"])
@pytest.mark.usefixtures("coarse")
def test_balls_are_the_same_by_directions_that_rule_pairs_out(dense: float, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"_COLUMNS": 256, "_ROWS": 128, "_LEADING_FROM": 1, "_COARSE": 1.0, "_DENSE": dense}.items():
        monkeypatch.setattr(cover_graph, name, value)
    monkeypatch.setattr(leading, "_ALONE", 0.0)  # so that they are taken for rows as short as these
    taken: list[object] = []
    told = cover_graph.leading
    monkeypatch.setattr(cover_graph, "leading", lambda *given: taken.append(told(*given)) or taken[-1])
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(900, 128, generator=generator) * torch.arange(1, 129) ** -1.5
    x[7:20] = x[7]
    x[21] = 0
    rows, counted = UnitRows(x), torch.rand(900, generator=generator) < 0.7
    inside = rows[:] @ rows[:].T >= 0.97
    graph = CoverGraph(rows, 0.97, counted)
    assert taken[0] is not None
    assert graph.degree.tolist() == inside[:, counted].sum(dim=1).tolist()
    new = graph.inside(7) & counted
    assert new.tolist() == (inside[7] & counted).tolist()
    graph.uncount(new)
    assert graph.degree.tolist() == inside[:, counted & ~new].sum(dim=1).tolist()


@pytest.mark.usefixtures("coarse")
def test_pairs_at_the_very_radius_are_told_by_exact_products() -> None:
    """Similarities of 0.75 and a little less, which bfloat16 does not tell apart."""
    angle = torch.tensor([0.0, *torch.linspace(-3e-4, 3e-4, 99).add(0.75).acos()], dtype=torch.float64)
    x = torch.stack([angle.cos(), angle.sin()], dim=1)
    graph = CoverGraph(x.float(), 0.75, torch.arange(100) > 0)
    assert int(graph.degree[0]) == int((x[1:, 0].float() >= 0.75).sum()) == 50

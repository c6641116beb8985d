"""Coverage counted in blocks against all pairs at once."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from albench.kernels import cover_counts, coverage, is_covered


def _unit(n: int, seed: int = 0) -> torch.Tensor:
    return F.normalize(torch.randn(n, 4, generator=torch.Generator().manual_seed(seed)), dim=1)


@pytest.mark.parametrize("rows", [7, 64, 2048])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 1.0])
def test_counts_are_those_of_all_pairs(rows: int, share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "_ROWS", rows)
    x, near = _unit(150), 1 - 0.8**2 / 2
    inside = torch.cdist(x.double(), x.double()) <= 0.8
    counted = torch.arange(150) < share * 150
    assert cover_counts(x, near, counted=counted).tolist() == inside[:, counted].sum(dim=1).tolist()
    assert cover_counts(x, near).tolist() == inside.sum(dim=1).tolist()
    assert cover_counts(x, near, items=x[counted]).tolist() == inside[:, counted].sum(dim=1).tolist()
    assert is_covered(x, x[counted], near).tolist() == inside[:, counted].any(dim=1).tolist()


def test_what_is_counted_is_said_once() -> None:
    x = _unit(3)
    with pytest.raises(ValueError, match="give items or counted, not both"):
        cover_counts(x, 0.5, items=x, counted=torch.ones(3, dtype=torch.bool))

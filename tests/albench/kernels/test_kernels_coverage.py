"""Coverage counted in blocks against all pairs at once; statistics of samples against NumPy and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.stats import entropy as scipy_entropy

from albench.kernels import cover_counts, coverage, is_covered, mean_standard_deviation, mutual_information, samples


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


@pytest.mark.parametrize("rows", [7, 8192])
def test_statistics_of_samples(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "_ROWS", rows)
    drawn = torch.rand(6, 40, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    probs = drawn / drawn.sum(dim=2, keepdim=True)
    wanted = scipy_entropy(probs.mean(dim=0).numpy(), axis=1) - scipy_entropy(probs.numpy(), axis=2).mean(axis=0)
    np.testing.assert_allclose(mutual_information(iter(probs)).numpy(), wanted, atol=1e-12)
    np.testing.assert_allclose(mean_standard_deviation(iter(probs)).numpy(), probs.numpy().std(axis=0).mean(axis=1))
    assert mutual_information(probs[:1]).tolist() == [0.0] * 40
    for statistic in (mutual_information, mean_standard_deviation):
        with pytest.raises(ValueError, match="there is no sample"):
            statistic([])

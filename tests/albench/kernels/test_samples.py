"""Statistics of samples, streamed, against NumPy and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import entropy as scipy_entropy

from albench.kernels import mean_standard_deviation, mutual_information, samples


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

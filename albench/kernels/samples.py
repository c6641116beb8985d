"""Statistics of Monte Carlo samples of a model, streamed: memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from albench.kernels.scores import entropy, floats

_ROWS = 8192
"""Items in one block of float64 on the CPU."""


def mutual_information(samples: Iterable[Tensor]) -> Tensor:
    """What the samples disagree about: ``H( mean_t p_t ) - mean_t H(p_t)``.

    Parameters
    ----------
    samples
        Probabilities (N, C), one tensor a sample, e.g. ``view.mc_probs(20)``; at least one.

    Returns
    -------
    (N,) float64 in nats, 0 .. the smaller of log C and log of the number of samples; NaN where a sample is not finite.
    In float64 throughout: the two terms are close where the samples agree, and their difference is what ranks.

    Notes
    -----
    Houlsby, Huszar, Ghahramani and Lengyel (2011), "Bayesian Active Learning for Classification and Preference
    Learning", arXiv 1112.5745.
    """
    count, total, within = 0, torch.empty(0), torch.empty(0)
    for sample in samples:
        if not count:
            total = torch.zeros(sample.shape, dtype=torch.float64, device=sample.device)
            within = torch.zeros(len(sample), dtype=torch.float64, device=sample.device)
        count += 1
        rows = _rows(sample)
        for part, summed, spread in zip(*(t.split(rows) for t in (sample, total, within)), strict=True):
            probs = part.double()
            summed += probs
            spread += entropy(probs)
    _require(count)
    return (entropy(total / count) - within / count).clamp(min=0)


def mean_standard_deviation(samples: Iterable[Tensor]) -> Tensor:
    """Mean over classes of the standard deviation of a class's probability over the samples.

    Parameters
    ----------
    samples
        Probabilities (N, C), one tensor a sample; at least one.

    Returns
    -------
    (N,) float64.
    """
    # Welford's update: E[p^2] - E[p]^2 would lose all digits where the samples hardly differ.
    count, mean, squares = 0, torch.empty(0), torch.empty(0)
    for sample in samples:
        if not count:
            mean = torch.zeros(sample.shape, dtype=torch.float64, device=sample.device)
            squares = torch.zeros_like(mean)
        count += 1
        rows = _rows(sample)
        for part, average, square in zip(*(t.split(rows) for t in (sample, mean, squares)), strict=True):
            change = part.double() - average
            average += change / count
            square += change * (part.double() - average)
    _require(count)
    return (squares / count).clamp(min=0).sqrt().mean(dim=1)


def _rows(sample: Tensor) -> int:
    """Items in one block of a sample (N, C)."""
    classes = max(1, sample.shape[1])
    return max(_ROWS, floats(sample.device, _ROWS * classes) // classes)


def _require(count: int) -> None:
    if not count:
        raise ValueError("there is no sample")

"""What values a metric can have."""

from __future__ import annotations

import math

from albench.compare.gather import METRICS


def metric_range(metric: str) -> tuple[float, float]:
    """Lowest and highest value that a metric can have; infinities of one that is not known here."""
    if metric == "quadratic_weighted_kappa":
        return -1.0, 1.0
    return (0.0, 1.0) if metric in METRICS or metric.startswith("recall.") else (-math.inf, math.inf)

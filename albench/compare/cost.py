"""What labels and computing cost: hours of a trial, and curves ranked by quality at equal cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from albench.errors import UserError

KEYS = ("seconds-per-label", "price-per-label", "price-per-hour")


@dataclass(frozen=True)
class Cost:
    """Prices. In seconds where only ``seconds_per_label`` is given, else in money.

    Attributes
    ----------
    seconds_per_label
        Time of an annotator for one label.
    price_per_label
        Money for one label.
    price_per_hour
        Money for one hour of computing.
    """

    seconds_per_label: float = 0.0
    price_per_label: float = 0.0
    price_per_hour: float = 0.0

    @property
    def unit(self) -> str:
        return "money" if self.price_per_label or self.price_per_hour else "hours"

    def of(self, n_labeled: np.ndarray, seconds: np.ndarray) -> np.ndarray:
        """(..., L) what label counts (L,) after computing seconds (..., L) have cost: hours, or money."""
        if self.unit == "money":
            return n_labeled * self.price_per_label + seconds / 3600 * self.price_per_hour
        return (n_labeled * self.seconds_per_label + seconds) / 3600

    def __str__(self) -> str:
        given = zip(KEYS, (self.seconds_per_label, self.price_per_label, self.price_per_hour), strict=True)
        return ", ".join(f"{key}={value:g}" for key, value in given if value)


def parse_cost(words: Sequence[str]) -> Cost:
    """Read ``seconds-per-label=30`` and the like.

    Raises
    ------
    UserError
        Where a key or number is wrong, or time and money are mixed.
    """
    prices: dict[str, float] = {}
    for word in words:
        key, _, text = word.partition("=")
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if key not in KEYS or not (np.isfinite(number) and number >= 0):
            raise UserError(f"cost '{word}': write one of {', '.join(f'{key}=NUMBER' for key in KEYS)}.")
        prices[key.replace("-", "_")] = number
    cost = Cost(**prices)
    if cost.unit == "money" and cost.seconds_per_label:
        raise UserError("cost: give seconds-per-label alone, or price-per-label and price-per-hour.")
    return cost


def spent_seconds(train: np.ndarray, query: np.ndarray) -> np.ndarray:
    """(R, S, L) computing until each label count: training up to it and the queries before it."""
    before = np.concatenate([np.zeros_like(query[..., :1]), query[..., :-1]], axis=-1)
    return np.cumsum(train + before, axis=-1)


def area_at_equal_cost(values: np.ndarray, spent: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Mean height of each curve over the costs that all of them cover, by trapezoids.

    Parameters
    ----------
    values, spent
        (R, S, L) the metric and the cost at each label count; a curve with a NaN is left out.

    Returns
    -------
    (R, S) areas, NaN for what is left out or where no cost is common; the lowest and highest common cost.
    """
    whole = ~(np.isnan(values) | np.isnan(spent)).any(axis=-1)
    areas = np.full(whole.shape, np.nan)
    if not whole.any():
        return areas, float("nan"), float("nan")
    low, high = float(spent[whole][:, 0].max()), float(spent[whole][:, -1].min())
    if low >= high:
        return areas, low, high
    for row, seed in zip(*np.nonzero(whole), strict=True):
        cost, value = spent[row, seed], values[row, seed]
        points = np.concatenate([[low], cost[(cost > low) & (cost < high)], [high]])
        heights = np.interp(points, cost, value)
        areas[row, seed] = ((heights[1:] + heights[:-1]) / 2 * np.diff(points)).sum() / (high - low)
    return areas, low, high

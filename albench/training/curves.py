"""What the steps of a round log, kept as short curves, and the check that it is still numbers."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from albench.api.method import State
from albench.errors import TrialError

CURVE_POINTS = 20
"""Points kept of each training curve in a round's record."""


class Curves:
    """Means of what each step logs, over at most ``CURVE_POINTS`` stretches of a round, summed on the device.

    Logs are scalars, or (L,) where several lanes train together; ``lane`` then says whose curves are meant.
    """

    def __init__(self, steps: int) -> None:
        self._points = min(CURVE_POINTS, steps)
        self._steps = steps
        self._sums: list[dict[str, Tensor]] = [{} for _ in range(self._points)]
        self._counts = [0] * self._points
        self._losses: list[Tensor] = []
        self._first = 0

    @property
    def _wide(self) -> bool:
        return bool(self._losses) and self._losses[0].ndim > 0

    def add(self, step: int, logs: dict[str, Tensor]) -> None:
        place = step * self._points // self._steps
        sums = self._sums[place]
        self._counts[place] += 1
        self._losses.append(logs["loss"])
        for name, value in logs.items():
            sums[name] = value.float() + sums[name] if name in sums else value.float()

    def check_finite(self, number: int, state: State, lane: int = 0) -> None:
        """Stop the trial where the loss, or what the method remembers, is no number any more.

        Parameters
        ----------
        number
            The round, for the message.
        state
            The method's; with lanes every tensor has them as its first dimension.
        """
        losses = _numbers(self._losses, lane)
        bad = next((at for at, value in enumerate(losses) if not math.isfinite(value)), None)
        if bad is not None:
            last = ", ".join(f"{value:.4g}" for value in losses[max(0, bad - 3) : bad])
            raise TrialError(
                f"the loss became {losses[bad]} in round {number}, step {self._first + bad}; the steps before had "
                f"{last or 'none'}: lower lr or check the data"
            )
        floats = {name: value for name, value in state.items() if value.is_floating_point()}
        flags = [value[lane if self._wide else ...].isnan().any() for value in floats.values()]
        for name, is_bad in zip(floats, torch.stack(flags).tolist() if flags else (), strict=True):
            if is_bad:
                raise TrialError(
                    f"the method's state '{name}' became NaN in round {number}, by step {self._first + len(losses) - 1}"
                )

    def forget(self) -> None:
        """Keep no single losses of the steps so far, which have been checked."""
        self._first += len(self._losses)
        self._losses.clear()

    def means(self, lane: int = 0) -> dict[str, list[float]]:
        """name -> the mean of each stretch."""
        names = sorted({name for sums in self._sums for name in sums})
        curves: dict[str, list[float]] = {}
        for name in names:
            stretches = [
                (sums[name], count) for sums, count in zip(self._sums, self._counts, strict=True) if name in sums
            ]
            values = _numbers([total for total, _ in stretches], lane)
            curves[name] = [float(f"{value / count:.6g}") for value, (_, count) in zip(values, stretches, strict=True)]
        return curves


def _numbers(sums: list[Tensor], lane: int) -> list[float]:
    """A lane's values, read from the device at once."""
    values: list[float] = torch.stack([each.view(-1)[lane] for each in sums]).tolist()
    return values

"""What the steps of a round log, kept as short curves, and the check that it is still numbers."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import torch
from torch import Tensor

from albench.api.method import State
from albench.errors import TrialError

CURVE_POINTS = 20
"""Points kept of each training curve in a round's record."""
UNREAD_STEPS = 256
"""Steps whose logs may stay on the device: reading them waits for it, once for all of them."""


class Curves:
    """Means of what each step logs, over at most ``CURVE_POINTS`` stretches of a round, summed in float32.

    Logs are scalars, or (L,) where several lanes train together; ``lane`` then says whose curves are meant.
    """

    def __init__(self, steps: int) -> None:
        self._points = min(CURVE_POINTS, steps)
        self._steps = steps
        self._sums: list[dict[str, np.ndarray]] = [{} for _ in range(self._points)]
        self._counts = [0] * self._points
        self._unread: list[tuple[int, dict[str, Tensor]]] = []
        self._losses: list[np.ndarray] = []
        self._wide = False
        self._first = 0

    def add(self, step: int, logs: dict[str, Tensor]) -> None:
        self._unread.append((step * self._points // self._steps, logs))
        self._wide = logs["loss"].ndim > 0
        if len(self._unread) == UNREAD_STEPS:
            self._read()

    def _read(self) -> None:
        """Sum what the steps since the last time logged, read from the device at once."""
        if not self._unread:
            return
        logged: dict[tuple[int, str], list[Tensor]] = defaultdict(list)
        for place, logs in self._unread:
            self._counts[place] += 1
            for name, value in logs.items():
                logged[place, name].append(value)
        values = torch.stack([value.float() for each in logged.values() for value in each]).cpu().numpy()
        ends = np.cumsum([len(each) for each in logged.values()])
        for (place, name), rows in zip(logged, np.split(values.reshape(len(values), -1), ends[:-1]), strict=True):
            if name == "loss":
                self._losses.append(rows)
            before = self._sums[place].get(name)
            # One after the other, in the type of the logs.
            self._sums[place][name] = np.cumsum(rows if before is None else np.vstack([before, rows]), axis=0)[-1]
        self._unread.clear()

    def check_finite(self, number: int, state: State, lane: int = 0) -> None:
        """Stop the trial where the loss, or what the method remembers, is no number any more.

        Parameters
        ----------
        number
            The round, for the message.
        state
            The method's; with lanes every tensor has them as its first dimension.
        """
        self._read()
        losses = np.concatenate([rows[:, lane] for rows in self._losses] or [np.empty(0)]).tolist()
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
        self._first += sum(map(len, self._losses))
        self._losses.clear()

    def means(self, lane: int = 0) -> dict[str, list[float]]:
        """name -> the mean of each stretch."""
        self._read()
        names = sorted({name for sums in self._sums for name in sums})
        curves: dict[str, list[float]] = {}
        for name in names:
            stretches = [
                (sums[name], count) for sums, count in zip(self._sums, self._counts, strict=True) if name in sums
            ]
            curves[name] = [float(f"{float(total[lane]) / count:.6g}") for total, count in stretches]
        return curves

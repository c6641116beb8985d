"""Weak and strong views of feature vectors: noise scaled by each feature's spread, dropout and mixing.

A vector has no flip and no crop; these views are a choice of this project, not of a paper. Drawing Gaussian noise for
each batch would cost as much as training the network on it, so each item picks its row, by its own noise, from banks
drawn once a trial.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from albench.api.dataset import FeatureDataset
from albench.augment.draws import check_columns, pick

NORMALS = 1 << 22
"""Standard normal numbers in the noise bank: 16 MB."""
MASKS = 1 << 20
"""Dropout factors in the mask bank: 4 MB."""
STRIDE = 16
"""Distance between the starts of two bank rows: rows overlap, which gives 16 MB some 260,000 of them."""
MAX_STD_ROWS = 8192
"""Items read for the spread of each feature; the error of a standard deviation from as many is below 1 %."""

_NOISE, _MASK, _NEIGHBOR, _COLUMNS = range(4)


class FeatureViews:
    """The built-in views of (B, D) float32 vectors.

    Weak: ``x + weak_noise * std * n``.
    Strong: ``m * ((1 - strong_mix) * x + strong_mix * x[j] + strong_noise * std * n)``.

    Here ``n`` is standard normal, ``m`` is 0 for a share ``strong_dropout`` of the features and
    ``1 / (1 - strong_dropout)`` for the others, and ``j`` is any other row of the batch. Row i of a view depends on
    row i of x and of the noise alone, but for ``x[j]``.

    ``n`` and ``m`` are windows of two banks drawn once: ``n`` starts at one of about 260,000 places of 4 Mi normals
    (16 MB), ``m`` at one of about 65,000 places of 1 Mi factors (4 MB), both less ``D / 16``. Wider items than half a
    bank get a bank of twice their width.

    Parameters
    ----------
    options
        Scales of the views.
    train_x
        (N, D) items, for the spread of each feature (over at most ``MAX_STD_ROWS`` evenly spaced ones).
    device
        Where the views are made.
    generator
        Draws the banks.
    """

    def __init__(
        self,
        options: FeatureDataset,
        train_x: Tensor | np.ndarray,
        device: torch.device,
        generator: torch.Generator,
    ) -> None:
        std = feature_std(train_x).to(device)
        width = len(std)
        home = generator.device
        normals = torch.randn(max(NORMALS, 2 * width), generator=generator, device=home)
        # Drawn whatever the options are, so that the strong views of two settings differ by the setting alone.
        uniform = torch.rand(max(MASKS, 2 * width), generator=generator, device=home)
        kept = (uniform >= options.strong_dropout).float() / (1 - options.strong_dropout)
        self._normals = _windows(normals.to(device), width)
        self._masks = _windows(kept.to(device), width)
        self._weak_scale = options.weak_noise * std
        self._strong_scale = options.strong_noise * std
        self._mix = options.strong_mix
        self._drops = options.strong_dropout > 0

    def weak(self, x: Tensor, noise: Tensor) -> Tensor:
        """(B, D) float32: x with a little noise."""
        check_columns(noise, _COLUMNS)
        return torch.addcmul(x, self._rows(self._normals, noise[:, _NOISE]), self._weak_scale)

    def strong(self, x: Tensor, noise: Tensor) -> Tensor:
        """(B, D) float32: x mixed with a neighbour in the batch, with more noise and with features dropped."""
        check_columns(noise, _COLUMNS)
        mixed = torch.lerp(x, x.index_select(0, neighbors(noise[:, _NEIGHBOR])), self._mix) if self._mix else x
        view = torch.addcmul(mixed, self._rows(self._normals, noise[:, _NOISE]), self._strong_scale)
        return view.mul_(self._rows(self._masks, noise[:, _MASK])) if self._drops else view

    @staticmethod
    def _rows(bank: Tensor, uniform: Tensor) -> Tensor:
        return bank.index_select(0, pick(uniform, len(bank)))


def neighbors(uniform: Tensor) -> Tensor:
    """(B,) int64: for each row of a batch another row, all others equally likely; row 0 where it is alone."""
    n = len(uniform)
    step = 1 + pick(uniform, max(n - 1, 1))
    return (torch.arange(n, device=uniform.device) + step) % n


def feature_std(x: Tensor | np.ndarray) -> Tensor:
    """(D,) float32 standard deviation of each feature of (N, D) items; see ``MAX_STD_ROWS``."""
    step = -(-len(x) // MAX_STD_ROWS)
    rows = x[::step]
    # An array may be a read-only memory map, which torch does not wrap: copy.
    items = rows if isinstance(rows, Tensor) else torch.from_numpy(np.array(rows, dtype=np.float32))
    return items.float().std(dim=0, correction=0)


def _windows(bank: Tensor, width: int) -> Tensor:
    """All windows of ``width`` numbers that start ``STRIDE`` apart: (n, width), a view."""
    return bank.unfold(0, width, STRIDE)

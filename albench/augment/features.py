"""Weak and strong views of feature vectors: noise scaled by each feature's spread, dropout and mixing.

A vector has no flip and no crop; these views are a choice of this project, not of a paper. Drawing Gaussian noise for
each batch would cost as much as training the network on it, so each batch reads a random stretch of banks that are
drawn once a trial.
"""

from __future__ import annotations

import functools
from typing import Any

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
"""Stretches start at multiples of it, which keeps them aligned and gives 16 MB some 260,000 starts."""
MAX_STD_ROWS = 8192
"""Items read for the spread of each feature; the error of a standard deviation from as many is below 1 %."""

_NOISE, _MASK, _NEIGHBOR, _COLUMNS = range(4)
_LOCAL = _COLUMNS
"""The column that picks the differences of a shift; only a data set that shifts needs it."""
LOCAL, LOCAL_AMONG, LOCAL_NEAREST = 512, 2048, 10
"""Differences that are kept, of items among so many, each from one of its so many nearest."""


class FeatureViews:
    """The built-in views of (B, D) float32 vectors.

    Weak: ``x + weak_noise * std * n``.
    Strong: ``m * ((1 - strong_mix) * x + strong_mix * x[j] + strong_shift * d[k] + strong_noise * std * n)``.

    Here ``n`` is standard normal, ``m`` is 0 for a share ``strong_dropout`` of the features and
    ``1 / (1 - strong_dropout)`` for the others, ``j = (i + s) mod B`` is another row of the batch, and ``d`` are local
    differences: of an item of the pool from one of its nearest. Independent noise all but vanishes in the sum over many
    features that a network looks at; a difference of two items is as large there as items are, and that of two near
    ones, which mostly have one label, rather leaves the label as it is.

    The first row of the noise decides for a batch: where its stretch of 4 Mi normals (16 MB) starts, where that of
    1 Mi dropout factors (4 MB), the shift ``s`` and where the differences start. Row i reads the i-th ``D`` numbers of
    a stretch; one that is longer than its bank goes on from the bank's start.

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
        # Drawn whatever the options are, so that the strong views of two settings differ by the setting alone.
        normals, uniform = _drawn(generator, max(NORMALS, 2 * len(std)), max(MASKS, 2 * len(std)))
        kept = (uniform >= options.strong_dropout).float() / (1 - options.strong_dropout)
        self._normals = normals.to(device)
        self._masks = kept.to(device)
        self._weak_scale = options.weak_noise * std
        self._strong_scale = options.strong_noise * std
        self._mix = options.strong_mix
        self._shift = options.strong_shift
        self._local = local_differences(train_x, generator).to(device) if options.strong_shift else None
        self._drops = options.strong_dropout > 0

    def weak(self, x: Tensor, noise: Tensor, consume: bool = False, size: int | None = None) -> Tensor:
        """(B, D) float32: x with a little noise; written over x where it may be consumed."""
        check_columns(noise, _COLUMNS)
        normals = stretches(self._normals, noise[:: size or len(x), _NOISE], x.shape)
        return (x if consume else x.clone()).addcmul_(normals, self._weak_scale)

    def strong(self, x: Tensor, noise: Tensor, size: int | None = None) -> Tensor:
        """(B, D) float32: x mixed with a neighbour in the batch, with more noise and with features dropped."""
        check_columns(noise, _LOCAL + 1 if self._shift else _COLUMNS)
        first = noise[:: size or len(x)]
        mixed = mix(x, first[:, _NEIGHBOR], self._mix) if self._mix else x.clone()
        if self._local is not None:
            picked = pick(first[:, _LOCAL], len(self._local))
            rows = _rows_from(picked, len(x) // len(first), len(self._local))
            mixed.add_(self._local.index_select(0, rows), alpha=self._shift)
        view = mixed.addcmul_(stretches(self._normals, first[:, _NOISE], x.shape), self._strong_scale)
        return view.mul_(stretches(self._masks, first[:, _MASK], x.shape)) if self._drops else view


def _drawn(generator: torch.Generator, normals: int, uniform: int) -> tuple[Tensor, Tensor]:
    """So many standard normal and uniform numbers; trials of one seed on a CPU, which draws for long, share them."""
    if generator.device.type != "cpu":
        return _numbers(generator, normals, uniform)
    *drawn, after = _numbers_of(generator.get_state().numpy().tobytes(), normals, uniform)
    generator.set_state(after)
    return drawn[0], drawn[1]


def _numbers(generator: torch.Generator, normals: int, uniform: int) -> tuple[Tensor, Tensor]:
    settings: dict[str, Any] = {"generator": generator, "device": generator.device}
    return torch.randn(normals, **settings), torch.rand(uniform, **settings)


@functools.lru_cache(maxsize=4)
def _numbers_of(state: bytes, normals: int, uniform: int) -> tuple[Tensor, Tensor, Tensor]:
    """What a generator in some state draws, which nobody writes to, and its state afterwards."""
    generator = torch.Generator()
    generator.set_state(torch.tensor(list(state), dtype=torch.uint8, device="cpu"))
    return *_numbers(generator, normals, uniform), generator.get_state()


def stretches(bank: Tensor, uniform: Tensor, shape: torch.Size) -> Tensor:
    """(B, D) numbers of a bank (n,): as many stretches, one after the other, as uniform (k,) in [0, 1) picks starts."""
    rows, width = shape[0] // len(uniform), shape[1]
    count = rows * width
    start = STRIDE * pick(uniform, max(len(bank) - count, 0) // STRIDE + 1)
    if bank.device.type == "cpu" and count <= len(bank):
        found = [bank[each : each + count] for each in start.tolist()]
        return (found[0] if len(found) == 1 else torch.cat(found)).view(shape)
    # Elsewhere reading the starts back would wait for the device: the same rows are gathered there.
    windows = bank.unfold(0, width, 1)
    return windows.index_select(0, _rows_from(start, rows, len(windows), width))


def mix(x: Tensor, uniform: Tensor, weight: float) -> Tensor:
    """(B, D): each row with a share of another one of its batch.

    The rows of each of k batches, which lie one after the other, are shifted by what uniform (k,) in [0, 1) picks.
    """
    count = len(uniform)
    n = len(x) // count
    shift = 1 + pick(uniform, max(n - 1, 1))
    if x.device.type != "cpu" or count > 1:
        batch = torch.arange(count, device=x.device).mul_(n).unsqueeze(1)
        return torch.lerp(x, x.index_select(0, (_rows_from(shift, n, n).view(count, n) + batch).flatten()), weight)
    first = n - int(shift) % n
    mixed = torch.empty_like(x)
    torch.lerp(x[:first], x[n - first :], weight, out=mixed[:first])
    torch.lerp(x[first:], x[: n - first], weight, out=mixed[first:])
    return mixed


def _rows_from(start: Tensor, rows: int, length: int, step: int = 1) -> Tensor:
    """(k * rows,) int64: from each start (k,) so many places, ``step`` apart, that begin again after ``length``."""
    places = torch.arange(0, rows * step, step, device=start.device)
    return start.unsqueeze(1).add(places).remainder_(length).flatten()


def local_differences(x: Tensor | np.ndarray, generator: torch.Generator) -> Tensor:
    """(M, D) float32 on the CPU: of M items of (N, D), each less one of its nearest, or the other way round.

    M is at most ``LOCAL``; neighbours are by Euclidean distance among at most ``LOCAL_AMONG`` evenly spaced items.
    """
    items = _spaced(x, LOCAL_AMONG).cpu()
    home = generator.device
    rows = torch.randperm(len(items), generator=generator, device=home)[:LOCAL].cpu()
    distance = torch.cdist(items[rows], items).index_put_((torch.arange(len(rows)), rows), torch.tensor(torch.inf))
    nearest = distance.topk(min(LOCAL_NEAREST, len(items)), largest=False).indices
    drawn = torch.randint(max(min(LOCAL_NEAREST, len(items) - 1), 1), (len(rows), 1), generator=generator, device=home)
    signs = torch.randint(2, (len(rows), 1), generator=generator, device=home).cpu() * 2 - 1
    return (items[rows] - items[nearest.gather(1, drawn.cpu())[:, 0]]) * signs


def feature_std(x: Tensor | np.ndarray) -> Tensor:
    """(D,) float32 standard deviation of each feature of (N, D) items; see ``MAX_STD_ROWS``."""
    return _spaced(x, MAX_STD_ROWS).std(dim=0, correction=0)


def _spaced(x: Tensor | np.ndarray, most: int) -> Tensor:
    """At most so many evenly spaced rows, float32."""
    rows = x[:: -(-len(x) // most)]
    # An array may be a read-only memory map, which torch does not wrap: copy.
    items = rows if isinstance(rows, Tensor) else torch.from_numpy(np.array(rows, dtype=np.float32))
    return items.float()

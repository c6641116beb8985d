"""k-means++ on factored vectors: each item is an outer product a b^T, which is never formed.

With g = a (outer) b, <g_i, g_j> = <a_i, a_j> <b_i, b_j>. So a squared distance costs C + D products instead of C * D.

The plain algorithm reads every item once for each pick. Most of that is saved without changing what is sampled or
picked: an item's distance to its nearest centre only falls, so what was true some picks ago is an upper bound.

- Sampling: items are proposed in proportion to their bounds, many at once, and one after the other accepted with the
  probability distance / bound. What is accepted is distributed in proportion to the distances (rejection sampling).
- Farthest first: the items with the largest bounds are measured, and the order is carried on among them for as long as
  the best of them beats the largest bound outside.

All bounds are brought up to date, by one matrix product with all the new centres, only where many proposals fail. They
are float32 plus what these may be short by; the few items that decide are measured in float64.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from albench.kernels.blocks import joined
from albench.kernels.finite import NonFiniteScores
from albench.kernels.kcenter import _PICKED, _greedy_order, _largest
from albench.kernels.sending import sent
from albench.kernels.sums import running_sum

_ROWS, _ROWS_ON_DEVICE = 4096, 1 << 16
_MOST_PROPOSALS = 8192


def k_means_plus_plus(
    a: Tensor,
    b: Tensor,
    k: int,
    *,
    generator: torch.Generator | None = None,
    first: int | None = None,
    lookahead: int = 256,
) -> Tensor:
    """Choose k items, each by its squared distance to the nearest item chosen before.

    Parameters
    ----------
    a, b
        (N, C) and (N, D) float32: item i is the matrix ``outer(a[i], b[i])``. A column of ones as ``a`` leaves ``b``.
    k
        How many items to choose, 0 .. N.
    generator
        Items are sampled in proportion to their squared distance, with the random numbers of this generator. Without
        one the farthest item is taken.
    first
        The first item; by default the one with the largest norm.
    lookahead
        How many items are looked at for the next picks. It changes the speed, not the distribution of the picks.

    Returns
    -------
    (k,) int64 distinct positions in the order chosen. Distances are measured in float64 and rounded to float32; equal
    ones go to the lowest position. Where all the items left coincide with chosen ones, they are drawn uniformly, or
    taken in order of position without a generator.

    Raises
    ------
    NonFiniteScores
        Norms are not finite: an input is not, or its square overflows; the message counts the items.
    ValueError
        A shape, k or ``first`` is wrong.

    Notes
    -----
    Arthur and Vassilvitskii (2007), "k-means++: The Advantages of Careful Seeding". The cost is one pass over a and b,
    plus at most N * k * (C + D) multiplications in matrix products, of which most are usually saved.
    """
    if a.dim() != 2 or b.dim() != 2 or len(a) != len(b):
        raise ValueError(f"a and b must be (N, C) and (N, D), got {tuple(a.shape)} and {tuple(b.shape)}")
    if not 0 <= k <= len(a):
        raise ValueError(f"k must be in 0 .. {len(a)}, got {k}")
    if first is not None and not 0 <= first < len(a):
        raise ValueError(f"first must be in 0 .. {len(a) - 1}, got {first}")
    distances = _Distances(a, b, k)
    if k == 0:
        return torch.empty(0, dtype=torch.int64, device=a.device)
    distances.take([distances.longest() if first is None else first])
    if k > 1:
        distances.sweep()
    if generator is None:
        _farthest_first(distances, k, lookahead)
    else:
        _sample(distances, k, generator, lookahead)
    return sent(torch.tensor(distances.picks, dtype=torch.int64), a.device)


class _Distances:
    """Upper bounds (N,) of the squared distances to the nearest pick, ``_PICKED`` for picks, and the picks so far."""

    def __init__(self, a: Tensor, b: Tensor, capacity: int) -> None:
        self.a, self.b = a, b
        self.rows = _ROWS if a.device.type == "cpu" else _ROWS_ON_DEVICE
        blocks = zip(a.split(self.rows), b.split(self.rows), strict=True)
        self.square = joined((_square(*rows) for rows in blocks), len(a))
        bad = len(a) - int(torch.isfinite(self.square).sum())
        if bad:
            raise NonFiniteScores(
                f"{bad} of {len(a)} items have a norm that is not finite, or too large to be squared: "
                "check the learning rate and the model's outputs"
            )
        self.noise = (16.0 + 2.0 * (a.shape[1] + b.shape[1]) ** 0.5) * torch.finfo(torch.float32).eps
        self.bound = torch.full((len(a),), torch.inf, device=a.device)
        self.picks: list[int] = []
        self.swept = 0
        self.center_a = torch.empty(capacity, a.shape[1], dtype=torch.float64, device=a.device)
        self.center_b = torch.empty(capacity, b.shape[1], dtype=torch.float64, device=a.device)

    def longest(self) -> int:
        """The item with the largest norm, in float64 rounded to float32; the lowest position among equals."""
        if self.a.device.type == "cpu":
            near = (self.square >= self.square.max() * (1.0 - 2.0 * self.noise)).nonzero()[:, 0]
        else:  # which would be waited for to know how many there are
            near = torch.arange(len(self.a), device=self.a.device)
        exact = torch.cat([_square(self.a[i].double(), self.b[i].double()).float() for i in near.split(self.rows)])
        return int(torch.where(exact == exact.max(), near, len(self.a)).amin())

    def take(self, positions: list[int]) -> None:
        """Make items centres."""
        new = sent(torch.tensor(positions, dtype=torch.int64), self.a.device)
        start, end = len(self.picks), len(self.picks) + len(positions)
        self.center_a[start:end] = self.a[new].double()
        self.center_b[start:end] = self.b[new].double()
        self.bound.index_fill_(0, new, _PICKED)
        self.picks.extend(positions)

    def sweep(self) -> None:
        """Lower all bounds by the picks since the last sweep, if there are any."""
        if self.swept == len(self.picks):
            return
        new = sent(torch.tensor(self.picks[self.swept :], dtype=torch.int64), self.a.device)
        self.swept = len(self.picks)
        for centers in new.split(512):
            center_a, center_b = self.a[centers].T, self.b[centers].T
            longer = self.square[centers] * (1.0 + self.noise)
            for i in range(0, len(self.a), self.rows):
                rows = slice(i, i + self.rows)
                product = (self.a[rows] @ center_a).mul_(self.b[rows] @ center_b)
                nearest = torch.add(longer, product, alpha=-2.0).amin(dim=1)
                value = nearest.add_(self.square[rows], alpha=1.0 + self.noise).clamp_(min=0.0)
                self.bound[rows] = torch.minimum(self.bound[rows], value)

    def measure(self, positions: Tensor) -> Tensor:
        """(n,) the squared distances of some items; their bounds become these."""
        n_picks = len(self.picks)
        parts = []
        for rows in positions.split(512):
            a, b = self.a[rows].double(), self.b[rows].double()
            value = torch.full((len(rows),), torch.inf, device=self.a.device)
            for i in range(0, n_picks, _ROWS):
                centers = slice(i, min(i + _ROWS, n_picks))
                value = torch.minimum(value, _squared(a, b, self.center_a[centers], self.center_b[centers]).amin(dim=1))
            parts.append(torch.minimum(self.bound[rows], value))
        exact = torch.cat(parts)
        self.bound[positions] = exact
        return exact

    def between(self, positions: Tensor) -> Tensor:
        """(m, m) squared distances inside a set of items."""
        a, b = self.a[positions].double(), self.b[positions].double()
        return _squared(a, b, a, b)


def _sample(distances: _Distances, k: int, generator: torch.Generator, lookahead: int) -> None:
    """Sample until there are k picks."""
    device = distances.a.device
    width = 0
    while len(distances.picks) < k:
        width = width or min(lookahead, 2 * (k - len(distances.picks)) + 32)
        total = running_sum(distances.bound.clamp(min=0.0))
        if float(total[-1]) <= 0.0:
            left = (distances.bound > _PICKED).nonzero()[:, 0]
            order = sent(torch.randperm(len(left), generator=generator), device)
            distances.take(left[order][: k - len(distances.picks)].tolist())
            return
        draws = sent(torch.rand(2, width, generator=generator, dtype=torch.float64), device)
        proposed = torch.searchsorted(total, draws[0] * total[-1], right=True).clamp_(max=len(total) - 1)
        height = draws[1] * distances.bound[proposed]
        value = distances.measure(proposed)
        # Distances only fall, so what is not below its own now cannot be accepted later.
        below = height < value
        if device.type == "cpu":
            first = below.nonzero()[:lookahead, 0]
        else:  # which would be waited for to know how many are below: others follow, and are not accepted
            first = (~below).to(torch.int8).sort(stable=True).indices[:lookahead]
        taken = _accept(height[first], value[first], proposed[first], distances, k - len(distances.picks))
        distances.take(taken)
        if len(distances.picks) < k and 2 * len(taken) < width:
            distances.sweep()
        width = 0 if taken else min(2 * width, max(lookahead, _MOST_PROPOSALS))


def _accept(height: Tensor, value: Tensor, proposed: Tensor, distances: _Distances, limit: int) -> list[int]:
    """Go through proposals: one is accepted where its height is below its distance to all that is chosen by then.

    Parameters
    ----------
    height
        (m,) float64 uniform numbers between 0 and the bound in proportion to which an item was proposed.
    value, proposed
        (m,) squared distances to the picks before these proposals, and (m,) positions.
    limit
        The most picks wanted.
    """
    taken: list[int] = []
    m = len(proposed)
    parts = height, proposed, value, distances.between(proposed).flatten()
    told = torch.cat([part.double() for part in parts]).cpu().numpy()  # the host waits once
    positions, nearest, between = np.split(told[m:], [m, 2 * m])
    nearest, between = nearest.astype(np.float32), between.astype(np.float32).reshape(m, m)
    for i, (high, position) in enumerate(zip(told[:m].tolist(), positions, strict=True)):
        if high < nearest[i]:
            taken.append(int(position))
            if len(taken) == limit:
                break
            nearest = nearest.clip(max=between[i])
    return taken


def _farthest_first(distances: _Distances, k: int, lookahead: int) -> None:
    """Take the farthest item until there are k picks."""
    width = lookahead
    while len(distances.picks) < k:
        chosen, rest = _largest(distances.bound, min(width, len(distances.a) - len(distances.picks)))
        distances.measure(chosen)
        value = distances.bound[chosen]
        chosen = chosen[(value > rest[0]) | ((value == rest[0]) & (chosen < rest[1]))]
        if len(chosen) > lookahead:
            inner, inner_rest = _largest(distances.bound[chosen], lookahead)
            rest = (inner_rest[0], int(chosen[int(inner_rest[1])]))
            chosen = chosen[inner]
        between = distances.between(chosen).cpu().numpy()
        bound = distances.bound[chosen].cpu().numpy()
        taken = _greedy_order(bound, chosen.cpu().numpy(), between, rest, k - len(distances.picks))
        distances.take(taken)
        if not taken:
            distances.sweep()
        width = lookahead if taken else 2 * width


def _square(a: Tensor, b: Tensor) -> Tensor:
    """(n,) squared norms of outer products."""
    return a.square().sum(dim=1) * b.square().sum(dim=1)


def _squared(a: Tensor, b: Tensor, center_a: Tensor, center_b: Tensor) -> Tensor:
    """Squared distances (n, m) float32 of float64 factors by the expanded square; what is only rounding noise is 0."""
    scale = _square(a, b)[:, None] + _square(center_a, center_b)[None, :]
    squared = torch.addcmul(scale, a @ center_a.T, b @ center_b.T, value=-2.0)
    return torch.where(squared <= scale * (64 * torch.finfo(torch.float64).eps), 0.0, squared).float()

"""The pools that strategies.py beside it times queries on: what one of them leaves out, another has to be searched for.

Each is N + LABELED items of ``size`` float32 numbers in ten classes with a linear head, the last LABELED ones labelled.
Bounds of all kinds rule out nearly everything on the suite's own pool, whose predictions are certain, and nothing on
the isotropic one; features of trained networks lie between.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from albench.bench.queries import CLASSES, LABELED, pool, view_of
from albench.trial.view import PoolView

SUBSPACE = 32
"""Directions in which the centres of classes lie."""
CLUSTERS = 50
"""Of long-tailed sizes: the r-th largest holds a share in proportion to 1 / r."""
BLOCK = 8192
"""Items that are turned at once."""


def _drawn(size: int, generator: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, size, generator=generator)


def subspace(n: int, size: int) -> PoolView:
    """Classes whose centres lie in a few directions; noise whose deviation in the j-th direction is j^-1/2.

    At 512 numbers 99 % of the items are predicted rightly, and half of them have an entropy above 0.34 nats.
    """
    generator = torch.Generator().manual_seed(0)
    turn = torch.linalg.qr(_drawn(size, generator, size))[0]
    centers = torch.zeros(CLASSES, size)
    few = centers[:, :SUBSPACE]
    few.copy_(0.5 * torch.randn(few.shape, generator=generator))
    label = torch.randint(CLASSES, (n + LABELED,), generator=generator)
    x = _drawn(size, generator, n + LABELED)
    x.mul_(torch.arange(1, size + 1).rsqrt())
    for rows, classes in zip(x.split(BLOCK), label.split(BLOCK), strict=True):
        rows.copy_((rows + centers[classes]) @ turn.T)
    return view_of(x, label, 0.775 * centers @ turn.T)


def isotropic(n: int, size: int) -> PoolView:
    """Standard normal items without any class; all are uncertain, and all neighbours are about as far."""
    generator = torch.Generator().manual_seed(0)
    x = _drawn(size, generator, n + LABELED)
    label = torch.randint(CLASSES, (n + LABELED,), generator=generator)
    return view_of(x, label, 0.5 / size**0.5 * _drawn(size, generator, CLASSES))


def tails(n: int, size: int) -> PoolView:
    """Clusters of long-tailed sizes, Student's t with three degrees of freedom around their centres.

    At 512 numbers half of the items have an entropy above 0.5 nats, and mean similarities to 20 neighbours go from 0.14
    to 0.85.
    """
    generator = torch.Generator().manual_seed(0)
    centers = _drawn(size, generator, CLUSTERS)
    share = 1 / torch.arange(1, CLUSTERS + 1)
    cluster = torch.multinomial(share, n + LABELED, replacement=True, generator=generator)
    x = _drawn(size, generator, n + LABELED)
    x.mul_((torch.randn(n + LABELED, 3, generator=generator).square().mean(dim=1).rsqrt())[:, None])
    for rows, some in zip(x.split(BLOCK), cluster.split(BLOCK), strict=True):
        rows.add_(centers[some])
    head = torch.stack([centers[c::CLASSES].mean(dim=0) for c in range(CLASSES)]) / size**0.5
    return view_of(x, cluster % CLASSES, head)


POOLS: dict[str, Callable[[int, int], PoolView]] = {
    "subspace": subspace,
    "own": pool,
    "isotropic": isotropic,
    "tails": tails,
}
"""Name -> what makes it of so many items and numbers in each."""

"""How near the items of a group are to each other, group by group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from albench.kernels.neighbors import nearest_neighbors
from albench.kernels.sending import sent
from albench.kernels.unit import Rows

_ROWS = 4096
"""Items that a device looks at at once."""
_HELD = 1 << 26
"""Numbers in one block of a device."""
_SLACK = 8
"""Neighbours that are measured beside the nearest, as products tell these to rounding alone."""


def distances_in_groups(x: Rows, groups: Sequence[Tensor], centers: Tensor, k: int) -> list[Tensor]:
    """The mean Euclidean distance of each item to the nearest others of its group.

    Parameters
    ----------
    x
        (N, D) float32, or rows that are scaled where they are read.
    groups
        (m,) int64 positions of the items of each, on the host.
    centers
        (G, D) a point in the middle of each, on the device of ``x``: the nearer, the less is lost to rounding there.
    k
        How many others, at least 1; in a group of fewer all of them.

    Returns
    -------
    (m,) float32 of each group, on the host; 0 for an item that is alone. On the CPU each group is looked at by itself,
    on a device they are taken together, and it is waited for once.
    """
    if x.device.type == "cpu":
        return [_alone(x[members], min(k, len(members) - 1)) for members in groups]
    sizes = [len(members) for members in groups]
    members = sent(torch.cat([*groups]), x.device)
    own = sent(torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes)), x.device)
    others = sent(torch.tensor(sizes) - 1, x.device)
    found = []
    for low, high, part in _blocks(sizes, max(1, min(_ROWS, _HELD // ((k + _SLACK) * x.shape[1])))):
        within = own[low:high]
        nearest = _nearest(x[members[low:high]], within, centers, part, k)
        count = others[within[part]].clamp(max=k)[:, None]
        unwanted = torch.arange(nearest.shape[1], device=x.device) >= count
        found.append(nearest.masked_fill_(unwanted, 0.0).sum(dim=1) / count[:, 0].clamp(min=1))
    return list(torch.cat(found).cpu().split(sizes))


def _alone(rows: Tensor, k: int) -> Tensor:
    """(m,) of one group (m, D)."""
    return nearest_neighbors(rows, k, metric="euclidean")[0].mean(dim=1) if k else rows.new_zeros(len(rows))


def _blocks(sizes: Sequence[int], rows: int) -> Iterator[tuple[int, int, slice]]:
    """Items one group below the other, so many at a time: where their groups begin and end, and which they are of
    these.
    """
    end = torch.tensor(sizes).cumsum(dim=0)
    begins, ends = (
        places.repeat_interleave(torch.tensor(sizes)).tolist() for places in (end - torch.tensor(sizes), end)
    )
    start = 0
    while start < len(ends):
        count = min(rows, len(ends) - start)
        while count > 1 and count * (ends[start + count - 1] - begins[start]) > _HELD:
            count //= 2
        low = begins[start]
        yield low, ends[start + count - 1], slice(start - low, start - low + count)
        start += count


def _nearest(rows: Tensor, own: Tensor, centers: Tensor, part: slice, k: int) -> Tensor:
    """(n, k) distances, ascending, of a part of the rows (m, D) to the nearest others of their groups ``own`` (m,);
    infinity where there are not as many.
    """
    centred = rows - centers[own]
    nearness = torch.addmm(centred.square().sum(dim=1).mul_(-0.5), centred[part], centred.T)
    nearness.masked_fill_(own[part, None] != own, -torch.inf).diagonal(part.start).fill_(-torch.inf)
    near, place = nearness.topk(min(k + _SLACK, len(rows)), dim=1)
    distance = torch.linalg.vector_norm(rows[place] - rows[part, None], dim=2)
    distance.masked_fill_(near == -torch.inf, torch.inf)
    return distance.topk(min(k, distance.shape[1]), dim=1, largest=False).values

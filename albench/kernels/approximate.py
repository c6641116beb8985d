"""Approximate nearest neighbours by faiss, as near to exact as is asked for and measured."""

from __future__ import annotations

import importlib.util
import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from albench.errors import UserError
from albench.kernels.blocks import joined
from albench.kernels.finite import require_finite
from albench.kernels.neighbors import Metric, Prepared, measure_again, nearest_neighbors
from albench.kernels.ordering import WORST, pack, unpack

_PROBED = 256
"""Items whose exact neighbours are looked up to measure the recall."""
_PER_CELL = 39
"""Fewest items a cell has on average."""
_TRAINED = 64
"""Most items that k-means sees for each cell, about."""
_ROUNDS = 10
"""Rounds of k-means."""
_ROWS = 8192
"""Items looked at together."""
_QUERIES = 1 << 17
"""Items that look for neighbours together."""


def require_faiss() -> None:
    """Check that faiss can be imported.

    Raises
    ------
    UserError
        It is not installed.
    """
    if importlib.util.find_spec("faiss") is None:
        raise UserError("approximate neighbours need faiss: pip install 'albench[approximate]'")


def approximate_neighbors(
    x: Tensor, k: int, *, metric: Metric = "cosine", recall: float = 0.95
) -> tuple[Tensor, Tensor, float]:
    """The k nearest other items of each item, most of them right.

    Items are sorted into about ``2 sqrt(N)`` cells, and each item looks for neighbours in the cells nearest to it, in
    so many of them that ``recall`` is reached on items whose exact neighbours are known. The cost of an item grows
    with the square root of N, where that of ``nearest_neighbors`` grows with N. Nothing as large as ``x`` is kept.

    Parameters
    ----------
    x
        (N, D) float32 on any device; the cells are made on the CPU, with torch's number of threads.
    k
        Number of neighbours, 1 .. N - 1.
    metric
        As in ``nearest_neighbors``.
    recall
        Share of the exact neighbours that is to be found, above 0 and at most 1.

    Returns
    -------
    Similarity or distance (N, k) float32, best first; position (N, k) int64; and the recall measured on 256 items
    spread evenly over the pool, an estimate of the whole pool's.

    Raises
    ------
    UserError
        faiss is not installed.
    NonFiniteScores
        Rows are not finite.
    ValueError
        An argument is out of range.

    Notes
    -----
    Douze et al. (2024), "The Faiss Library", arXiv 2401.08281: an inverted file over its k-means cells. Each cell's
    items are compared with all that look into it in one matrix product, several times as fast as one item at a time.
    """
    require_finite(x=x)
    if not 1 <= k <= len(x) - 1:
        raise ValueError(f"k must be in 1 .. {len(x) - 1} for {len(x)} items, got {k}")
    if not 0 < recall <= 1:
        raise ValueError(f"recall must be above 0 and at most 1, got {recall}")
    require_faiss()
    import faiss

    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(torch.get_num_threads())
    try:
        return _search(faiss, x, k, metric, recall)
    finally:
        faiss.omp_set_num_threads(threads)


def _search(faiss: Any, x: Tensor, k: int, metric: Metric, recall: float) -> tuple[Tensor, Tensor, float]:
    cells = _Cells(faiss, x, metric)
    probed = torch.linspace(0, len(x) - 1, min(_PROBED, len(x))).long().unique().to(x.device)
    exact = _others(nearest_neighbors(x, k + 1, metric=metric, queries=x[probed])[1], probed)[1].cpu()
    # What lies in a cell that is looked into is found, so the ranks of the neighbours' cells say how many are needed.
    rank = cells.nearest(x[probed], len(cells.members)).argsort(dim=1).gather(1, cells.of[exact])
    n_cells = 1 + int(rank.flatten().sort().values[math.ceil(recall * rank.numel()) - 1])
    if recall == 1:
        n_cells = len(cells.members)
    values, places = x.new_empty(len(x), k), torch.empty(len(x), k, dtype=torch.int64, device=x.device)
    for own in torch.arange(len(x), device=x.device).split(_QUERIES):
        found = _nearest_in_cells(x, own, k + 1, cells, n_cells)
        short = (found == WORST).any(dim=1).nonzero()[:, 0]
        value, place = unpack(found)
        if len(short):  # their cells hold too few: they look everywhere
            value[short], place[short] = nearest_neighbors(x, k + 1, metric=metric, queries=x[own[short]])
        kept, places[own] = _others(place, own)
        values[own] = value[kept].view(len(own), k)
        if metric == "euclidean":
            values[own], places[own] = measure_again(x, x[own], places[own], k)
    return values.clamp_(-1, 1) if metric == "cosine" else values, places, float((rank < n_cells).double().mean())


class _Cells:
    """Items sorted into cells by k-means.

    Attributes
    ----------
    of
        (N,) the cell of each item, on the CPU.
    members
        The items of each cell, ascending, on the items' device.
    center
        What items are centred around where distances are Euclidean.
    """

    def __init__(self, faiss: Any, x: Tensor, metric: Metric) -> None:
        n, d = x.shape
        self._metric = metric
        count = max(1, min(int(2 * n**0.5), n // _PER_CELL))
        self._found = faiss.Kmeans(
            d, count, niter=_ROUNDS, spherical=metric == "cosine", max_points_per_centroid=_TRAINED, seed=0
        )
        self._found.train(_rows(x[:: max(1, n // (_TRAINED * count))], metric))
        self.of = joined((self.nearest(part, 1)[:, 0] for part in x.split(_ROWS)), n)
        sizes = torch.bincount(self.of, minlength=count)
        self.members = self.of.argsort(stable=True).to(x.device).split(sizes.tolist())
        self.center = x.mean(dim=0) if metric == "euclidean" else None

    def nearest(self, x: Tensor, count: int) -> Tensor:
        """(n, count) the cells nearest to items (n, D), best first."""
        return torch.from_numpy(self._found.index.search(_rows(x, self._metric), count)[1])


def _nearest_in_cells(x: Tensor, own: Tensor, k: int, cells: _Cells, n_cells: int) -> Tensor:
    """Keys (n, k) of the best among the items in the cells nearest to each item of ``own`` (n,), itself included."""
    queries = Prepared(x[own], cells.center)
    best = torch.full((len(own), k), WORST, dtype=torch.int64, device=x.device)
    probes = joined((cells.nearest(x[part], n_cells) for part in own.split(_ROWS)), len(own)).flatten()
    sizes = torch.bincount(probes, minlength=len(cells.members)).tolist()
    # One product a cell: its items with all those that look into it.
    visits = (probes.argsort() // n_cells).to(x.device).split(sizes)
    for members, visitors in zip(cells.members, visits, strict=True):
        if len(members) == 0 or len(visitors) == 0:
            continue
        items = Prepared(x[members], cells.center)
        for rows in visitors.split(_ROWS):
            similarity = queries.rows[rows] @ items.rows[: items.n].T
            if items.half_square is not None:
                similarity -= items.half_square[: items.n]
            value, place = similarity.topk(min(k, items.n), dim=1)
            best[rows] = torch.cat([best[rows], pack(value, members[place])], dim=1).topk(k, dim=1).values
    return best


def _rows(x: Tensor, metric: Metric) -> np.ndarray:
    """Items as faiss reads them."""
    items = torch.nn.functional.normalize(x, dim=1) if metric == "cosine" else x
    return items.float().cpu().contiguous().numpy()


def _others(places: Tensor, own: Tensor) -> tuple[Tensor, Tensor]:
    """Which of the places (n, k + 1) are not the item's own, and these (n, k); the last is left out where all are."""
    kept = places != own[:, None]
    kept[:, -1] &= ~kept.all(dim=1)
    return kept, places[kept].view(len(own), -1)

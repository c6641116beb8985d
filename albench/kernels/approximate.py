"""Approximate nearest neighbours by faiss, as near to exact as is asked for and measured."""

from __future__ import annotations

import importlib.util
from typing import Any

import torch
from torch import Tensor

from albench.errors import UserError
from albench.kernels.finite import require_finite
from albench.kernels.neighbors import Metric, nearest_neighbors

_PROBED = 256
"""Items whose exact neighbours are looked up to measure the recall."""
_PER_LIST = 39
"""Fewest items a list is trained on."""


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

    Items are sorted into about ``2 sqrt(N)`` lists, and each item looks for neighbours in the lists nearest to it, in
    so many of them that ``recall`` is reached on items whose exact neighbours are known. The cost of an item grows with
    the square root of N, where that of ``nearest_neighbors`` grows with N.

    Parameters
    ----------
    x
        (N, D) float32 on any device; the search runs on the CPU, with torch's number of threads.
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
    Douze et al. (2024), "The Faiss Library", arXiv 2401.08281: an inverted file over the k-means cells of the items.
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
    measure = faiss.METRIC_INNER_PRODUCT if metric == "cosine" else faiss.METRIC_L2
    items = torch.nn.functional.normalize(x, dim=1) if metric == "cosine" else x
    rows = items.float().cpu().contiguous().numpy()
    n, d = rows.shape
    n_lists = max(1, min(int(2 * n**0.5), n // _PER_LIST))
    cells = faiss.IndexFlat(d, measure)
    index = faiss.IndexIVFFlat(cells, d, n_lists, measure)
    index.train(rows)
    index.add(rows)

    def look(own: Tensor) -> tuple[Tensor, Tensor]:
        """What is found for some items (n,) beside themselves: values and places (n, k)."""
        values, places = index.search(rows[own.numpy()], k + 1)
        kept, places = _others(torch.from_numpy(places), own)
        return torch.from_numpy(values)[kept].view(len(own), k), places

    probed = torch.linspace(0, n - 1, min(_PROBED, n)).long().unique()
    exact = _others(nearest_neighbors(x, k + 1, metric=metric, queries=x[probed])[1].cpu(), probed)[1]
    index.nprobe = 1
    while True:
        measured = float((look(probed)[1][:, :, None] == exact[:, None, :]).any(dim=2).double().mean())
        if measured >= recall or index.nprobe >= n_lists:
            break
        index.nprobe = min(2 * index.nprobe, n_lists)
    values, places = look(torch.arange(n))
    short = (places < 0).any(dim=1).nonzero()[:, 0]  # those whose lists hold fewer than k items look everywhere
    if len(short):
        index.nprobe = n_lists
        values[short], places[short] = look(short)
    values = values.clamp(-1, 1) if metric == "cosine" else values.clamp(min=0).sqrt()
    return values.to(x.device), places.to(x.device), measured


def _others(places: Tensor, own: Tensor) -> tuple[Tensor, Tensor]:
    """Which of the places (n, k + 1) are not the item's own, and these (n, k); the last is left out where all are."""
    kept = places != own[:, None]
    kept[:, -1] &= ~kept.all(dim=1)
    return kept, places[kept].view(len(own), -1)

"""The best items by score, overall or the same number from each class; ties are never left open."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from albench.kernels.finite import NonFiniteScores

_GROUP = 32
"""Items of which the largest score is looked at first."""


def top_k(scores: Tensor, k: int, *, checked: bool = True) -> Tensor:
    """Positions of the k largest scores, best first; equal scores go to the lowest position.

    Parameters
    ----------
    scores
        (N,) real.
    k
        0 .. N.
    checked
        Whether the scores are looked at first, for which a device is waited for; False where they are known to be fine.

    Returns
    -------
    (k,) int64.

    Raises
    ------
    NonFiniteScores
        Some scores are NaN or infinite; the message counts them.
    ValueError
        k is out of range.
    """
    if checked:
        _check(scores, k)
    if k == 0:
        return torch.empty(0, dtype=torch.int64, device=scores.device)
    if 8 * k > len(scores) or scores.device.type != "cpu":  # which sorts sooner than the host asks it twice
        return _ranking(scores)[:k]
    few = _few(scores, k)
    if few is not None:
        return few[_ranking(scores[few])[:k]]
    worst = scores.topk(k, sorted=False).values.amin()
    above = (scores > worst).nonzero()[:, 0]
    equal = (scores == worst).nonzero()[: k - len(above), 0]
    best = torch.cat([above, equal])  # each part in ascending order, so a stable sort leaves ties to the lowest
    return best[_ranking(scores[best])]


def top_k_per_class(scores: Tensor, classes: Tensor, n_classes: int, k: int, *, checked: bool = True) -> Tensor:
    """Positions of k items with large scores, the same number from each class.

    Each class gives its best ``k // n_classes``. What is then still missing, because ``k`` is not a multiple of
    ``n_classes`` or a class has too few items, goes to the best of all the items that remain.

    Parameters
    ----------
    scores
        (N,) real.
    classes
        (N,) int64 in 0 .. n_classes - 1, e.g. predicted classes.
    n_classes
        Number of classes, those without any item included.
    k
        0 .. N.
    checked
        As for ``top_k``; the classes too.

    Returns
    -------
    (k,) int64, best score first; equal scores go to the lowest position.

    Raises
    ------
    NonFiniteScores
        Some scores are NaN or infinite; the message counts them.
    ValueError
        k or a class is out of range.
    """
    if checked:
        _check(scores, k)
        _check_classes(scores, classes, n_classes)
    ranking = _ranking(scores)
    ranked_class, by_class = classes[ranking].sort(stable=True)
    count = torch.zeros(n_classes, dtype=torch.int64, device=classes.device)
    count.scatter_add_(0, ranked_class, torch.ones_like(ranked_class))  # bincount would wait for the largest class
    place = torch.empty_like(ranking)
    place[by_class] = torch.arange(len(ranking), device=ranking.device) - (count.cumsum(0) - count)[ranked_class]
    in_share = place < k // n_classes
    # Shares first, then everything else, each in the order of the ranking; after the cut, best first again.
    taken = (~in_share).to(torch.int8).sort(stable=True).indices[:k].sort().values
    return ranking[taken]


def _few(scores: Tensor, k: int) -> Tensor | None:
    """Positions, ascending, of few items on the CPU that hold the k best, in a fifth of the time of ``topk``."""
    width = len(scores) // _GROUP
    if width < 4 * k or scores.dtype not in (torch.float32, torch.float64):
        return None
    # k groups reach the k-th largest of the groups' maxima, so k items do.
    least = scores[: _GROUP * width].view(_GROUP, width).amax(dim=0).topk(k, sorted=False).values.amin()
    few = np.flatnonzero(scores.detach().numpy() >= least.numpy())
    return torch.from_numpy(few) if len(few) <= 8 * k else None


def _ranking(scores: Tensor) -> Tensor:
    """Positions of all scores, best first; the lowest among equals."""
    return scores.sort(descending=True, stable=True).indices


def _check(scores: Tensor, k: int) -> None:
    """Check that the best k of some scores can be told."""
    if scores.dim() != 1:
        raise ValueError(f"scores must be (N,), got {tuple(scores.shape)}")
    if not 0 <= k <= len(scores):
        raise ValueError(f"k must be in 0 .. {len(scores)}, got {k}")
    if torch.isfinite(scores.sum(dtype=torch.float64)):
        return
    n_nan, n_inf = int(scores.isnan().sum()), int(scores.isinf().sum())
    if n_nan or n_inf:
        raise NonFiniteScores(
            f"{n_nan + n_inf} of {len(scores)} scores are not finite ({n_nan} NaN, {n_inf} infinite): "
            "check the learning rate and the model's outputs"
        )


def _check_classes(scores: Tensor, classes: Tensor, n_classes: int) -> None:
    """Check that each score has a class."""
    if classes.shape != scores.shape:
        raise ValueError(f"classes must have the shape of the scores {tuple(scores.shape)}, got {tuple(classes.shape)}")
    lowest, highest = torch.stack(classes.aminmax()).tolist() if len(classes) else (0, 0)  # the host waits for it once
    if len(classes) and not 0 <= lowest <= highest < n_classes:
        raise ValueError(f"classes must be in 0 .. {n_classes - 1}, got {lowest} .. {highest}")

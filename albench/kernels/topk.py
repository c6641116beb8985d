"""The best items by score, overall or the same number from each class; ties are never left open."""

from __future__ import annotations

import torch
from torch import Tensor

from albench.errors import ContractError


class NonFiniteScores(ContractError, ValueError):
    """Scores hold NaN or infinity, so that the best of them cannot be told."""


def top_k(scores: Tensor, k: int) -> Tensor:
    """Positions of the k largest scores, best first; equal scores go to the lowest position.

    Parameters
    ----------
    scores
        (N,) real.
    k
        0 .. N.

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
    return _ranking(scores, k)[:k]


def top_k_per_class(scores: Tensor, classes: Tensor, n_classes: int, k: int) -> Tensor:
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
    ranking = _ranking(scores, k)
    if classes.shape != scores.shape:
        raise ValueError(f"classes must have the shape of the scores {tuple(scores.shape)}, got {tuple(classes.shape)}")
    if len(classes) and not 0 <= int(classes.min()) <= int(classes.max()) < n_classes:
        raise ValueError(f"classes must be in 0 .. {n_classes - 1}, got {int(classes.min())} .. {int(classes.max())}")
    ranked_class, by_class = classes[ranking].sort(stable=True)
    count = torch.bincount(ranked_class, minlength=n_classes)
    place = torch.empty_like(ranking)
    place[by_class] = torch.arange(len(ranking), device=ranking.device) - (count.cumsum(0) - count)[ranked_class]
    in_share = place < k // n_classes
    # Shares first, then everything else, each in the order of the ranking; after the cut, best first again.
    taken = (~in_share).to(torch.int8).sort(stable=True).indices[:k].sort().values
    return ranking[taken]


def _ranking(scores: Tensor, k: int) -> Tensor:
    """Positions of all scores, best first."""
    if scores.dim() != 1:
        raise ValueError(f"scores must be (N,), got {tuple(scores.shape)}")
    if not 0 <= k <= len(scores):
        raise ValueError(f"k must be in 0 .. {len(scores)}, got {k}")
    finite = torch.isfinite(scores)
    if not finite.all():
        n_nan = int(scores.isnan().sum())
        n_inf = len(scores) - n_nan - int(finite.sum())
        raise NonFiniteScores(
            f"{n_nan + n_inf} of {len(scores)} scores are not finite ({n_nan} NaN, {n_inf} infinite): "
            "check the learning rate and the model's outputs"
        )
    return scores.sort(descending=True, stable=True).indices

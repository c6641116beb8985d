"""Unlabelled items that a method adopts, to be drawn among the labelled ones: when it is asked, and what it may say."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from albench.api.method import Method
from albench.errors import ContractError


def adoption_steps(method: Method, steps: int) -> tuple[int, ...]:
    """Before which of a round's steps the method's ``adopt`` is asked.

    Raises
    ------
    ContractError
        Where it names steps out of order, or that are not within the round.
    """
    asked = tuple(method.adoption_steps(steps))
    if all(isinstance(step, int) and 0 < step < steps for step in asked) and all(a < b for a, b in pairwise(asked)):
        return asked
    raise ContractError(
        f"the method's adoption_steps({steps}) are {list(asked)}: give ascending whole numbers in 1 .. {steps - 1}"
    )


def adopted_labels(labels: object, probs: Tensor) -> Tensor:
    """What ``adopt`` returned, as the labels (N,) int64 of as many items as ``probs`` (N, C) has; -1 for none.

    Raises
    ------
    ContractError
        Where it is something else.
    """
    n_items, n_classes = probs.shape
    if not isinstance(labels, Tensor) or labels.shape != (n_items,) or labels.dtype != torch.int64:
        shown = f"{tuple(labels.shape)} {labels.dtype}" if isinstance(labels, Tensor) else type(labels).__name__
        raise ContractError(f"the method's adopt must return int64 labels of shape ({n_items},), not {shown}")
    if n_items and not (int(labels.min()) >= -1 and int(labels.max()) < n_classes):
        raise ContractError(f"the method's adopt must return labels in -1 .. {n_classes - 1}")
    return labels

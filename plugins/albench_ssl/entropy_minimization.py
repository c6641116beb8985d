"""Entropy minimization: predictions on unlabelled items are pushed away from the flat one."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from albench.api import Batch, Forward, Logs, Method, State, option
from albench_ssl.losses import student_logits


def entropy(logits: Tensor) -> Tensor:
    """(..., U) entropy of ``softmax(logits)`` in nats, of logits (..., U, C); differentiable."""
    log_p = torch.log_softmax(logits.float(), dim=-1)
    return -(log_p.exp() * log_p).sum(dim=-1)


@dataclass(frozen=True)
class EntropyMinimization(Method):
    """The entropy of the predictions as a penalty.

    Grandvalet and Bengio, "Semi-supervised Learning by Entropy Minimization", NeurIPS 2004:

    ``l = l_s + weight * mean H(p_w)``, with ``H(p) = - sum_c p_c log p_c``

    The paper chooses the weight by cross-validation and names no default.
    """

    views = frozenset({"weak"})
    takes_lanes = True

    weight: float = option(0.1, "weight of the entropy", ge=0)

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        labeled, weak = student_logits(forward, batch, "weak")
        supervised = self.labeled_loss(labeled, batch)
        unlabeled = entropy(weak).mean(dim=-1)
        logs = {"supervised_loss": supervised.detach(), "unlabeled_loss": unlabeled.detach()}
        return supervised + self.weight * unlabeled, state, logs

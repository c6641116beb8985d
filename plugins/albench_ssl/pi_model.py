"""The Pi model: two weak views of an item have one prediction."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from albench.api import Batch, Forward, Logs, State, option
from albench_ssl.ramps import Ramped, gaussian_ramp


@dataclass(frozen=True)
class PiModel(Ramped):
    """Squared difference between the predictions on two weak views.

    Laine and Aila, "Temporal Ensembling for Semi-Supervised Learning", ICLR 2017, arXiv 1610.02242, algorithm 1:

    ``l = l_s + weight * exp(-5 (1 - t)^2) * mean( (p_w - p_w2)^2 )``, with ``t = min(1, step / ramp_steps)``

    The mean runs over items and classes; both predictions carry the gradient, as in the algorithm. The paper divides
    the labelled loss by a whole batch of labelled and unlabelled items and scales its weight of 100 by the labelled
    share; with a mean over labelled items alone that share cancels, so 100 remains. It compares labelled items' views
    as well, here the unlabelled ones'.

    State
    -----
    ramp_steps
        () float32.
    """

    views = frozenset({"weak", "weak2"})
    ramp_share = 80 / 300
    ramp_least = 1.0

    weight: float = option(100.0, "weight of the squared difference after the ramp", ge=0)

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        logits = forward(torch.cat([batch.x_lab, batch.x_weak, batch.views["weak2"]]))
        n_labeled = batch.x_lab.shape[0]
        supervised = self.labeled_loss(logits[:n_labeled], batch)
        one, other = torch.softmax(logits[n_labeled:].float(), dim=1).chunk(2)
        unlabeled = F.mse_loss(one, other)
        logs = {"supervised_loss": supervised.detach(), "unlabeled_loss": unlabeled.detach()}
        return supervised + self.weight * gaussian_ramp(step, state["ramp_steps"]) * unlabeled, state, logs

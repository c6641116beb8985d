"""Mean Teacher: the student agrees with the moving average of its weights."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from albench.api import Batch, Forward, Logs, State, option
from albench_ssl.losses import student_logits
from albench_ssl.ramps import Ramped, gaussian_ramp


@dataclass(frozen=True)
class MeanTeacher(Ramped):
    """Squared difference between the student's prediction on one weak view and the teacher's on another.

    Tarvainen and Valpola, "Mean teachers are better role models: Weight-averaged consistency targets improve
    semi-supervised deep learning results", NeurIPS 2017, arXiv 1703.01780:

    ``l = l_s + weight * exp(-5 (1 - t)^2) * mean( (p_w - p'_w2)^2 )``, with ``t = min(1, step / ramp_steps)``

    The mean runs over items and classes. The teacher ``p'`` is the protocol's moving average of the weights, in
    evaluation mode and without gradient, so that the paper's decay is the protocol's. The paper compares labelled items
    as well, here the unlabelled ones.

    State
    -----
    ramp_steps
        () float32.
    """

    views = frozenset({"weak", "weak2"})
    ramp_share = 40_000 / 150_000
    ramp_least = 1.0

    weight: float = option(100.0, "weight of the squared difference after the ramp", ge=0)

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        teacher = torch.softmax(forward.ema(batch.views["weak2"]).float(), dim=1)
        labeled, weak = student_logits(forward, batch, "weak")
        supervised = self.labeled_loss(labeled, batch)
        unlabeled = F.mse_loss(torch.softmax(weak.float(), dim=1), teacher)
        logs = {"supervised_loss": supervised.detach(), "unlabeled_loss": unlabeled.detach()}
        return supervised + self.weight * gaussian_ramp(step, state["ramp_steps"]) * unlabeled, state, logs

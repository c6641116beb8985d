"""Interpolation consistency training: a mixed item has the mixed prediction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from albench.api import Batch, Forward, Logs, State, option
from albench_ssl.mixing import beta_shares, mix
from albench_ssl.ramps import Ramped, gaussian_ramp


@dataclass(frozen=True)
class ICT(Ramped):
    """The student on a mixed item against the mixed predictions of the teacher.

    Verma et al., "Interpolation Consistency Training for Semi-Supervised Learning", IJCAI 2019, arXiv 1903.03825::

        m = lam * u_j + (1 - lam) * u_k                with lam ~ Beta(alpha, alpha), one a step
        q = lam * p'(u_j) + (1 - lam) * p'(u_k)
        l = l_s + weight * exp(-5 (1 - t)^2) * mean( (p(m) - q)^2 )     with t = min(1, step / ramp_steps)

    The ``u_j`` are the weak views and the ``u_k`` the same in random order; the teacher ``p'`` is the protocol's moving
    average of the weights, without gradient; the mean runs over items and classes. Probabilities are mixed, as the
    paper writes it. ``alpha`` and ``weight`` are its values for CIFAR-10.

    State
    -----
    ramp_steps
        () float32.
    """

    views = frozenset({"weak"})
    ramp_share = 0.25
    ramp_least = 1.0

    alpha: float = option(1.0, "both parameters of the mixing share's Beta distribution", gt=0)
    weight: float = option(100.0, "weight of the squared difference after the ramp", ge=0)

    def draw(self, generator: Generator, n_labeled: int, n_unlabeled: int) -> Mapping[str, Tensor]:
        """``share`` (1,) float32 and ``order`` (U,) int64."""
        return {
            "share": beta_shares(generator, self.alpha, 1),
            "order": torch.randperm(n_unlabeled, generator=generator),
        }

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        order, share = batch.noise["order"], batch.noise["share"]
        target = mix(torch.softmax(forward.ema(batch.x_weak).float(), dim=1), order, share)
        logits = forward(torch.cat([batch.x_lab, mix(batch.x_weak, order, share)]))
        n_labeled = batch.x_lab.shape[0]
        supervised = self.labeled_loss(logits[:n_labeled], batch)
        unlabeled = F.mse_loss(torch.softmax(logits[n_labeled:].float(), dim=1), target)
        logs = {"supervised_loss": supervised.detach(), "unlabeled_loss": unlabeled.detach()}
        return supervised + self.weight * gaussian_ramp(step, state["ramp_steps"]) * unlabeled, state, logs

"""Temporal ensembling: agree with the mean of what was predicted before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from albench.api import Batch, Forward, Logs, Method, RoundFacts, State, Task, option


@dataclass(frozen=True)
class TemporalEnsembling(Method):
    """Squared difference between the prediction on a weak view and the item's earlier predictions, averaged::

        Z_i   <- momentum Z_i + (1 - momentum) p(x_i)          each time that item i is in the batch, n_i times so far
        z_i    = Z_i / (1 - momentum^n_i)                      before this batch; items that are new take no part
        l      = l_s + weight * min(1, step / ramp_steps) * mean over the batch of ||p(x_i) - z_i||^2 / C

    Laine and Aila (2017), "Temporal Ensembling for Semi-Supervised Learning", ICLR, arXiv 1610.02242, algorithm 2.
    There an epoch updates every item once; here items are updated when they are drawn, and the ramp is linear.

    State
    -----
    ensemble
        (pool_size, C) float32 Z.
    seen
        (pool_size,) float32 n.
    """

    views: ClassVar[frozenset[str]] = frozenset({"weak"})

    momentum: float = option(0.6, "share of the earlier mean that stays", ge=0, lt=1)
    weight: float = option(30.0, "weight of the squared difference after the ramp", ge=0)
    ramp_steps: int = option(200, "steps over which that weight rises from 0", ge=1)

    def init(self, task: Task, device: torch.device) -> State:
        return {
            "ensemble": torch.zeros(task.pool_size, task.n_classes, device=device),
            "seen": torch.zeros(task.pool_size, device=device),
        }

    def round_start(self, state: State, facts: RoundFacts) -> State:
        """Fresh weights predict otherwise, so a cold start forgets."""
        if facts.first_step == 0:
            return {name: torch.zeros_like(value) for name, value in state.items()}
        return state

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        logits = forward(torch.cat([batch.x_lab, batch.x_weak]))
        n_labeled = batch.x_lab.shape[0]
        supervised = self.labeled_loss(logits[:n_labeled], batch)
        probs = F.softmax(logits[n_labeled:].float(), dim=1)

        # All memory in gathers, scatters and where: the step must not wait for a value or branch on one.
        seen = state["seen"].gather(0, batch.index)
        corrected = (1 - self.momentum**seen).clamp(min=1e-6).unsqueeze(1)
        target = state["ensemble"][batch.index] / corrected
        known = (seen > 0).to(probs.dtype)
        unlabeled = (known * (probs - target).square().mean(dim=1)).mean()

        # An item that is twice in the batch gives the mean of its predictions.
        count = torch.zeros_like(state["seen"]).index_add(0, batch.index, torch.ones_like(seen))
        total = torch.zeros_like(state["ensemble"]).index_add(0, batch.index, probs.detach())
        drawn = count > 0
        latest = total / count.clamp(min=1).unsqueeze(1)
        mixed = self.momentum * state["ensemble"] + (1 - self.momentum) * latest
        new_state = {
            "ensemble": torch.where(drawn.unsqueeze(1), mixed, state["ensemble"]),
            "seen": state["seen"] + drawn.to(state["seen"].dtype),
        }
        ramp = (step.to(torch.float32) / self.ramp_steps).clamp(max=1.0)
        logs = {"supervised_loss": supervised.detach(), "unlabeled_loss": unlabeled.detach()}
        return supervised + self.weight * ramp * unlabeled, new_state, logs

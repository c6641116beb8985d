"""Dash: an unlabelled item teaches while its loss is below a threshold that falls with the steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from albench.api import Batch, Forward, Logs, Method, RoundFacts, State, Task, lasting_steps, option
from albench_ssl.losses import cross_entropies, share, soft_cross_entropy, student_logits

if TYPE_CHECKING:
    from torch import device as Device

MEASURED = ("rho_hat", "threshold")
"""What of the state a cold start begins again."""


@dataclass(frozen=True)
class Dash(Method):
    """FixMatch with a falling loss threshold.

    Xu et al., "Dash: Semi-Supervised Learning with Dynamic Thresholding", ICML 2021, arXiv 2109.00650, algorithm 1::

        rho_hat = labelled cross-entropy after warm_up_steps of labelled training
        rho     = max( C * gamma^-k * rho_hat, rho_min ),  k = drops so far, one every drop_steps
        l       = l_s + weight * mean( 1[-log max p_w <= rho] * CE(q, p_s) )

    The pseudo label ``q`` is the prediction ``p_w`` itself while the threshold falls and its top class once ``rho`` has
    come to ``rho_min``, as in the paper's experiments; 0.05 is FixMatch's 0.95. ``C``, ``gamma`` and ``rho_min`` are
    the paper's. The mean runs over the whole unlabelled batch.

    The paper measures ``rho_hat`` on all labelled items; here it is the plain cross-entropy of the labelled batch at
    the first step after the warm-up. Its schedule counts the epochs of a training of 1,024, with a warm-up of 10 and a
    drop by 1.27 each 9, as in the scripts of the authors' release; its flags fall back to 1.004 each epoch, which a
    script that names them does not use, and USB drops each 10. As shares of a round of 200 steps (see
    ``albench.api.horizon``) that is a warm-up of 2 steps and a drop each 1.76. A warm start goes on with the threshold
    that it has.

    State
    -----
    rho_hat
        () float32; 0 before it is measured.
    threshold
        () float32 ``rho`` of the last step; 0 before there is one.
    warm_up_steps, drop_steps
        () int64 and () float32.
    """

    views = frozenset({"weak", "strong"})
    takes_lanes = True

    c: float = option(1.0001, "factor of the first threshold", gt=1, name="C")
    gamma: float = option(1.27, "what each drop divides the threshold by", gt=1)
    rho_min: float = option(0.05, "the lowest threshold, a cross-entropy", ge=0)
    warm_up_steps: int | None = option(
        None, "steps on labelled items alone, then the first threshold is measured; none for a share of the round", ge=0
    )
    drop_steps: int | None = option(
        None, "steps from one drop of the threshold to the next; none for a share of the round", ge=1
    )
    weight: float = option(1.0, "weight of the unlabelled loss", ge=0)

    def init(self, task: Task, device: Device) -> State:
        return {
            "rho_hat": torch.zeros((), device=device),
            "threshold": torch.zeros((), device=device),
            "warm_up_steps": torch.full((), self.warm_up_steps or 0, dtype=torch.int64, device=device),
            "drop_steps": torch.full((), float(self.drop_steps or 1), device=device),
        }

    def round_start(self, state: State, facts: RoundFacts) -> State:
        """Learn how long a round is; a cold start measures again."""
        warm_up = round(lasting_steps(facts.steps, 10 / 1024, given=self.warm_up_steps))
        drop = lasting_steps(facts.steps, 9 / 1024, given=self.drop_steps)
        begun = {name: state[name] if facts.first_step else torch.zeros_like(state[name]) for name in MEASURED}
        return begun | {
            "warm_up_steps": torch.full_like(state["warm_up_steps"], warm_up),
            "drop_steps": torch.full_like(state["drop_steps"], drop),
        }

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        log_probs = torch.log_softmax(forward.frozen(batch.x_weak).float(), dim=-1)
        best, label = log_probs.max(dim=-1)
        labeled, strong = student_logits(forward, batch)
        supervised = self.labeled_loss(labeled, batch)

        measured = cross_entropies(labeled.detach().float(), batch.y_lab).mean(dim=-1)
        rho_hat = torch.where(step == state["warm_up_steps"], measured, state["rho_hat"])
        past = step - state["warm_up_steps"]
        drops = torch.floor(past.clamp(min=0) / state["drop_steps"])
        falling = self.c * rho_hat * torch.pow(1 / self.gamma, drops)
        rho = torch.where(past >= 0, falling.clamp(min=self.rho_min), torch.zeros_like(falling))

        accepted = (-best <= rho.unsqueeze(-1)) & (past >= 0).unsqueeze(-1)
        classes = torch.arange(log_probs.shape[-1], device=label.device)
        hard = (label.unsqueeze(-1) == classes).to(log_probs.dtype)
        target = torch.where((falling > self.rho_min)[..., None, None], log_probs.exp(), hard)
        unlabeled = soft_cross_entropy(strong, target, accepted)
        logs = {
            "accepted": share(accepted),
            "threshold": rho,
            "supervised_loss": supervised.detach(),
            "unlabeled_loss": unlabeled.detach(),
        }
        return supervised + self.weight * unlabeled, state | {"rho_hat": rho_hat, "threshold": rho}, logs

    def rejected(self, probs: Tensor, state: State) -> Tensor:
        """(N,) bool: cross-entropy with the top class, ``-log max p``, above the threshold."""
        return -probs.amax(dim=1).log() > state["threshold"]

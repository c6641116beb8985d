"""DebiasPL: the running bias of the predictions is taken off the pseudo labels and put into the margin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from albench.api import Batch, Forward, Logs, Method, RoundFacts, State, Task, option
from albench_ssl.losses import masked_cross_entropy, pseudo_labels, share, student_logits
from albench_ssl.running import moving_average

if TYPE_CHECKING:
    from torch import device as Device


@dataclass(frozen=True)
class DebiasPL(Method):
    """FixMatch with debiased pseudo labels and an adaptive marginal loss.

    Wang et al., "Debiased Learning from Naturally Imbalanced Pseudo-Labels", CVPR 2022, arXiv 2201.01490. With
    ``p_bar`` the running mean of the weak predictions, from 1/C::

        f     = z_w - debias * log p_bar,  q = softmax(f)                 counterfactual debiasing
        p_bar = momentum * p_bar + (1 - momentum) * mean( p_w )
        l_u   = mean( 1[max q >= threshold] * CE(argmax q, softmax(z_s + debias * log p_bar)) )
        l     = l_s + weight * l_u

    The margin asks more of a class that is predicted often, as logit adjustment does. The labels see ``p_bar`` before
    the step, the margin sees it afterwards, as in the authors' code; the mean runs over the whole unlabelled batch.
    The threshold is FixMatch's; the paper lowers it to 0.7 for ImageNet.

    Authors differ in both constants. For ``debias`` the authors' function has 0.5, their scripts for ImageNet 0.4
    (frank-xwang/debiased-pseudo-labeling), USB 0.4; for ``momentum`` their default and USB's is 0.999, their scripts of
    50 to 100 epochs have 0.999 or 0.99. ``debias`` counts no steps and stays at 0.5. ``p_bar`` looks back as far as
    ``albench.api.horizon`` lets it: ``momentum`` is 0.999 from step 8,990 on, and 0.957 at the end of a round of 200
    steps.

    State
    -----
    mean_probs
        (C,) float32 ``p_bar``.
    """

    views = frozenset({"weak", "strong"})
    takes_lanes = True

    threshold: float = option(0.95, "debiased top probability from which a prediction becomes a label", ge=0, le=1)
    debias: float = option(0.5, "strength of the debiasing and of the margin, the paper's lambda", ge=0)
    momentum: float = option(
        0.999, "share of the running mean that stays at a step, at the authors' length", ge=0, lt=1
    )
    weight: float = option(1.0, "weight of the unlabelled loss", ge=0)

    def init(self, task: Task, device: Device) -> State:
        return {"mean_probs": torch.full((task.n_classes,), 1 / task.n_classes, device=device)}

    def round_start(self, state: State, facts: RoundFacts) -> State:
        """A cold start begins the running mean again."""
        mean = state["mean_probs"]
        return {"mean_probs": torch.full_like(mean, 1 / len(mean))} if facts.first_step == 0 else state

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        weak = forward.frozen(batch.x_weak).float()
        confidence, label = pseudo_labels(weak - self._bias(state))
        accepted = confidence >= self.threshold
        found = torch.softmax(weak, dim=-1).mean(dim=-2)
        state = {"mean_probs": moving_average(state["mean_probs"], found, self.momentum, step)}

        labeled, strong = student_logits(forward, batch)
        supervised = self.labeled_loss(labeled, batch)
        unlabeled = masked_cross_entropy(strong + self._bias(state), label, accepted)
        logs = {
            "accepted": share(accepted),
            "supervised_loss": supervised.detach(),
            "unlabeled_loss": unlabeled.detach(),
        }
        return supervised + self.weight * unlabeled, state, logs

    def rejected(self, probs: Tensor, state: State) -> Tensor:
        """(N,) bool: debiased top probability below the threshold."""
        logits = probs.float().clamp(min=torch.finfo(torch.float32).tiny).log()
        return pseudo_labels(logits - self._bias(state))[0] < self.threshold

    def _bias(self, state: State) -> Tensor:
        """(..., 1, C) float32 ``debias * log p_bar``."""
        mean = state["mean_probs"].unsqueeze(-2)
        return self.debias * mean.clamp(min=torch.finfo(torch.float32).tiny).log()

"""SoftMatch: every item teaches, the unsure ones with less weight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from albench.api import Batch, Forward, Logs, Method, RoundFacts, State, Task, option
from albench_ssl.losses import cross_entropies, share, student_logits
from albench_ssl.running import align, moving_average

if TYPE_CHECKING:
    from torch import device as Device


@dataclass(frozen=True)
class SoftMatch(Method):
    """FixMatch with a truncated Gaussian weight in place of the threshold.

    Chen et al., "SoftMatch: Addressing the Quantity-Quality Trade-off in Semi-supervised Learning", ICLR 2023,
    arXiv 2301.10921. With ``k`` the top probability of an item after uniform alignment::

        q    = normalize( p_w / average of mean(p_w) ),  k = max q        alignment, for the weight alone
        mu   = average of mean(k)                                         from 1/C
        var  = average of the unbiased variance of k                      from 1
        w(k) = exp( -min(k - mu, 0)^2 n_sigma^2 / (2 var) )
        l    = l_s + weight * mean( w(k) * CE(argmax p_w, p_s) )

    The averages take in each batch before it is weighed. The paper states the Gaussian of width ``sqrt(var)``, the
    authors' code halves that width (``n_sigma=2``), which is the default here too. The average of the predictions
    starts at 1/C.

    The averages look back as far as ``albench.api.horizon`` lets them: ``momentum`` is the paper's 0.999 from step
    8,990 on, and 0.957 at the end of a round of 200 steps.

    State
    -----
    mean_probs
        (C,) float32 average of the weak predictions.
    mu, variance
        () float32 of the aligned top probabilities.
    """

    views = frozenset({"weak", "strong"})
    takes_lanes = True

    momentum: float = option(0.999, "share of an average that stays at a step, at the authors' length", ge=0, lt=1)
    n_sigma: float = option(2.0, "standard deviations in the Gaussian's width; 1 for the paper's formula", gt=0)
    align: bool = option(True, "uniform alignment of the probabilities that are weighed")
    weight: float = option(1.0, "weight of the unlabelled loss", ge=0)

    def init(self, task: Task, device: Device) -> State:
        return self._start(task.n_classes, device)

    def round_start(self, state: State, facts: RoundFacts) -> State:
        """A cold start begins the averages again."""
        mean = state["mean_probs"]
        return self._start(len(mean), mean.device) if facts.first_step == 0 else state

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        probs = torch.softmax(forward.frozen(batch.x_weak).float(), dim=-1)
        label = probs.argmax(dim=-1)
        state = state | {"mean_probs": moving_average(state["mean_probs"], probs.mean(dim=-2), self.momentum, step)}
        confidence = self._confidence(probs, state)
        center = confidence.mean(dim=-1)
        apart = (confidence - center.unsqueeze(-1)).square().sum(dim=-1)
        variance = apart / max(confidence.shape[-1] - 1, 1)
        state["mu"] = moving_average(state["mu"], center, self.momentum, step)
        state["variance"] = moving_average(state["variance"], variance, self.momentum, step)
        below = (confidence - state["mu"].unsqueeze(-1)).clamp(max=0)
        spread = state["variance"].clamp(min=torch.finfo(torch.float32).tiny).unsqueeze(-1)
        weights = torch.exp(-0.5 * self.n_sigma**2 * below.square() / spread)

        labeled, strong = student_logits(forward, batch)
        supervised = self.labeled_loss(labeled, batch)
        unlabeled = (weights * cross_entropies(strong, label)).mean(dim=-1)
        logs = {
            "accepted": share(below >= 0),
            "threshold": state["mu"],
            "mean_weight": weights.mean(dim=-1),
            "supervised_loss": supervised.detach(),
            "unlabeled_loss": unlabeled.detach(),
        }
        return supervised + self.weight * unlabeled, state, logs

    def rejected(self, probs: Tensor, state: State) -> Tensor:
        """(N,) bool: aligned top probability below ``mu``, less than the full weight."""
        return self._confidence(probs, state) < state["mu"]

    def _confidence(self, probs: Tensor, state: State) -> Tensor:
        """(..., N) float32 ``k`` of probabilities (..., N, C)."""
        return (align(probs, state["mean_probs"]) if self.align else probs).amax(dim=-1)

    def _start(self, n_classes: int, device: Device) -> State:
        return {
            "mean_probs": torch.full((n_classes,), 1 / n_classes, device=device),
            "mu": torch.full((), 1 / n_classes, device=device),
            "variance": torch.ones((), device=device),
        }

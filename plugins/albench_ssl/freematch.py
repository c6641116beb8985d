"""FreeMatch: thresholds that follow the model's own confidence, and a loss for diverse predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from albench.api import Batch, Forward, Logs, Method, RoundFacts, State, Task, option
from albench_ssl.losses import masked_cross_entropy, share, student_logits
from albench_ssl.running import class_shares, moving_average

if TYPE_CHECKING:
    from torch import device as Device


def fairness_loss(strong: Tensor, accepted: Tensor, local: Tensor, histogram: Tensor) -> Tensor:
    """The self-adaptive fairness loss, ``sum_c a(c) log b(c)``: minus the cross-entropy that is to be large.

    ``a = SumNorm( local / histogram )`` is what the running averages say of each class, and
    ``b = SumNorm( p(c) / h(c) )`` the same of the accepted strong views: the mean probability of a class over the share
    of views that predict it. A class that none of them predicts is left out; with nothing accepted the loss is 0.

    Parameters
    ----------
    strong
        (..., U, C) logits, differentiable.
    accepted
        (..., U) bool.
    local, histogram
        (..., C) float32 running mean of the weak probabilities and of the shares of weak predictions.

    Returns
    -------
    (...) float32.
    """
    probs = torch.softmax(strong.float(), dim=-1)
    classes = torch.arange(probs.shape[-1], device=probs.device)
    predicted = probs.argmax(dim=-1, keepdim=True) == classes
    kept = accepted.unsqueeze(-1)
    mean = torch.where(kept, probs, torch.zeros_like(probs)).sum(dim=-2)
    count = (predicted & kept).float().sum(dim=-2)
    present = count > 0
    zero = torch.zeros_like(mean)
    tiny = torch.finfo(torch.float32).tiny

    expected = local / histogram.clamp(min=tiny)
    expected = expected / expected.sum(dim=-1, keepdim=True)
    found = torch.where(present, mean / count.clamp(min=1), zero)
    found = found / found.sum(dim=-1, keepdim=True).clamp(min=tiny)
    return torch.where(present, expected * found.clamp(min=tiny).log(), zero).sum(dim=-1)


@dataclass(frozen=True)
class FreeMatch(Method):
    """FixMatch with self-adaptive thresholds and fairness.

    Wang et al., "FreeMatch: Self-adaptive Thresholding for Semi-supervised Learning", ICLR 2023, arXiv 2205.07246.
    All averages start at 1/C and take in each weak batch before it is judged::

        tau   = average of mean( max p_w )                           the global threshold
        p(c)  = average of mean( p_w(c) )
        h(c)  = average of the share of items predicted as c
        T(c)  = tau * p(c) / max_c p                                 the local thresholds
        l     = l_s + weight * mean( 1[max p_w >= T(argmax p_w)] * CE(argmax p_w, p_s) ) + fairness * l_f

    with ``l_f`` of ``fairness_loss``. The unlabelled mean runs over the whole batch. The paper's weight of ``l_f`` is
    0.05, or 0.01 for its settings with the fewest labels; the authors' release (microsoft/Semi-supervised-learning,
    config/classic_cv/freematch) has 0.001 for CIFAR and SVHN. It weighs a loss and counts no steps, so that no round's
    length changes it: the default is the paper's. Its clipped thresholds for SVHN are left out.

    The averages look back as far as ``albench.api.horizon`` lets them: ``momentum`` is the paper's 0.999 from step
    8,990 on, and 0.957 at the end of a round of 200 steps.

    State
    -----
    threshold
        () float32 tau.
    local, histogram
        (C,) float32 p and h.
    """

    views = frozenset({"weak", "strong"})
    takes_lanes = True

    momentum: float = option(0.999, "share of an average that stays at a step, at the authors' length", ge=0, lt=1)
    weight: float = option(1.0, "weight of the unlabelled loss", ge=0)
    fairness: float = option(0.05, "weight of the fairness loss", ge=0)

    def init(self, task: Task, device: Device) -> State:
        return self._start(task.n_classes, device)

    def round_start(self, state: State, facts: RoundFacts) -> State:
        """A cold start begins the averages again."""
        local = state["local"]
        return self._start(len(local), local.device) if facts.first_step == 0 else state

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        probs = torch.softmax(forward.frozen(batch.x_weak).float(), dim=-1)
        confidence, label = probs.max(dim=-1)
        found = {
            "threshold": confidence.mean(dim=-1),
            "local": probs.mean(dim=-2),
            "histogram": class_shares(label, probs.shape[-1]),
        }
        state = {name: moving_average(state[name], value, self.momentum, step) for name, value in found.items()}
        accepted = confidence >= self._thresholds(state).gather(-1, label)

        labeled, strong = student_logits(forward, batch)
        supervised = self.labeled_loss(labeled, batch)
        unlabeled = masked_cross_entropy(strong, label, accepted)
        fair = fairness_loss(strong, accepted, state["local"], state["histogram"])
        logs = {
            "accepted": share(accepted),
            "threshold": state["threshold"],
            "supervised_loss": supervised.detach(),
            "unlabeled_loss": unlabeled.detach(),
            "fairness_loss": fair.detach(),
        }
        return supervised + self.weight * unlabeled + self.fairness * fair, state, logs

    def rejected(self, probs: Tensor, state: State) -> Tensor:
        """(N,) bool: top probability below its class's threshold."""
        confidence, label = probs.max(dim=1)
        return confidence < self._thresholds(state).gather(0, label)

    def _thresholds(self, state: State) -> Tensor:
        """(..., C) float32 ``T``."""
        local = state["local"]
        return state["threshold"].unsqueeze(-1) * local / local.amax(dim=-1, keepdim=True)

    def _start(self, n_classes: int, device: Device) -> State:
        return {
            "threshold": torch.full((), 1 / n_classes, device=device),
            "local": torch.full((n_classes,), 1 / n_classes, device=device),
            "histogram": torch.full((n_classes,), 1 / n_classes, device=device),
        }

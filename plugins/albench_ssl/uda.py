"""UDA: a sharpened, confident prediction on the weak view teaches the strong one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from albench.api import Batch, Forward, Logs, Method, RoundFacts, State, Task, lasting_steps, option
from albench_ssl.losses import share, student_logits
from albench_ssl.ramps import linear_ramp

if TYPE_CHECKING:
    from torch import device as Device


@dataclass(frozen=True)
class UDA(Method):
    """Divergence of the strong view's prediction from the sharpened one of the weak view.

    Xie et al., "Unsupervised Data Augmentation for Consistency Training", NeurIPS 2020, arXiv 1904.12848, with its
    confidence masking, prediction sharpening and, with ``tsa``, training signal annealing:

    ``l = l_s + weight * mean( 1[max p_w > threshold] * KL( softmax(z_w / temperature) || p_s ) )``

    The mean runs over the whole unlabelled batch, refused items included; the sharpened prediction carries no gradient.

    Training signal annealing drops a labelled item whose correct class has a probability above
    ``eta = a (1 - 1/C) + 1/C`` from ``l_s``, which is then averaged over the items that stay. With the share t of
    ``tsa_steps`` done, ``a`` is ``t`` (linear), ``1 - exp(-5 t)`` (log) or ``exp(5 (t - 1))`` (exp). The paper's
    schedule lasts for its whole training, here for a whole round.

    State
    -----
    tsa_steps
        () float32.
    """

    views = frozenset({"weak", "strong"})
    takes_lanes = True

    threshold: float = option(0.8, "top probability above which a prediction teaches", ge=0, lt=1)
    temperature: float = option(0.4, "sharpens the prediction; 1 leaves it as it is", gt=0)
    weight: float = option(1.0, "weight of the unlabelled loss", ge=0)
    tsa: Literal["none", "linear", "log", "exp"] = option("none", "schedule of training signal annealing")
    tsa_steps: int | None = option(None, "steps of that schedule; none for those of a round", ge=1)

    def init(self, task: Task, device: Device) -> State:
        return {"tsa_steps": torch.full((), float(self.tsa_steps or 1), device=device)}

    def round_start(self, state: State, facts: RoundFacts) -> State:
        """Learn how long a round is."""
        steps = lasting_steps(facts.steps, 1.0, given=self.tsa_steps)
        return state | {"tsa_steps": torch.full_like(state["tsa_steps"], steps)}

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        weak = forward.frozen(batch.x_weak).float()
        accepted = torch.softmax(weak, dim=-1).amax(dim=-1) > self.threshold
        target = torch.log_softmax(weak / self.temperature, dim=-1)

        labeled, student = student_logits(forward, batch)
        if self.tsa == "none":
            supervised = self.labeled_loss(labeled, batch)
        else:
            supervised = self._annealed(labeled, batch, self._bar(step, state, labeled.shape[-1]))
        strong = torch.log_softmax(student.float(), dim=-1)
        each = F.kl_div(strong, target, reduction="none", log_target=True).sum(dim=-1)
        unlabeled = torch.where(accepted, each, torch.zeros_like(each)).mean(dim=-1)
        logs = {
            "accepted": share(accepted),
            "supervised_loss": supervised.detach(),
            "unlabeled_loss": unlabeled.detach(),
        }
        return supervised + self.weight * unlabeled, state, logs

    def rejected(self, probs: Tensor, state: State) -> Tensor:
        """(N,) bool: top probability not above the threshold."""
        return probs.amax(dim=1) <= self.threshold

    def _annealed(self, logits: Tensor, batch: Batch, bar: Tensor) -> Tensor:
        """() labelled loss, averaged over the items that are predicted no better than ``eta``; 0 where all are."""
        labels = batch.y_lab.unsqueeze(-1) == torch.arange(logits.shape[-1], device=logits.device)
        probs = torch.softmax(logits.detach().float(), dim=-1)
        correct = torch.where(labels, probs, torch.zeros_like(probs)).sum(dim=-1)
        kept = correct <= bar.unsqueeze(-1)
        # A row of zeros as target has no loss, so the mean over all items counts the kept ones only.
        target = (labels & kept.unsqueeze(-1)).to(logits.dtype)
        return self.labeled_loss(logits, batch, target) * kept.shape[-1] / kept.sum(dim=-1).clamp(min=1)

    def _bar(self, step: Tensor, state: State, n_classes: int) -> Tensor:
        """() float32 ``eta``."""
        t = linear_ramp(step, state["tsa_steps"])
        if self.tsa == "log":
            t = 1 - torch.exp(-5 * t)
        elif self.tsa == "exp":
            t = torch.exp(5 * (t - 1))
        return t * (1 - 1 / n_classes) + 1 / n_classes

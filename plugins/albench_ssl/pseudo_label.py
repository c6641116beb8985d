"""Pseudo-Label: the student's own confident predictions as labels."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from albench.api import Batch, Forward, Logs, State, option
from albench_ssl.losses import masked_cross_entropy, pseudo_labels, share, student_logits
from albench_ssl.ramps import Ramped, linear_ramp


@dataclass(frozen=True)
class PseudoLabel(Ramped):
    """Hard labels from the weak view, learnt on that same view.

    Lee, "Pseudo-Label: The Simple and Efficient Semi-Supervised Learning Method for Deep Neural Networks", ICML
    workshop 2013, equation 15, with the weight of equation 16:

    ``l = l_s + weight * ramp(step) * mean( 1[max p_w > threshold] * CE(argmax p_w, p_w) )``

    The mean runs over the whole unlabelled batch; the label carries no gradient, the prediction does. The threshold is
    not in the paper but in every later comparison: ``threshold=0`` is the paper's rule.
    Lee counts the ramp in updates of a small network on MNIST; the share of a round is USB's, the first 0.4 of the
    training.

    State
    -----
    ramp_steps
        () float32.
    """

    views = frozenset({"weak"})
    takes_lanes = True
    ramp_share = 0.4
    ramp_least = 1.0

    threshold: float = option(0.95, "top probability above which a prediction becomes a label", ge=0, lt=1)
    weight: float = option(1.0, "weight of the unlabelled loss after the ramp", ge=0)

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        labeled, weak = student_logits(forward, batch, "weak")
        supervised = self.labeled_loss(labeled, batch)
        confidence, label = pseudo_labels(weak)
        accepted = confidence > self.threshold
        unlabeled = masked_cross_entropy(weak, label, accepted)
        loss = supervised + self.weight * linear_ramp(step, state["ramp_steps"]) * unlabeled
        logs = {
            "accepted": share(accepted),
            "supervised_loss": supervised.detach(),
            "unlabeled_loss": unlabeled.detach(),
        }
        return loss, state, logs

    def rejected(self, probs: Tensor, state: State) -> Tensor:
        """(N,) bool: top probability not above the threshold."""
        return probs.amax(dim=1) <= self.threshold

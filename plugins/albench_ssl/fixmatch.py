"""FixMatch: a confident weak view labels the strong view."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from albench.api import Batch, Forward, Logs, Method, State, option
from albench_ssl.losses import labeled_and_strong, pseudo_labels, share


@dataclass(frozen=True)
class FixMatch(Method):
    """Consistency from weak to strong above a fixed confidence.

    Sohn et al., "FixMatch: Simplifying Semi-Supervised Learning with Consistency and Confidence", NeurIPS 2020,
    arXiv 2001.07685, equations 3 and 4:

    ``l = l_s + weight * mean( 1[max p_w >= threshold] * CE(argmax p_w, p_s) )``

    The mean runs over the whole unlabelled batch, refused items included. The paper draws 7 unlabelled items for each
    labelled one; the default here is the suite's 2, so that methods share one batch.
    """

    views = frozenset({"weak", "strong"})
    takes_lanes = True

    threshold: float = option(0.95, "top probability from which a prediction becomes a label", ge=0, le=1)
    weight: float = option(1.0, "weight of the unlabelled loss", ge=0)

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        # The weak view apart, without gradient: cheaper than one batch of all three.
        confidence, label = pseudo_labels(forward.frozen(batch.x_weak))
        accepted = confidence >= self.threshold
        supervised, unlabeled = labeled_and_strong(self, forward, batch, label, accepted)
        logs = {
            "accepted": share(accepted),
            "supervised_loss": supervised.detach(),
            "unlabeled_loss": unlabeled.detach(),
        }
        return supervised + self.weight * unlabeled, state, logs

    def rejected(self, probs: Tensor, state: State) -> Tensor:
        """(N,) bool: top probability below the threshold."""
        return probs.amax(dim=1) < self.threshold

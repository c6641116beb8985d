"""SAW: a FixMatch whose consistency loss weighs each class by how seldom it is predicted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from albench.api import Batch, Forward, Logs, Method, RoundFacts, State, Task, option
from albench_ssl.losses import pseudo_labels, share, student_logits
from albench_ssl.memory import remember

if TYPE_CHECKING:
    from torch import device as Device


def smoothed_weights(counts: Tensor) -> Tensor:
    """The weight of each class by the effective number of its items, scaled to a mean of 1.

    ``(1 - beta) / (1 - beta^n_c)`` with ``beta = (N - 1) / N`` and ``N = mean_c n_c``: between the inverse share and no
    weighting at all. The effective number is of Cui et al., "Class-Balanced Loss Based on Effective Number of Samples",
    CVPR 2019, arXiv 1901.05555, equation 2. A class that is never predicted counts as one item.

    Parameters
    ----------
    counts
        (C,) int64 items of each class.

    Returns
    -------
    (C,) float32.
    """
    mean = counts.float().mean().clamp(min=1)
    # By logarithms: beta is so close to 1 in a large pool that float32 would lose its powers.
    effective = -torch.expm1(counts.clamp(min=1) * torch.log1p(-1 / mean))
    weights = 1 / effective
    return weights / weights.mean()


@dataclass(frozen=True)
class SAW(Method):
    """FixMatch with smoothed adaptive weights of the classes.

    Lai et al., "Smoothed Adaptive Weighting for Imbalanced Semi-Supervised Learning: Improve Reliability Against
    Unknown Distribution Data", ICML 2022, on FixMatch::

        n_c   = unlabelled items of the pool whose latest weak prediction is c, confident or not
        w     = smoothed_weights(n)
        l     = l_s + weight * mean( 1[max p_w >= threshold] * w(argmax p_w) * CE(argmax p_w, p_s) )

    The mean runs over the whole unlabelled batch. Nothing is assumed of the pool's class shares: the counts are the
    model's own, and only the unlabelled loss is weighed; ``loss=class-weighted`` weighs the labelled one.

    Each step counts anew, after it has taken in its own predictions, where the authors count once in an epoch of 500
    steps, which is more than a round here. An item not seen yet is not counted, one that is labelled leaves the count,
    and a cold start forgets all. The weights have a mean of 1, so that ``weight`` means what it means in FixMatch; the
    authors' code leaves that to an option.

    State
    -----
    memory
        (pool_size,) int64 the class of each item's latest weak prediction; -1 before it is seen.
    """

    views = frozenset({"weak", "strong"})

    threshold: float = option(0.95, "top probability from which a prediction becomes a label", ge=0, le=1)
    weight: float = option(1.0, "weight of the unlabelled loss", ge=0)

    def init(self, task: Task, device: Device) -> State:
        return {"memory": torch.full((task.pool_size,), -1, device=device)}

    def round_start(self, state: State, facts: RoundFacts) -> State:
        """Take labelled items out of the count; forget the memory on a cold start."""
        memory = state["memory"]
        nothing = torch.full_like(memory, -1)
        return {"memory": nothing if facts.first_step == 0 else torch.where(facts.labeled, nothing, memory)}

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        weak = forward.frozen(batch.x_weak)
        confidence, label = pseudo_labels(weak)
        accepted = confidence >= self.threshold
        memory = remember(state["memory"], batch.index, label)
        counts = memory.new_zeros(weak.shape[1] + 1).scatter_add(0, memory + 1, torch.ones_like(memory))[1:]
        weights = smoothed_weights(counts)

        labeled, strong = student_logits(forward, batch)
        supervised = self.labeled_loss(labeled, batch)
        each = weights.gather(0, label) * F.cross_entropy(strong, label, reduction="none")
        unlabeled = torch.where(accepted, each, torch.zeros_like(each)).mean()
        logs = {
            "accepted": share(accepted),
            "largest_weight": weights.amax(),
            "supervised_loss": supervised.detach(),
            "unlabeled_loss": unlabeled.detach(),
        }
        return supervised + self.weight * unlabeled, {"memory": memory}, logs

    def rejected(self, probs: Tensor, state: State) -> Tensor:
        """(N,) bool: top probability below the threshold."""
        return probs.amax(dim=1) < self.threshold

    def skip(self, task: Task) -> str | None:
        return None if task.pool_size else "it remembers every item of the pool, whose size is not known"

"""ABC: a second classifier on the same features sees as much of a rare class as of a common one, and predicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from albench.api import Batch, Forward, Logs, State, Task, option
from albench_ssl.losses import masked_cross_entropy, pseudo_labels, share, soft_cross_entropy
from albench_ssl.ramps import Ramped, linear_ramp

BACKBONE = "ordinary"
"""The head that FixMatch trains; the backbone's own one is the balanced classifier, for it predicts."""


def rates(class_counts: Tensor) -> Tensor:
    """(C,) float32 ``N_L / N_c``: how often an item of each class counts, if the rarest one, N_L, always does.

    Parameters
    ----------
    class_counts
        (C,) labels of each class. One without a label has no item to leave out, is not the rarest, and counts always.
    """
    known = class_counts > 0
    rarest = torch.where(known, class_counts, torch.full_like(class_counts, torch.inf)).amin()
    return torch.where(known, rarest / class_counts.clamp(min=1), torch.ones_like(class_counts))


@dataclass(frozen=True)
class ABC(Ramped):
    """FixMatch beside an auxiliary balanced classifier, which is the one that predicts.

    Lee, Shin and Kim, "ABC: Auxiliary Balanced Classifier for Class-imbalanced Semi-supervised Learning", NeurIPS 2021,
    arXiv 2110.10368, on FixMatch. One embedding has two heads: FixMatch trains the ordinary one, with predictions p;
    the balanced one, with predictions q, leaves items out in such shares that it sees all classes alike::

        r_c    = N_L / N_c                        N_c labels of class c, N_L of the rarest
        l_cls  = mean( M(r_y) * CE(y, q) )                                         labelled items
        l_con  = mean( M(1 - t (1 - r_c)) * 1[max q_w >= threshold] * CE(q_w, q_s) )   with c = argmax q_w
        l      = l_s(p) + weight * mean( 1[max p_w >= threshold] * CE(argmax p_w, p_s) )
                 + balanced_weight * ( l_cls + l_con )

    ``M(r)`` is 1 with probability r, else 0, drawn anew for each item and step. Means run over the whole batch. ``q_w``
    teaches as it is, not as a hard label, and without gradient. ``t`` goes from 0 to 1 with the training, for pseudo
    labels of common classes are right first and help the embedding: over 500 of the authors' 500 epochs, here over a
    round. Both heads' gradients reach the embedding, as in the authors' code.

    Differences from the paper:

    - One strong view, as FixMatch has; the authors' code takes two and adds their losses up.
    - A class without a label, which their sets have not, counts as often as the rarest one that has.

    State
    -----
    ramp_steps
        () float32.
    """

    views = frozenset({"weak", "strong"})
    ramp_share = 1.0

    threshold: float = option(0.95, "top probability from which either head's prediction teaches", ge=0, le=1)
    weight: float = option(1.0, "weight of the ordinary head's unlabelled loss", ge=0)
    balanced_weight: float = option(1.0, "weight of the balanced head's losses", ge=0)
    ramp_steps: int | None = option(
        None, "steps until unlabelled items are left out as labelled ones are; none for the round, 0 for at once", ge=0
    )

    def heads(self, task: Task) -> Mapping[str, int]:
        """The ordinary head."""
        return {BACKBONE: task.n_classes}

    def draw(self, generator: Generator, n_labeled: int, n_unlabeled: int) -> Mapping[str, Tensor]:
        """``labeled`` (B,) and ``unlabeled`` (U,) float32 in [0, 1): an item counts where its rate is above."""
        sizes = {"labeled": n_labeled, "unlabeled": n_unlabeled}
        return {name: torch.rand(size, generator=generator) for name, size in sizes.items()}

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        weak, weak_embeddings = forward.frozen_embed(batch.x_weak)
        confidence, label = pseudo_labels(forward.frozen_head(weak_embeddings, BACKBONE))
        accepted = confidence >= self.threshold
        balanced, embeddings = forward.embed(torch.cat([batch.x_lab, batch.x_strong]))
        ordinary = forward.head(embeddings, BACKBONE)
        n_labeled = batch.x_lab.shape[0]
        supervised = self.labeled_loss(ordinary[:n_labeled], batch)
        unlabeled = masked_cross_entropy(ordinary[n_labeled:], label, accepted)

        rate = rates(batch.class_counts)
        counted = batch.noise["labeled"] < rate.gather(0, batch.y_lab)
        each = F.cross_entropy(balanced[:n_labeled], batch.y_lab, reduction="none")
        classified = torch.where(counted, each, torch.zeros_like(each)).mean()
        target = torch.softmax(weak.float(), dim=1)
        sure, guess = target.max(dim=1)
        risen = linear_ramp(step, state["ramp_steps"])
        kept = batch.noise["unlabeled"] < (1 - risen * (1 - rate)).gather(0, guess)
        consistent = soft_cross_entropy(balanced[n_labeled:], target, (sure >= self.threshold) & kept)
        logs = {
            "accepted": share(accepted),
            "supervised_loss": supervised.detach(),
            "unlabeled_loss": unlabeled.detach(),
            "balanced_loss": (classified + consistent).detach(),
        }
        return supervised + self.weight * unlabeled + self.balanced_weight * (classified + consistent), state, logs

    def rejected(self, probs: Tensor, state: State) -> Tensor:
        """(N,) bool: top probability of the balanced head below the threshold."""
        return probs.amax(dim=1) < self.threshold

"""CoSSL: one classifier learns the features, another learns balanced ones made of them, teaches, and predicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from albench.api import Batch, Forward, Logs, Method, RoundFacts, State, Task, lasting_steps, option
from albench_ssl.losses import masked_cross_entropy, pseudo_labels, share

if TYPE_CHECKING:
    from torch import device as Device

REPRESENTATION = "representation"
"""The head that FixMatch trains; the backbone's own one is the balanced classifier, for it predicts."""


def mean_of_classes(each: Tensor, labels: Tensor, n_classes: int) -> Tensor:
    """() the mean over the classes that ``labels`` (B,) hold of each one's mean of ``each`` (B,)."""
    member = (labels.unsqueeze(1) == torch.arange(n_classes, device=labels.device)).to(each.dtype)
    count = member.sum(dim=0)
    means = (member * each.unsqueeze(1)).sum(dim=0) / count.clamp(min=1)
    return means.sum() / (count > 0).sum()


def enhanced(labeled: Tensor, others: Tensor, mixed: Tensor, kept: Tensor) -> Tensor:
    """Tail-class feature enhancement: ``kept * labeled + (1 - kept) * others`` where ``mixed``, else ``labeled``.

    Parameters
    ----------
    labeled, others
        (B, E) embeddings; only the first have a label, which the mixture keeps.
    mixed
        (B,) bool.
    kept
        (B,) share of the labelled embedding.
    """
    own = torch.where(mixed, kept, torch.ones_like(kept)).unsqueeze(1)
    return own * labeled + (1 - own) * others


@dataclass(frozen=True)
class CoSSL(Method):
    """FixMatch whose pseudo labels come, after a while, from a classifier that learns balanced features.

    Fan, Dai, Kukleva and Schiele, "CoSSL: Co-Learning of Representation and Classifier for Imbalanced Semi-Supervised
    Learning", CVPR 2022, arXiv 2112.04564, on FixMatch. Two heads on one embedding teach each other without a gradient.
    f is the embedding by the moving average of the weights; N_c are the labels of class c, N_1 of the commonest::

        x~  = lam f(x) + (1 - lam) f(u)  with probability 1 - N_y / N_1,  else f(x);   lam ~ U(mix, 1)
        l_t = mean over classes of CE(y, balanced(x~))                        moves the balanced head alone
        q   = softmax( balanced(f(u_w)) )                                     pseudo labels
        l_u = mean( 1[max q >= threshold] * CE(argmax q, representation(u_s)) )
        l   = l_s(representation) + weight * l_u + l_t

    u is an unlabelled item, whose features widen those of a rare class, while the label stays. ``mix`` is the authors'
    for CIFAR-10, where most mixtures keep most of the labelled item. What predicts is the balanced head on f.

    Until ``wait_steps`` steps have passed since the weights were initialised, q are the representation head's own
    predictions, as in FixMatch: the authors take the 401st of 500 epochs of FixMatch and go on from there, the same
    share of a round here.

    Differences from the paper:

    - The balanced head learns from the first step on, and only begins to teach after the wait. The authors make it
      then, and train it by itself for ten epochs.
    - The labelled batch with equal class shares is the batch itself, with equal weights of the classes that it holds,
      in the weak view that a batch has, where the authors draw another in a strong view.
    - u are unlabelled items, in their strong view; the authors' are any items of the pool.
    - One strong view learns the pseudo labels, as FixMatch has it; the authors' code has two.

    State
    -----
    wait_steps
        () int64.
    """

    views = frozenset({"weak", "strong"})

    threshold: float = option(0.95, "top probability from which a prediction becomes a label", ge=0, le=1)
    weight: float = option(1.0, "weight of the unlabelled loss", ge=0)
    mix: float = option(0.6, "least share of the labelled features in a mixture, the paper's mu", ge=0, le=1)
    wait_steps: int | None = option(
        None, "steps before the balanced head makes the pseudo labels; none for a share of the round", ge=0
    )

    def heads(self, task: Task) -> Mapping[str, int]:
        """The head that learns the features."""
        return {REPRESENTATION: task.n_classes}

    def init(self, task: Task, device: Device) -> State:
        return {"wait_steps": torch.full((), self.wait_steps or 0, dtype=torch.int64, device=device)}

    def round_start(self, state: State, facts: RoundFacts) -> State:
        """Learn how long a round is."""
        wait = round(lasting_steps(facts.steps, 400 / 500, given=self.wait_steps))
        return {"wait_steps": torch.full_like(state["wait_steps"], wait)}

    def draw(self, generator: Generator, n_labeled: int, n_unlabeled: int) -> Mapping[str, Tensor]:
        """``mixed`` and ``kept`` (B,) float32 in [0, 1): whether an item is mixed, and how much of it stays."""
        return {name: torch.rand(n_labeled, generator=generator) for name in ("mixed", "kept")}

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        n_labeled, n_unlabeled = batch.x_lab.shape[0], batch.x_weak.shape[0]
        steady = forward.ema_embed(torch.cat([batch.x_lab, batch.x_weak, batch.x_strong]))[1]
        labeled, weak, strong = steady.split([n_labeled, n_unlabeled, n_unlabeled])
        own = forward.frozen_head(forward.frozen_embed(batch.x_weak)[1], REPRESENTATION)
        begun = step >= state["wait_steps"]
        confidence, label = pseudo_labels(torch.where(begun, forward.frozen_head(weak), own))
        accepted = confidence >= self.threshold

        embeddings = forward.embed(torch.cat([batch.x_lab, batch.x_strong]))[1]
        logits = forward.head(embeddings, REPRESENTATION)
        supervised = self.labeled_loss(logits[:n_labeled], batch)
        unlabeled = masked_cross_entropy(logits[n_labeled:], label, accepted)

        rare = 1 - batch.class_counts / batch.class_counts.amax()
        mixed = batch.noise["mixed"] < rare.gather(0, batch.y_lab)
        kept = self.mix + (1 - self.mix) * batch.noise["kept"]
        others = strong[torch.arange(n_labeled, device=strong.device) % n_unlabeled]
        balanced = forward.head(enhanced(labeled, others, mixed, kept.to(labeled.dtype)))
        each = F.cross_entropy(balanced, batch.y_lab, reduction="none")
        classified = mean_of_classes(each, batch.y_lab, balanced.shape[1])
        logs = {
            "accepted": share(accepted),
            "supervised_loss": supervised.detach(),
            "unlabeled_loss": unlabeled.detach(),
            "balanced_loss": classified.detach(),
        }
        return supervised + self.weight * unlabeled + classified, state, logs

    def rejected(self, probs: Tensor, state: State) -> Tensor:
        """(N,) bool: top probability of the balanced head below the threshold."""
        return probs.amax(dim=1) < self.threshold

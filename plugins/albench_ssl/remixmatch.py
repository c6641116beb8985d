"""ReMixMatch: MixMatch whose guesses are aligned, and anchored at strong views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Generator, Tensor

from albench.api import Batch, Forward, Logs, RoundFacts, State, Task, option
from albench_ssl.losses import soft_cross_entropy
from albench_ssl.mixing import beta_shares, mix
from albench_ssl.mixmatch import sharpen
from albench_ssl.ramps import Ramped, linear_ramp
from albench_ssl.running import align, window_mean

if TYPE_CHECKING:
    from torch import device as Device

WINDOW = 128
"""Batches in the mean prediction of the distribution alignment, as in the paper."""


@dataclass(frozen=True)
class ReMixMatch(Ramped):
    """MixMatch with distribution alignment and augmentation anchoring.

    Berthelot et al., "ReMixMatch: Semi-Supervised Learning with Distribution Alignment and Augmentation Anchoring",
    ICLR 2020, arXiv 1911.09785, algorithm 1 and equation 3 with K = 2 strong views::

        q   = sharpen( normalize( p_w * n / mean of p_w over the last batches ), temperature )    without gradient
        R   = labelled items with their labels, the weak and both strong views of each unlabelled item with q
        R'  = max(lam, 1 - lam) * R + (1 - max(lam, 1 - lam)) * shuffle(R),   lam ~ Beta(alpha, alpha) for each item
        l   = l_s(labelled part of R') + ramp * ( weight * mean CE(q', p') over the others
                                                  + anchor_weight * mean CE(q, p_s) )

    with ``ramp = min(1, step / ramp_steps)`` and ``n`` the class shares of the bought labels: under a query strategy
    that prefers a class, of what it bought and not of the pool. The mean prediction starts at 1/C and takes a batch in
    after it was aligned, as in the authors' code; it looks back as far as ``albench.api.horizon`` lets it, over 128
    batches from step 571 on. ``temperature``, ``alpha`` and the weights are the paper's, whose ramp lasts for 2^14 of
    2^20 steps.

    Differences from the paper:

    - No rotation loss, which is weighed by 0.5 in the paper: most items here cannot be turned, and do without it
      elsewhere, too.
    - Two strong views, where the paper takes 8, and this benchmark's strong augmentation in place of CTAugment.
    - All that is mixed and the first strong view go through the network at once, so the authors' interleaving of
      small batches, for the sake of batch statistics, is not needed.

    State
    -----
    mean
        (C,) float32 what the predictions are on average.
    means
        (128, C) float32 mean predictions of the last unlabelled batches.
    pointer
        () int64 the next of its rows to write.
    ramp_steps
        () float32.
    """

    views = frozenset({"weak", "strong", "strong2"})
    ramp_share = 2**14 / 2**20
    ramp_least = 1.0

    temperature: float = option(0.5, "sharpens the guessed labels; 1 leaves them as they are", gt=0)
    alpha: float = option(0.75, "both parameters of the mixing share's Beta distribution", gt=0)
    weight: float = option(1.5, "weight of the mixed unlabelled items after the ramp", ge=0)
    anchor_weight: float = option(0.5, "weight of the first strong view, not mixed, after the ramp", ge=0)

    def init(self, task: Task, device: Device) -> State:
        return super().init(task, device) | self._start(task.n_classes, device)

    def round_start(self, state: State, facts: RoundFacts) -> State:
        """A cold start begins the mean prediction again."""
        state, mean = super().round_start(state, facts), state["mean"]
        return state | self._start(len(mean), mean.device) if facts.first_step == 0 else state

    def draw(self, generator: Generator, n_labeled: int, n_unlabeled: int) -> Mapping[str, Tensor]:
        """``share`` (B + 3U,) float32 in [0.5, 1] and ``order`` (B + 3U,) int64."""
        count = n_labeled + 3 * n_unlabeled
        share = beta_shares(generator, self.alpha, count)
        return {"share": torch.maximum(share, 1 - share), "order": torch.randperm(count, generator=generator)}

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        order, share = batch.noise["order"], batch.noise["share"]
        probs = torch.softmax(forward.frozen(batch.x_weak).float(), dim=1)
        shares = batch.class_counts / batch.class_counts.sum()
        guess = sharpen(align(probs, state["mean"], shares), self.temperature)
        means, pointer, mean = window_mean(state["means"], state["pointer"], probs.mean(dim=0), step)

        classes = torch.arange(guess.shape[1], device=guess.device)
        labels = (batch.y_lab.unsqueeze(1) == classes).to(guess.dtype)
        items = torch.cat([batch.x_lab, batch.x_weak, batch.x_strong, batch.views["strong2"]])
        target = mix(torch.cat([labels, guess, guess, guess]), order, share)
        logits = forward(torch.cat([mix(items, order, share), batch.x_strong]))
        n_labeled, n_mixed = len(labels), len(items)
        supervised = self.labeled_loss(logits[:n_labeled], batch, target[:n_labeled])
        every = torch.ones_like(target[:, 0])
        unlabeled = soft_cross_entropy(logits[n_labeled:n_mixed], target[n_labeled:], every[n_labeled:])
        anchor = soft_cross_entropy(logits[n_mixed:], guess, every[: len(guess)])
        logs = {
            "supervised_loss": supervised.detach(),
            "unlabeled_loss": unlabeled.detach(),
            "anchor_loss": anchor.detach(),
        }
        ramp = linear_ramp(step, state["ramp_steps"])
        total = supervised + ramp * (self.weight * unlabeled + self.anchor_weight * anchor)
        return total, state | {"mean": mean, "means": means, "pointer": pointer}, logs

    def _start(self, n_classes: int, device: Device) -> State:
        return {
            "mean": torch.full((n_classes,), 1 / n_classes, device=device),
            "means": torch.full((WINDOW, n_classes), 1 / n_classes, device=device),
            "pointer": torch.zeros((), dtype=torch.int64, device=device),
        }

"""AdaMatch: aligned predictions, judged against the confidence on labelled items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import pi
from typing import TYPE_CHECKING

import torch
from torch import Generator, Tensor

from albench.api import Batch, Forward, Logs, RoundFacts, State, Task, option
from albench_ssl.losses import masked_cross_entropy, share, student_logits
from albench_ssl.ramps import Ramped, linear_ramp
from albench_ssl.running import align, moving_average, window_mean

if TYPE_CHECKING:
    from torch import device as Device

WINDOW = 128
"""Batches in the mean of the unlabelled predictions, as in the authors' code."""


@dataclass(frozen=True)
class AdaMatch(Ramped):
    """FixMatch with distribution alignment, a relative threshold and random logit interpolation.

    Berthelot et al., "AdaMatch: A Unified Approach to Semi-Supervised Learning and Domain Adaptation", ICLR 2022,
    arXiv 2106.04732, the semi-supervised form: labelled items are the source, unlabelled ones the target::

        z_l  = r * z_l(with the strong views) + (1 - r) * z_l(alone),  r ~ U(0, 1)        interpolation
        q    = normalize( p_w * average of mean(p_l) / average of mean(p_w) )             alignment
        c    = threshold * mean( max p_l )                                                relative threshold
        l_u  = mean( 1[max q >= c] * CE(argmax q, p_s) )
        l    = CE(y, softmax z_l) + weight * (1/2 - cos(pi t) / 2) * l_u,  t = min(1, step / ramp_steps)

    As in the authors' code (google-research/adamatch) the labelled average has a constant of ``momentum`` and the
    unlabelled one is the mean of the last 128 batches; USB gives both the constant. Both look back as far as
    ``albench.api.horizon`` lets them, over batches of the same mean age, until each has come to the authors' length:
    the window at step 571, the constant at step 8,990. The authors ramp over the first half of training.

    Two passes of the labelled batch give the two logits, which differ by its batch statistics alone: a network without
    batch normalisation has nothing to interpolate, and ``interpolate=false`` saves the second pass there. Differences
    from the paper: one ``r`` for each item, not for each logit; labelled items come as weak views only, and the weak
    unlabelled views in a pass of their own without gradient.

    State
    -----
    labeled_mean, unlabeled_mean
        (C,) float32 averages of the predictions.
    unlabeled_means
        (128, C) float32 mean predictions of the last unlabelled batches.
    pointer
        () int64 the next of its rows to write.
    threshold
        () float32 ``c`` of the last step.
    ramp_steps
        () float32.
    """

    views = frozenset({"weak", "strong"})
    ramp_share = 0.5

    threshold: float = option(0.9, "threshold relative to the mean top probability of labelled items", ge=0, le=1)
    momentum: float = option(
        0.999, "share of the labelled average that stays at a step, at the authors' length", ge=0, lt=1
    )
    interpolate: bool = option(True, "random logit interpolation: a second pass of the labelled items")
    weight: float = option(1.0, "weight of the unlabelled loss after the ramp", ge=0)

    def init(self, task: Task, device: Device) -> State:
        return super().init(task, device) | self._start(task.n_classes, device)

    def round_start(self, state: State, facts: RoundFacts) -> State:
        """A cold start begins the averages again."""
        state, mean = super().round_start(state, facts), state["labeled_mean"]
        return state | self._start(len(mean), mean.device) if facts.first_step == 0 else state

    def draw(self, generator: Generator, n_labeled: int, n_unlabeled: int) -> Mapping[str, Tensor]:
        """``share`` (B, 1) float32 in [0, 1): r of each labelled item."""
        return {"share": torch.rand(n_labeled, 1, generator=generator)} if self.interpolate else {}

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        probs = torch.softmax(forward.frozen(batch.x_weak).float(), dim=1)
        labeled, strong = student_logits(forward, batch)
        if self.interpolate:
            alone = forward.probe(batch.x_lab)
            labeled = alone + batch.noise["share"].to(alone.dtype) * (labeled - alone)
        known = torch.softmax(labeled.detach().float(), dim=1)
        means, pointer, mean = window_mean(state["unlabeled_means"], state["pointer"], probs.mean(dim=0), step)
        state = state | {
            "labeled_mean": moving_average(state["labeled_mean"], known.mean(dim=0), self.momentum, step),
            "unlabeled_mean": mean,
            "unlabeled_means": means,
            "pointer": pointer,
            "threshold": self.threshold * known.amax(dim=1).mean(),
        }
        confidence, label = self._aligned(probs, state).max(dim=1)
        accepted = confidence >= state["threshold"]

        supervised = self.labeled_loss(labeled, batch)
        unlabeled = masked_cross_entropy(strong, label, accepted)
        ramp = 0.5 - 0.5 * torch.cos(pi * linear_ramp(step, state["ramp_steps"]))
        logs = {
            "accepted": share(accepted),
            "threshold": state["threshold"],
            "supervised_loss": supervised.detach(),
            "unlabeled_loss": unlabeled.detach(),
        }
        return supervised + self.weight * ramp * unlabeled, state, logs

    def rejected(self, probs: Tensor, state: State) -> Tensor:
        """(N,) bool: aligned top probability below the last relative threshold."""
        return self._aligned(probs, state).amax(dim=1) < state["threshold"]

    def _aligned(self, probs: Tensor, state: State) -> Tensor:
        """(N, C) float32 ``q`` of probabilities (N, C)."""
        return align(probs, state["unlabeled_mean"], state["labeled_mean"])

    def _start(self, n_classes: int, device: Device) -> State:
        return {
            "labeled_mean": torch.full((n_classes,), 1 / n_classes, device=device),
            "unlabeled_mean": torch.full((n_classes,), 1 / n_classes, device=device),
            "unlabeled_means": torch.full((WINDOW, n_classes), 1 / n_classes, device=device),
            "pointer": torch.zeros((), dtype=torch.int64, device=device),
            "threshold": torch.full((), self.threshold, device=device),
        }

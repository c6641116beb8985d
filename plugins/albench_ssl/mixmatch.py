"""MixMatch: sharpened guesses for unlabelled items, mixed with the labelled ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from albench.api import Batch, Forward, Logs, State, option
from albench_ssl.mixing import beta_shares, mix
from albench_ssl.ramps import Ramped, linear_ramp


def sharpen(probs: Tensor, temperature: float) -> Tensor:
    """(U, C) ``p^(1/T) / sum p^(1/T)`` of probabilities (U, C)."""
    return torch.softmax(probs.clamp(min=torch.finfo(probs.dtype).tiny).log() / temperature, dim=1)


@dataclass(frozen=True)
class MixMatch(Ramped):
    """Labelled and unlabelled items, mixed with each other, learn their mixed labels.

    Berthelot et al., "MixMatch: A Holistic Approach to Semi-Supervised Learning", NeurIPS 2019, arXiv 1905.02249,
    algorithm 1 with K = 2::

        q   = sharpen( (p_w + p_w2) / 2, temperature )       without gradient
        R   = labelled items with their labels, both views of each unlabelled item with q
        R'  = max(lam, 1 - lam) * R + (1 - max(lam, 1 - lam)) * shuffle(R),   lam ~ Beta(alpha, alpha) for each item
        l   = l_s(labelled part of R') + weight * min(1, step / ramp_steps) * mean( (p - q')^2 over the others )

    The mean runs over items and classes. ``temperature``, ``alpha`` and ``weight`` are the paper's for CIFAR-10, where
    the ramp lasts for 2^14 of 2^20 steps (google-research/mixmatch; see ``ramps`` for what that makes of a round).
    Everything mixed goes through the network at once, so the authors' interleaving of small batches, for the sake of
    batch statistics, is not needed.

    State
    -----
    ramp_steps
        () float32.
    """

    views = frozenset({"weak", "weak2"})
    ramp_share = 2**14 / 2**20
    ramp_least = 1.0

    temperature: float = option(0.5, "sharpens the guessed labels; 1 leaves them as they are", gt=0)
    alpha: float = option(0.75, "both parameters of the mixing share's Beta distribution", gt=0)
    weight: float = option(75.0, "weight of the squared difference after the ramp", ge=0)

    def draw(self, generator: Generator, n_labeled: int, n_unlabeled: int) -> Mapping[str, Tensor]:
        """``share`` (B + 2U,) float32 in [0.5, 1] and ``order`` (B + 2U,) int64."""
        count = n_labeled + 2 * n_unlabeled
        share = beta_shares(generator, self.alpha, count)
        return {"share": torch.maximum(share, 1 - share), "order": torch.randperm(count, generator=generator)}

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        order, share = batch.noise["order"], batch.noise["share"]
        both = torch.cat([batch.x_weak, batch.views["weak2"]])
        one, other = torch.softmax(forward.frozen(both).float(), dim=1).chunk(2)
        guess = sharpen((one + other) / 2, self.temperature)
        classes = torch.arange(guess.shape[1], device=guess.device)
        labels = (batch.y_lab.unsqueeze(1) == classes).to(guess.dtype)
        target = mix(torch.cat([labels, guess, guess]), order, share)
        logits = forward(mix(torch.cat([batch.x_lab, both]), order, share))
        n_labeled = batch.x_lab.shape[0]
        supervised = self.labeled_loss(logits[:n_labeled], batch, target[:n_labeled])
        unlabeled = F.mse_loss(torch.softmax(logits[n_labeled:].float(), dim=1), target[n_labeled:])
        logs = {"supervised_loss": supervised.detach(), "unlabeled_loss": unlabeled.detach()}
        return supervised + self.weight * linear_ramp(step, state["ramp_steps"]) * unlabeled, state, logs

"""SimMatch: two views agree in their classes and in their similarity to labelled items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from albench.api import Batch, Forward, Logs, Method, RoundFacts, State, Task, UserError, option
from albench_ssl.losses import share, soft_cross_entropy
from albench_ssl.running import align, push, window_mean

if TYPE_CHECKING:
    from torch import device as Device

WINDOW = 256
"""Batches in the mean prediction of the distribution alignment, as in the authors' code."""

EMPTY = -1e4
"""Similarity of an empty place in the bank: no share of a softmax, and yet finite where all of them are empty."""


@dataclass(frozen=True)
class SimMatch(Method):
    """Semantic and instance similarity, each corrected by the other.

    Zheng et al., "SimMatch: Semi-supervised Learning with Similarity Matching", CVPR 2022, arXiv 2203.06915. For an
    item with embeddings e, of length 1, and a bank of labelled embeddings b_i with labels y_i::

        p    = normalize( p_w / mean of p_w over the last batches )            distribution alignment
        q_w  = softmax_i( e_w . b_i / temperature ),  q_s alike                instance similarity
        q'_i ~ q_w,i p(y_i)                                                    unfolding: the instance target
        p'   = smoothing * p + (1 - smoothing) * sum_{i: y_i = c} q_w,i        aggregation: the semantic target
        l    = l_s + weight * mean( 1[max p' >= threshold] CE(p', p_s) ) + instance_weight * mean( CE(q', q_s) )

    Both means run over the whole unlabelled batch. While the bank is empty ``p' = p`` and the last term is 0.
    The defaults are the paper's for CIFAR. The mean of the last 256 batches looks back as far as
    ``albench.api.horizon`` lets it, over 45 at the end of a round of 200 steps.

    Differences from the paper:

    - No projection head: a method owns no weights, so the backbone's embeddings are compared, scaled to length 1.
    - The bank holds the last ``bank_size`` labelled embeddings of training in place of one for each labelled item,
      since a batch does not say which labelled items it holds. An item is in it once for each time it was drawn; its
      older embeddings play the part of the paper's averaged one. A cold start empties the bank.
    - The student itself embeds the weak views, as in the paper's CIFAR experiments.

    State
    -----
    bank
        (bank_size, E) float32 embeddings of length 1.
    bank_labels
        (bank_size,) int64, -1 where empty.
    bank_pointer
        () int64 the next place to write.
    mean
        (C,) float32 what the predictions are on average.
    means, means_pointer
        (256, C) float32 mean predictions of the last batches; () int64 the next of its rows to write.
    """

    views = frozenset({"weak", "strong"})

    threshold: float = option(0.95, "top probability from which a semantic target teaches", ge=0, le=1)
    temperature: float = option(0.1, "of the instance similarity", gt=0)
    smoothing: float = option(0.9, "share of the own prediction in the semantic target, the paper's alpha", ge=0, le=1)
    bank_size: int = option(1024, "labelled embeddings in the bank", ge=1)
    weight: float = option(1.0, "weight of the semantic loss", ge=0)
    instance_weight: float = option(1.0, "weight of the instance loss", ge=0)

    def init(self, task: Task, device: Device) -> State:
        if not task.embedding_size:
            raise UserError(
                "simmatch needs the backbone's embedding size: give its module a 'head' with 'in_features'."
            )
        return self._start(task.n_classes, task.embedding_size, device)

    def round_start(self, state: State, facts: RoundFacts) -> State:
        """A cold start empties the bank and begins the mean prediction again."""
        bank = state["bank"]
        return self._start(len(state["mean"]), bank.shape[1], bank.device) if facts.first_step == 0 else state

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        weak, weak_embeddings = forward.frozen_embed(batch.x_weak)
        logits, embeddings = forward.embed(torch.cat([batch.x_lab, batch.x_strong]))
        n_labeled = batch.x_lab.shape[0]
        probs = torch.softmax(weak.float(), dim=1)
        means, means_pointer, mean = window_mean(state["means"], state["means_pointer"], probs.mean(dim=0), step)
        semantic = align(probs, mean)

        labels = state["bank_labels"]
        filled = (labels >= 0).any()
        instance = torch.softmax(self._similarities(weak_embeddings, state), dim=1)
        classes = torch.arange(probs.shape[1], device=labels.device)
        belongs = (labels.unsqueeze(1) == classes).to(probs.dtype)
        # As products with (K, C) of 0 and 1: unfolding reads a column for each label, aggregation sums the columns.
        unfolded = instance * (semantic @ belongs.T).clamp(min=1e-12)
        unfolded = unfolded / unfolded.sum(dim=1, keepdim=True)
        smoothed = self.smoothing * semantic + (1 - self.smoothing) * (instance @ belongs)
        target = torch.where(filled, smoothed, semantic)
        accepted = target.amax(dim=1) >= self.threshold

        supervised = self.labeled_loss(logits[:n_labeled], batch)
        unlabeled = soft_cross_entropy(logits[n_labeled:], target, accepted)
        similar = soft_cross_entropy(
            self._similarities(embeddings[n_labeled:], state), unfolded, filled.expand(len(accepted))
        )
        known = F.normalize(embeddings[:n_labeled].detach().float(), dim=1)
        bank, pointer = push(state["bank"], state["bank_pointer"], known)
        bank_labels, _ = push(labels, state["bank_pointer"], batch.y_lab)
        state = {
            "bank": bank,
            "bank_labels": bank_labels,
            "bank_pointer": pointer,
            "mean": mean,
            "means": means,
            "means_pointer": means_pointer,
        }
        logs = {
            "accepted": share(accepted),
            "supervised_loss": supervised.detach(),
            "unlabeled_loss": unlabeled.detach(),
            "instance_loss": similar.detach(),
        }
        return supervised + self.weight * unlabeled + self.instance_weight * similar, state, logs

    def rejected(self, probs: Tensor, state: State) -> Tensor:
        """(N,) bool: aligned top probability below the threshold; without embeddings there is nothing to aggregate."""
        return align(probs, state["mean"]).amax(dim=1) < self.threshold

    def _similarities(self, embeddings: Tensor, state: State) -> Tensor:
        """(U, bank_size) float32 logits of the instance similarity."""
        found = F.normalize(embeddings.float(), dim=1) @ state["bank"].T / self.temperature
        return torch.where(state["bank_labels"] >= 0, found, torch.full_like(found, EMPTY))

    def _start(self, n_classes: int, embedding_size: int, device: Device) -> State:
        return {
            "bank": torch.zeros(self.bank_size, embedding_size, device=device),
            "bank_labels": torch.full((self.bank_size,), -1, device=device),
            "bank_pointer": torch.zeros((), dtype=torch.int64, device=device),
            "mean": torch.full((n_classes,), 1 / n_classes, device=device),
            "means": torch.full((WINDOW, n_classes), 1 / n_classes, device=device),
            "means_pointer": torch.zeros((), dtype=torch.int64, device=device),
        }

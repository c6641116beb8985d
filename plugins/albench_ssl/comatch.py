"""CoMatch: class probabilities and embeddings teach each other through a graph of pseudo labels."""

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

WINDOW = 32
"""Batches in the mean prediction of the distribution alignment, as in the authors' code."""

EMPTY = -1e4
"""Similarity of an empty place in the bank: no share of a softmax, and yet finite where all of them are empty."""


def contrastive_loss(first: Tensor, second: Tensor, target: Tensor, temperature: float, edge: float) -> Tensor:
    """The contrastive graph loss, ``mean_b H( Q_b, softmax_j( z_b . z'_j / temperature ) )``.

    ``Q`` is the graph of pseudo labels with its rows scaled to sum 1: 1 from an item to itself, ``q_b . q_j`` to
    another one where that is at least ``edge``, else 0.

    Parameters
    ----------
    first, second
        (U, E) embeddings of length 1 of two strong views, differentiable.
    target
        (U, C) pseudo labels ``q``, without gradient.
    temperature
        Divides the similarities of the embeddings.
    edge
        Similarity of two pseudo labels from which they are joined.

    Returns
    -------
    () float32.
    """
    itself = torch.eye(target.shape[0], dtype=torch.bool, device=target.device)
    alike = target @ target.T
    graph = torch.where(alike >= edge, alike, torch.zeros_like(alike))
    graph = torch.where(itself, torch.ones_like(graph), graph)
    graph = graph / graph.sum(dim=1, keepdim=True)
    return -(graph * torch.log_softmax(first @ second.T / temperature, dim=1)).sum(dim=1).mean()


@dataclass(frozen=True)
class CoMatch(Method):
    """Pseudo labels smoothed over neighbouring embeddings, embeddings drawn together by pseudo labels.

    Li et al., "CoMatch: Semi-Supervised Learning with Contrastive Graph Regularization", ICCV 2021, arXiv 2011.11183.
    For an item with embeddings z of length 1, and a bank of the last embeddings z_k with probabilities p_k, aligned for
    unlabelled items and 0 or 1 for labelled ones::

        p    = normalize( p_w / mean of p_w over the last batches )            distribution alignment
        a_k  = softmax_k( z_w . z_k / temperature )
        q    = smoothing * p + (1 - smoothing) * sum_k a_k p_k                 memory-smoothed pseudo label
        l_u  = mean( 1[max q >= threshold] * CE(q, p_s) )
        l    = l_s + weight * l_u + contrastive_weight * l_ctr(z_s, z_s2; q)

    with ``l_ctr`` of ``contrastive_loss``. All means run over the whole unlabelled batch. While the bank is empty
    ``q = p``. The bank takes a batch in after it was read. The defaults are the authors' for CIFAR-10. The
    mean of the last 32 batches looks back as far as ``albench.api.horizon`` lets it, over all of them from step 139 on.

    Differences from the paper:

    - No projection head: a method owns no weights, so the backbone's embeddings are compared, scaled to length 1.
    - The contrastive loss compares the first strong view of each item with the second of all, as the authors' code
      does, so that no pair is of one view.
    - The bank is read as soon as there is something in it; the authors wait until it is full.
    - The student embeds the weak views in a pass of its own without gradient, as in the paper's CIFAR experiments.

    State
    -----
    bank
        (bank_size, E) float32 embeddings of length 1.
    bank_probs
        (bank_size, C) float32, 0 where empty.
    bank_pointer
        () int64 the next place to write.
    mean
        (C,) float32 what the predictions are on average.
    means, means_pointer
        (32, C) float32 mean predictions of the last batches; () int64 the next of its rows to write.
    """

    views = frozenset({"weak", "strong", "strong2"})

    threshold: float = option(0.95, "top probability from which a smoothed pseudo label teaches", ge=0, le=1)
    temperature: float = option(0.2, "divides the similarities of embeddings", gt=0)
    smoothing: float = option(0.9, "share of the own prediction in the pseudo label, the paper's alpha", ge=0, le=1)
    edge: float = option(0.8, "similarity from which pseudo labels are joined in the graph, the paper's T", ge=0, le=1)
    bank_size: int = option(2560, "embeddings in the bank, five batches of the authors'", ge=1)
    weight: float = option(1.0, "weight of the unlabelled loss", ge=0)
    contrastive_weight: float = option(1.0, "weight of the contrastive loss", ge=0)

    def init(self, task: Task, device: Device) -> State:
        if not task.embedding_size:
            raise UserError("comatch needs the backbone's embedding size: give its module a 'head' with 'in_features'.")
        return self._start(task.n_classes, task.embedding_size, device)

    def round_start(self, state: State, facts: RoundFacts) -> State:
        """A cold start empties the bank and begins the mean prediction again."""
        bank = state["bank"]
        return self._start(len(state["mean"]), bank.shape[1], bank.device) if facts.first_step == 0 else state

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        weak, weak_embeddings = forward.frozen_embed(batch.x_weak)
        logits, embeddings = forward.embed(torch.cat([batch.x_lab, batch.x_strong, batch.views["strong2"]]))
        n_labeled, n_unlabeled = batch.x_lab.shape[0], weak.shape[0]
        embeddings = F.normalize(embeddings.float(), dim=1)
        weak_embeddings = F.normalize(weak_embeddings.float(), dim=1)
        probs = torch.softmax(weak.float(), dim=1)
        means, means_pointer, mean = window_mean(state["means"], state["means_pointer"], probs.mean(dim=0), step)
        aligned = align(probs, mean)
        target = self._smoothed(aligned, weak_embeddings, state)
        accepted = target.amax(dim=1) >= self.threshold

        supervised = self.labeled_loss(logits[:n_labeled], batch)
        unlabeled = soft_cross_entropy(logits[n_labeled : n_labeled + n_unlabeled], target, accepted)
        first, second = embeddings[n_labeled:].chunk(2)
        contrastive = contrastive_loss(first, second, target, self.temperature, self.edge)

        classes = torch.arange(probs.shape[1], device=probs.device)
        known = (batch.y_lab.unsqueeze(1) == classes).to(probs.dtype)
        seen = torch.cat([weak_embeddings, embeddings[:n_labeled].detach()])
        bank, pointer = push(state["bank"], state["bank_pointer"], seen)
        bank_probs, _ = push(state["bank_probs"], state["bank_pointer"], torch.cat([aligned, known]))
        state = {
            "bank": bank,
            "bank_probs": bank_probs,
            "bank_pointer": pointer,
            "mean": mean,
            "means": means,
            "means_pointer": means_pointer,
        }
        logs = {
            "accepted": share(accepted),
            "supervised_loss": supervised.detach(),
            "unlabeled_loss": unlabeled.detach(),
            "contrastive_loss": contrastive.detach(),
        }
        return supervised + self.weight * unlabeled + self.contrastive_weight * contrastive, state, logs

    def rejected(self, probs: Tensor, state: State) -> Tensor:
        """(N,) bool: aligned top probability below the threshold; without embeddings nothing is smoothed."""
        return align(probs, state["mean"]).amax(dim=1) < self.threshold

    def _smoothed(self, aligned: Tensor, embeddings: Tensor, state: State) -> Tensor:
        """(U, C) float32 ``q`` of aligned probabilities (U, C) and embeddings (U, E)."""
        filled = state["bank_probs"].sum(dim=1) > 0
        found = embeddings @ state["bank"].T / self.temperature
        near = torch.softmax(torch.where(filled, found, torch.full_like(found, EMPTY)), dim=1)
        smoothed = self.smoothing * aligned + (1 - self.smoothing) * (near @ state["bank_probs"])
        return torch.where(filled.any(), smoothed, aligned)

    def _start(self, n_classes: int, embedding_size: int, device: Device) -> State:
        return {
            "bank": torch.zeros(self.bank_size, embedding_size, device=device),
            "bank_probs": torch.zeros(self.bank_size, n_classes, device=device),
            "bank_pointer": torch.zeros((), dtype=torch.int64, device=device),
            "mean": torch.full((n_classes,), 1 / n_classes, device=device),
            "means": torch.full((WINDOW, n_classes), 1 / n_classes, device=device),
            "means_pointer": torch.zeros((), dtype=torch.int64, device=device),
        }

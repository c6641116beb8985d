"""DASO: the linear pseudo label is blended with that of the nearest prototype, the more the commoner its class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from albench.api import Batch, Forward, Logs, Method, RoundFacts, State, Task, UserError, lasting_steps, option
from albench_ssl.losses import masked_cross_entropy, share, soft_cross_entropy
from albench_ssl.running import class_shares, window_mean

if TYPE_CHECKING:
    from torch import device as Device

WINDOW = 100
"""Batches in the shares of the pseudo labels, as in the authors' code."""

EMPTY = -1e4
"""Similarity to a class without a prototype: no share of a softmax, and yet finite where no class has one."""


def push_by_class(queue: Tensor, seen: Tensor, rows: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """``queue`` with each row written over the oldest of its class, and how many of each class were written so far.

    Parameters
    ----------
    queue
        (C, K, E); left as it is.
    seen
        (C,) int64.
    rows
        (n, E); of more than K rows of a class the last K.
    labels
        (n,) int64.

    Returns
    -------
    (C, K, E) and (C,) int64.
    """
    n_classes, size, width = queue.shape
    member = (labels.unsqueeze(1) == torch.arange(n_classes, device=labels.device)).to(torch.int64)
    count = member.sum(dim=0)
    rank = member.cumsum(dim=0).gather(1, labels.unsqueeze(1))[:, 0] - 1
    place = labels * size + (seen.gather(0, labels) + rank) % size
    # A row that a later one of the same batch would overwrite goes to a spare place: two writes to one have no order.
    kept = rank >= count.gather(0, labels) - size
    place = torch.where(kept, place, torch.full_like(place, n_classes * size))
    flat = torch.cat([queue.reshape(-1, width), queue.new_zeros(1, width)])
    flat = flat.scatter(0, place.unsqueeze(1).expand(rows.shape), rows.to(queue.dtype))
    return flat[:-1].reshape(queue.shape), seen + count


def blend(linear: Tensor, semantic: Tensor, shares: Tensor, temperature: float) -> Tensor:
    """The distribution-aware blend ``(1 - v) * linear + v * semantic``, ``v`` by the class that ``linear`` predicts.

    Parameters
    ----------
    linear, semantic
        (U, C) probabilities.
    shares
        (C,) how often each class is a pseudo label, to any scale; all 0 before there is one: all alike.
    temperature
        Flattens the shares; ``v`` is 1 for the commonest class.

    Returns
    -------
    (U, C) float32, rows with sum 1.
    """
    common = torch.where(shares.sum() > 0, shares, torch.ones_like(shares)) ** (1 / temperature)
    mixed = (common / common.amax()).gather(0, linear.argmax(dim=1)).unsqueeze(1)
    return (1 - mixed) * linear + mixed * semantic


@dataclass(frozen=True)
class DASO(Method):
    """FixMatch with distribution-aware blending of two pseudo labels and a semantic alignment loss.

    Oh et al., "DASO: Distribution-Aware Semantics-Oriented Pseudo-label for Imbalanced Semi-Supervised Learning", CVPR
    2022, arXiv 2106.05682, on FixMatch. For an item with embeddings z, a prototype c_k of each class, the mean of its
    last labelled embeddings, and m the class shares of the pseudo labels of the last 100 batches::

        q_w  = softmax_k( cos(z_w, c_k) / temperature ),  q_s alike                semantic pseudo label
        v(k) = m_k^(1 / share_temperature) / max_k m_k^(1 / share_temperature)
        p'   = (1 - v(argmax p_w)) * p_w + v(argmax p_w) * q_w                     blended pseudo label
        l_u  = mean( 1[max p' >= threshold] * CE(argmax p', p_s) )
        l    = l_s + weight * l_u + alignment_weight * mean( CE(q_w, q_s) )

    Prototypes weigh all classes alike, so that they err towards the rare ones where the linear head errs towards the
    common ones. Means run over the whole unlabelled batch. ``m`` counts every pseudo label, confident or not.
    ``share_temperature`` is the authors' for labelled and unlabelled items with like class shares; they take 0.3 where
    those differ.

    Until ``wait_steps`` steps have passed since the weights were initialised, ``p' = p_w`` and the last term is 0, for
    there are no prototypes worth the name. The authors wait for 5,000 of 250,000 steps; that share of a round of 200
    would be 4, too few for the prototypes to have been learnt, so that it is at least a tenth of such a round. ``m``
    looks back as far as ``albench.api.horizon`` lets it, over 100 batches from step 445 on.

    Differences from the paper:

    - The student itself makes the labelled embeddings, not a moving average of its weights.
    - ``m`` moves with each step, where the authors' code counts 100 steps and then holds the shares for as many.
    - A class without a labelled item has no prototype, and no share of a semantic pseudo label.

    State
    -----
    queue
        (C, queue_size, E) float32 last labelled embeddings of each class, 0 where empty.
    seen
        (C,) int64 labelled embeddings of each class so far.
    share_mean
        (C,) float32 ``m``, 0 before there is a pseudo label.
    shares, pointer
        (100, C) float32 class shares of the pseudo labels of the last batches; () int64 the next of its rows to write.
    wait_steps
        () int64.
    """

    views = frozenset({"weak", "strong"})

    threshold: float = option(0.95, "top probability from which a blended pseudo label teaches", ge=0, le=1)
    temperature: float = option(0.05, "divides the similarities to prototypes, the paper's T_proto", gt=0)
    share_temperature: float = option(1.5, "flattens the pseudo labels' shares, the paper's T_dist", gt=0)
    queue_size: int = option(256, "labelled embeddings of each class behind its prototype", ge=1)
    wait_steps: int | None = option(None, "steps before prototypes are used; none for a share of the round", ge=0)
    weight: float = option(1.0, "weight of the unlabelled loss", ge=0)
    alignment_weight: float = option(1.0, "weight of the semantic alignment loss", ge=0)

    def init(self, task: Task, device: Device) -> State:
        if not task.embedding_size:
            raise UserError("daso needs the backbone's embedding size: give its module a 'head' with 'in_features'.")
        wait = torch.full((), self.wait_steps or 0, dtype=torch.int64, device=device)
        return self._start(task.n_classes, task.embedding_size, device) | {"wait_steps": wait}

    def round_start(self, state: State, facts: RoundFacts) -> State:
        """A cold start empties the queue and forgets the shares. Learn how long a round is."""
        wait = round(lasting_steps(facts.steps, 5_000 / 250_000, least=0.1, given=self.wait_steps))
        queue = state["queue"]
        state = state | {"wait_steps": torch.full_like(state["wait_steps"], wait)}
        return state | self._start(queue.shape[0], queue.shape[2], queue.device) if facts.first_step == 0 else state

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        weak, weak_embeddings = forward.frozen_embed(batch.x_weak)
        logits, embeddings = forward.embed(torch.cat([batch.x_lab, batch.x_strong]))
        n_labeled = batch.x_lab.shape[0]
        queue, seen = push_by_class(state["queue"], state["seen"], embeddings[:n_labeled].detach().float(), batch.y_lab)
        semantic = torch.softmax(self._similarities(weak_embeddings, queue, seen), dim=1)
        begun = step >= state["wait_steps"]
        linear = torch.softmax(weak.float(), dim=1)
        blended = blend(linear, semantic, state["share_mean"], self.share_temperature)
        confidence, label = torch.where(begun, blended, linear).max(dim=1)
        accepted = confidence >= self.threshold

        supervised = self.labeled_loss(logits[:n_labeled], batch)
        unlabeled = masked_cross_entropy(logits[n_labeled:], label, accepted)
        strong = self._similarities(embeddings[n_labeled:], queue, seen)
        alignment = soft_cross_entropy(strong, semantic, begun.expand(len(label)))
        found = class_shares(label, weak.shape[1])
        shares, pointer, mean = window_mean(state["shares"], state["pointer"], found, step)
        logs = {
            "accepted": share(accepted),
            "supervised_loss": supervised.detach(),
            "unlabeled_loss": unlabeled.detach(),
            "alignment_loss": alignment.detach(),
        }
        new = {"queue": queue, "seen": seen, "share_mean": mean, "shares": shares, "pointer": pointer}
        return supervised + self.weight * unlabeled + self.alignment_weight * alignment, state | new, logs

    def rejected(self, probs: Tensor, state: State) -> Tensor:
        """(N,) bool: top probability of the linear head below the threshold; without embeddings nothing is blended."""
        return probs.amax(dim=1) < self.threshold

    def _similarities(self, embeddings: Tensor, queue: Tensor, seen: Tensor) -> Tensor:
        """(U, C) float32 logits of the semantic pseudo labels of embeddings (U, E)."""
        prototypes = F.normalize(queue.sum(dim=1), dim=1)  # of the mean's direction, which is all that a cosine sees
        found = F.normalize(embeddings.float(), dim=1) @ prototypes.T / self.temperature
        return torch.where(seen > 0, found, torch.full_like(found, EMPTY))

    def _start(self, n_classes: int, embedding_size: int, device: Device) -> State:
        return {
            "queue": torch.zeros(n_classes, self.queue_size, embedding_size, device=device),
            "seen": torch.zeros(n_classes, dtype=torch.int64, device=device),
            "share_mean": torch.zeros(n_classes, device=device),
            "shares": torch.zeros(WINDOW, n_classes, device=device),
            "pointer": torch.zeros((), dtype=torch.int64, device=device),
        }

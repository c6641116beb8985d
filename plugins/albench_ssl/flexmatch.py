"""FlexMatch: FixMatch with a threshold for each class, lower for those that are learnt less."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from albench.api import Batch, Forward, Logs, Method, RoundFacts, State, Task, option
from albench_ssl.losses import labeled_and_strong, pseudo_labels, share

if TYPE_CHECKING:
    from torch import device as Device


def remember_confident(memory: Tensor, index: Tensor, labels: Tensor, confident: Tensor) -> Tensor:
    """``memory`` with the label of each confident item; of an item that is twice in the batch, its last confident one.

    Parameters
    ----------
    memory
        (pool_size,) int64, -1 for an item that was never confident; left as it is.
    index
        (U,) int64 pool ids.
    labels
        (U,) int64.
    confident
        (U,) bool.

    Returns
    -------
    (pool_size,) int64.
    """
    row = torch.arange(index.shape[-1], device=index.device).expand(index.shape)
    row = torch.where(confident, row, torch.full_like(row, -1))
    # Each item's last confident row, read by all of its rows: they all write the same, whatever the order.
    last = torch.full_like(memory, -1).scatter_reduce(-1, index, row, "amax").gather(-1, index)
    values = torch.where(last >= 0, labels.gather(-1, last.clamp(min=0)), memory.gather(-1, index))
    return memory.scatter(-1, index, values)


def class_thresholds(
    memory: Tensor, unlabeled: Tensor, n_classes: int, *, threshold: float = 0.95, warm_up: bool = True
) -> Tensor:
    """The threshold of each class::

        sigma(c) = unlabelled items whose latest confident label is c
        beta(c)  = sigma(c) / max( max_c sigma, N - sum_c sigma )        warm-up: the second term counts unused items
        T(c)     = threshold * beta(c) / (2 - beta(c))

    Parameters
    ----------
    memory
        (pool_size,) int64 latest confident labels, -1 for none.
    unlabeled
        (pool_size,) bool.

    Returns
    -------
    (C,) float32.
    """
    none = memory.new_zeros(*memory.shape[:-1], n_classes + 1)
    unused, learnt = none.scatter_add(-1, memory + 1, unlabeled.to(torch.int64)).split([1, n_classes], dim=-1)
    most = learnt.amax(dim=-1, keepdim=True)
    beta = learnt.float() / (torch.maximum(most, unused) if warm_up else most).clamp(min=1)
    return threshold * beta / (2 - beta)


@dataclass(frozen=True)
class FlexMatch(Method):
    """FixMatch whose threshold follows each class's learning status.

    Zhang et al., "FlexMatch: Boosting Semi-Supervised Learning with Curriculum Pseudo Labeling", NeurIPS 2021,
    arXiv 2110.08263, curriculum pseudo labelling with threshold warm-up and the paper's convex mapping
    ``x / (2 - x)`` (see ``class_thresholds``). Each step, as in its algorithm: the thresholds from the memory; the
    memory of each item whose top probability exceeds ``threshold``; the loss, averaged over the whole batch::

        l = l_s + weight * mean( 1[max p_w > T(argmax p_w)] * CE(argmax p_w, p_s) )

    The memory covers the unlabelled pool: an item that is labelled is counted no more, and a cold start forgets it
    all. Thresholds then rise from 0, so that at first every item is accepted; where nothing is unlabelled, the items
    that stand in for it are counted.

    State
    -----
    memory
        (pool_size,) int64 the class of each item's latest confident prediction; -1 before there is one.
    unlabeled
        (pool_size,) bool.
    """

    views = frozenset({"weak", "strong"})
    takes_lanes = True

    threshold: float = option(0.95, "top probability that marks an item as learnt; the highest threshold", ge=0, le=1)
    warm_up: bool = option(True, "keep thresholds low while many items were never confident")
    weight: float = option(1.0, "weight of the unlabelled loss", ge=0)

    def init(self, task: Task, device: Device) -> State:
        return {
            "memory": torch.full((task.pool_size,), -1, device=device),
            "unlabeled": torch.ones(task.pool_size, dtype=torch.bool, device=device),
        }

    def round_start(self, state: State, facts: RoundFacts) -> State:
        """Take labelled items out of the count; forget the memory on a cold start."""
        memory = state["memory"]
        nothing_left = facts.n_labeled >= facts.pool_size
        return {
            "memory": torch.full_like(memory, -1) if facts.first_step == 0 else memory,
            "unlabeled": torch.ones_like(facts.labeled) if nothing_left else ~facts.labeled,
        }

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        weak = forward.frozen(batch.x_weak)
        confidence, label = pseudo_labels(weak)
        thresholds = self._thresholds(state, weak.shape[-1])
        accepted = confidence > thresholds.gather(-1, label)
        memory = remember_confident(state["memory"], batch.index, label, confidence > self.threshold)

        supervised, unlabeled = labeled_and_strong(self, forward, batch, label, accepted)
        logs = {
            "accepted": share(accepted),
            "threshold": thresholds.mean(dim=-1),
            "supervised_loss": supervised.detach(),
            "unlabeled_loss": unlabeled.detach(),
        }
        return supervised + self.weight * unlabeled, state | {"memory": memory}, logs

    def rejected(self, probs: Tensor, state: State) -> Tensor:
        """(N,) bool: top probability not above its class's threshold."""
        confidence, label = probs.max(dim=1)
        return confidence <= self._thresholds(state, probs.shape[1]).gather(0, label)

    def skip(self, task: Task) -> str | None:
        return None if task.pool_size else "it remembers every item of the pool, whose size is not known"

    def _thresholds(self, state: State, n_classes: int) -> Tensor:
        return class_thresholds(
            state["memory"], state["unlabeled"], n_classes, threshold=self.threshold, warm_up=self.warm_up
        )

"""DARP: pseudo labels of the whole pool, moved as little as it takes to give them the shares of the labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from albench.api import Batch, Forward, Logs, Method, RoundFacts, State, Task, lasting_steps, option
from albench_ssl.losses import labeled_and_strong, share
from albench_ssl.memory import remember

if TYPE_CHECKING:
    from torch import device as Device

LIMIT = 30.0
"""Largest dual variable: where sure items alone exceed a class's count, no finite one would do."""


def entries_kept(probs: Tensor, wanted: Tensor, alpha: float) -> Tensor:
    """``probs`` without the entries that are noise, (N, C) with rows of sum 1.

    Of each class the ``alpha * wanted`` largest entries are kept, scaled to the sum ``wanted``; the others are next to
    nothing. 1e-6 as in the authors' code.

    Parameters
    ----------
    probs
        (N, C) probabilities; rows of 0 for items that do not count.
    wanted
        (C,) how many items each class is to have.
    """
    ordered = probs.sort(dim=0, descending=True).values
    rank = torch.arange(probs.shape[0], device=probs.device).unsqueeze(1)
    number = (alpha * wanted).floor().clamp(min=0, max=probs.shape[0])
    top = torch.where(rank < number, ordered, torch.zeros_like(ordered))
    lowest = torch.where(rank < number, ordered, torch.full_like(ordered, 2.0)).amin(dim=0)
    scale = (wanted + 1e-6) / (top.sum(dim=0) + 1e-6)
    kept = torch.where(probs >= lowest, probs * scale, torch.zeros_like(probs)) + 1e-6
    return kept / kept.sum(dim=1, keepdim=True)


def refined(probs: Tensor, entropy: Tensor, dual: Tensor) -> Tensor:
    """(N, C) ``softmax_k( log probs_k - entropy * dual_k )``: the refined pseudo labels of dual variables (C,)."""
    return torch.softmax(probs.log() - entropy.unsqueeze(1) * dual, dim=1)


def nearer(dual: Tensor, probs: Tensor, entropy: Tensor, counted: Tensor, wanted: Tensor) -> Tensor:
    """(C,) dual variables after one alternation: rows scaled to sum 1, then each class brought to its count.

    The paper's coordinate ascent. With the rows' scale held, the sum over a class falls with its dual variable alone;
    three steps of Newton's method on its logarithm bring it there.

    Parameters
    ----------
    dual
        (C,) float32.
    probs
        (N, C) positive, rows of sum 1.
    entropy
        (N,) of the rows.
    counted
        (N,) bool items that count.
    wanted
        (C,) how many items each class is to have.
    """
    scores = probs.log()
    by_entropy = entropy.unsqueeze(1)
    scale = torch.logsumexp(scores - by_entropy * dual, dim=1, keepdim=True)
    for _ in range(3):
        part = (scores - by_entropy * dual - scale).exp() * counted.unsqueeze(1)
        total = part.sum(dim=0).clamp(min=1e-6)
        slope = (by_entropy * part).sum(dim=0).clamp(min=1e-6)
        dual = (dual + (total / wanted.clamp(min=1e-6)).log() * total / slope).clamp(-LIMIT, LIMIT)
    return dual


@dataclass(frozen=True)
class DARP(Method):
    """FixMatch on pseudo labels refined to the class shares of the labels.

    Kim et al., "Distribution Aligning Refinery of Pseudo-label for Imbalanced Semi-supervised Learning", NeurIPS 2020,
    arXiv 2007.08844, on FixMatch. The latest weak predictions p of all unlabelled items, without the entries that are
    noise (see ``entries_kept``), become the nearest pseudo labels whose classes have the counts M that the labels
    foretell, an unsure item moving more easily than a sure one::

        min_X  sum_n KL(X_n || p_n) / H(p_n),   sum_n X_nk = M_k,   X_n a distribution
        l_u  = mean( 1[max X >= threshold] * CE(argmax X, p_s) ),   l = l_s + weight * l_u

    The solution is ``X_n = softmax_k( log p_nk - H(p_n) * dual_k )``, and each step brings the dual variables nearer by
    one alternation (see ``nearer``), from where the last step left them. The authors make ten alternations in every
    tenth step, begun anew, and hold the result meanwhile: as many, but at once.

    M are the shares of the bought labels among the unlabelled items seen so far: a query strategy that prefers a class
    shifts them, and the paper's estimate for pools of other shares, by a held-out confusion matrix, is left out.

    Until ``wait_steps`` steps have passed since the weights were initialised it is FixMatch. The authors wait for 200
    of 500 epochs, the same share of a round here. Each step sorts the whole memory, so a large pool makes it
    slow. An item that is labelled leaves the memory, and a cold start empties it.

    State
    -----
    memory
        (pool_size, C) float32 each item's latest weak prediction; 0 before it is seen.
    dual
        (C,) float32.
    wait_steps
        () int64.
    """

    views = frozenset({"weak", "strong"})

    threshold: float = option(0.95, "top probability from which a refined pseudo label teaches", ge=0, le=1)
    alpha: float = option(2.0, "entries of each class that are kept, for each item that it is to have", ge=1)
    wait_steps: int | None = option(None, "steps before pseudo labels are refined; none for a share of the round", ge=0)
    weight: float = option(1.0, "weight of the unlabelled loss", ge=0)

    def init(self, task: Task, device: Device) -> State:
        return {
            "memory": torch.zeros(task.pool_size, task.n_classes, device=device),
            "dual": torch.zeros(task.n_classes, device=device),
            "wait_steps": torch.full((), self.wait_steps or 0, dtype=torch.int64, device=device),
        }

    def round_start(self, state: State, facts: RoundFacts) -> State:
        """Take labelled items out of the memory; forget everything on a cold start. Learn how long a round is."""
        wait = round(lasting_steps(facts.steps, 200 / 500, given=self.wait_steps))
        memory, dual, cold = state["memory"], state["dual"], facts.first_step == 0
        return {
            "memory": torch.where(facts.labeled.unsqueeze(1) | cold, torch.zeros_like(memory), memory),
            "dual": torch.zeros_like(dual) if cold else dual,
            "wait_steps": torch.full_like(state["wait_steps"], wait),
        }

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        probs = torch.softmax(forward.frozen(batch.x_weak).float(), dim=1)
        memory = remember(state["memory"], batch.index, probs)
        counted = memory.sum(dim=1) > 0
        wanted = batch.class_counts / batch.class_counts.sum() * counted.sum()
        kept = entries_kept(memory, wanted, self.alpha)
        entropy = torch.special.entr(kept).sum(dim=1)
        begun = step >= state["wait_steps"]
        dual = torch.where(begun, nearer(state["dual"], kept, entropy, counted, wanted), state["dual"])

        own = kept.gather(0, batch.index.unsqueeze(1).expand(probs.shape))
        target = torch.where(begun, refined(own, entropy.gather(0, batch.index), dual), probs)
        confidence, label = target.max(dim=1)
        accepted = confidence >= self.threshold
        supervised, unlabeled = labeled_and_strong(self, forward, batch, label, accepted)
        logs = {
            "accepted": share(accepted),
            "supervised_loss": supervised.detach(),
            "unlabeled_loss": unlabeled.detach(),
        }
        return supervised + self.weight * unlabeled, state | {"memory": memory, "dual": dual}, logs

    def rejected(self, probs: Tensor, state: State) -> Tensor:
        """(N,) bool: top probability below the threshold, before any refining."""
        return probs.amax(dim=1) < self.threshold

    def skip(self, task: Task) -> str | None:
        return None if task.pool_size else "it remembers every item of the pool, whose size is not known"

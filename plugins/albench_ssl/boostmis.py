"""BoostMIS's adaptive pseudo labelling: a FixMatch whose threshold follows learning progress and annotation.

Zhang et al., "BoostMIS: Boosting Medical Image Semi-supervised Learning with Adaptive Pseudo Labeling and Informative
Active Annotation", CVPR 2022, arXiv 2203.02533. Built from the paper's formulas; the released code does not run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from albench.api import Batch, Forward, Logs, Method, RoundFacts, State, Task, UserError, option
from albench_ssl.losses import labeled_and_strong, pseudo_labels, share
from albench_ssl.memory import count_confident, remember

if TYPE_CHECKING:
    from torch import device as Device


def threshold(
    count: Tensor,
    previous: Tensor,
    beta_term: Tensor,
    step: Tensor,
    *,
    alpha: float = 0.9,
    beta: float = 0.05,
    t_max: int | None = None,
) -> Tensor:
    """The confidence that a pseudo label needs at a step.

    The paper's adaptive threshold::

        eps_t = alpha * min(1, Count_t / Count_{t-1}) + beta * N_A / (2K)    while t < T_max
        eps_t = alpha + beta                                                 afterwards

    With no previous count (``previous == 0``) the ratio is 1.

    Parameters
    ----------
    count
        () int64 ``Count_t``: unlabelled pool items whose top probability exceeds alpha + beta.
    previous
        () int64 ``Count_{t-1}``.
    beta_term
        () float32 ``beta * N_A / (2K)``.
    step
        () int64 t, 0-based.
    alpha, beta
        The paper's constants.
    t_max
        ``T_max``; None means never.

    Returns
    -------
    () float32.
    """
    ratio = torch.where(previous > 0, count / previous.clamp(min=1), torch.ones_like(beta_term)).clamp(max=1.0)
    adaptive = alpha * ratio + beta_term
    if t_max is None:
        return adaptive
    return torch.where(step < t_max, adaptive, torch.full_like(adaptive, alpha + beta))


@dataclass(frozen=True)
class BoostMIS(Method):
    """FixMatch with BoostMIS's adaptive threshold.

    Each step, in this order: the weak predictions; the memory of each item's latest top probability; ``Count_t`` over
    the whole unlabelled pool; ``eps_t`` (see ``threshold``); the loss, averaged over the whole unlabelled batch::

        l = l_s + mu * mean( 1[max p_w >= eps_t] * CE(argmax p_w, p_s) )

    ``N_A`` are the labels that the last query bought and ``2K`` those that it asked for, so the second term of
    ``eps_t`` is 0 before the first query and rises to beta after it: annotation raises the bar for pseudo labels.

    Where a count falls the threshold falls with it, to the second term alone when nothing is confident any more: that
    is the paper's formula. It holds for one step, as the fallen count is then the previous one.

    Choices that the paper leaves open:

    - The counts read a memory over the pool, not the mini-batch; an item not seen yet is not confident.
    - An item that is labelled leaves the pool, and leaves ``Count_{t-1}`` as well: otherwise a query alone would
      look like lost confidence and lower the threshold. So the first ratio after a query compares the same items.
    - A cold start forgets the memory, since another model made it. With no previous count the ratio is then 1.
    - ``adaptive=false`` is the ablation: alpha + beta throughout, FixMatch.

    State
    -----
    memory
        (pool_size,) float32 latest weak top probability of each item; 0 before it is seen.
    unlabeled
        (pool_size,) bool.
    previous
        () int64 ``Count_{t-1}``.
    beta_term
        () float32 ``beta * N_A / (2K)``.
    threshold
        () float32 ``eps_t`` of the last step; what ``rejected`` compares with.
    """

    views = frozenset({"weak", "strong"})

    alpha: float = option(0.9, "threshold while confidence does not fall", ge=0, le=1)
    beta: float = option(0.05, "what annotation adds to the threshold", ge=0, le=1)
    mu: float = option(1.0, "weight of the unlabelled loss", ge=0)
    adaptive: bool = option(True, "let the threshold follow counts and queries; false for alpha + beta throughout")
    t_max: int | None = option(None, "training steps with the adaptive threshold; none for all of them", ge=0)

    def __post_init__(self) -> None:
        if self.alpha + self.beta > 1 + 1e-9:
            raise UserError(
                f"boostmis[alpha={self.alpha:g},beta={self.beta:g}]: no probability exceeds alpha + beta; "
                "choose them so that their sum is at most 1."
            )

    def init(self, task: Task, device: Device) -> State:
        return {
            "memory": torch.zeros(task.pool_size, device=device),
            "unlabeled": torch.ones(task.pool_size, dtype=torch.bool, device=device),
            "previous": torch.zeros((), dtype=torch.int64, device=device),
            "beta_term": torch.zeros((), device=device),
            "threshold": torch.full((), self.alpha if self.adaptive else self.alpha + self.beta, device=device),
        }

    def round_start(self, state: State, facts: RoundFacts) -> State:
        """Take labelled items out of the pool and its count, and set ``beta * N_A / (2K)`` for the last query."""
        cold = facts.first_step == 0
        memory = torch.zeros_like(state["memory"]) if cold else state["memory"]
        unlabeled = ~facts.labeled
        bought = facts.n_bought / facts.query_size if facts.query_size else 0.0
        beta_term = torch.full_like(state["beta_term"], self.beta * bought)
        count = count_confident(memory, unlabeled, self.alpha + self.beta)
        step = torch.full_like(count, facts.first_step)
        return {
            "memory": memory,
            "unlabeled": unlabeled,
            "previous": count,
            "beta_term": beta_term,
            "threshold": self._threshold(count, count, beta_term, step),
        }

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        confidence, label = pseudo_labels(forward.frozen(batch.x_weak))
        memory = remember(state["memory"], batch.index, confidence)
        count = count_confident(memory, state["unlabeled"], self.alpha + self.beta)
        needed = self._threshold(count, state["previous"], state["beta_term"], step)
        accepted = confidence >= needed

        supervised, unlabeled = labeled_and_strong(self, forward, batch, label, accepted)
        logs = {
            "accepted": share(accepted),
            "threshold": needed,
            "count": count.to(torch.float32),
            "supervised_loss": supervised.detach(),
            "unlabeled_loss": unlabeled.detach(),
        }
        return (
            supervised + self.mu * unlabeled,
            state | {"memory": memory, "previous": count, "threshold": needed},
            logs,
        )

    def rejected(self, probs: Tensor, state: State) -> Tensor:
        """(N,) bool: top probability below ``eps_t``, the set U^u that annotation chooses from."""
        return probs.amax(dim=1) < state["threshold"]

    def skip(self, task: Task) -> str | None:
        return None if task.pool_size else "it remembers every item of the pool, whose size is not known"

    def _threshold(self, count: Tensor, previous: Tensor, beta_term: Tensor, step: Tensor) -> Tensor:
        t_max = self.t_max if self.adaptive else 0
        return threshold(count, previous, beta_term, step, alpha=self.alpha, beta=self.beta, t_max=t_max)

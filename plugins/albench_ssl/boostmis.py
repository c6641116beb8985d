"""BoostMIS's adaptive pseudo labelling: a FixMatch whose threshold follows learning progress and annotation.

Zhang et al., "BoostMIS: Boosting Medical Image Semi-supervised Learning with Adaptive Pseudo Labeling and Informative
Active Annotation", CVPR 2022, arXiv 2203.02533. Built from the paper's formulas; the released code does not run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

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
        () int64 ``Count_t``: unlabelled items whose top probability exceeds alpha + beta.
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

    Each step, in this order: the weak predictions; the memory of each item's latest top probability; ``Count_t``;
    ``eps_t`` (see ``threshold``); the loss, averaged over the whole unlabelled batch::

        l = l_s + mu * mean( 1[max p_w >= eps_t] * CE(argmax p_w, p_s) )

    ``N_A`` are the labels that the last query bought and ``2K`` those that it asked for, so the second term of
    ``eps_t`` is 0 before the first query and rises to beta after it: annotation raises the bar for pseudo labels.

    Where a count falls the threshold falls with it, to the second term alone when nothing is confident any more: that
    is the paper's formula. It holds until the next count, when the fallen one is the previous one.

    What ``Count_t`` is taken over is an option, ``count``:

    - ``pool``: at each step over the memory of the whole unlabelled pool, in which an item not seen yet is not
      confident. A step rewrites at most U items, so ``eps_t >= alpha (1 - U / Count_{t-1}) + beta N_A / (2K)``
      however long the training is: the threshold can hardly move.
    - ``batch``: at each step over the unlabelled mini-batch, against the batch before. It moves by the luck of the
      draw, and ``rejected`` goes by the last batch's.
    - ``epoch``: over the memory, once a pass: when as many items as the unlabelled pool has were drawn since the last
      count. In between the threshold stands. Two passes see the same items, so the ratio says what the model has
      lost. A round of less than two passes has no ratio but 1 on a cold start.

    Choices that the paper leaves open:

    - An item that is labelled leaves the pool, and leaves ``Count_{t-1}`` as well: otherwise a query alone would
      look like lost confidence and lower the threshold. So the first ratio after a query compares the same items; of
      mini-batches a round's first has none before it.
    - A cold start forgets the memory, since another model made it. With no previous count the ratio is then 1.
    - ``adaptive=false`` is the ablation: alpha + beta throughout, FixMatch.

    State
    -----
    memory
        (pool_size,) float32 latest weak top probability of each item; 0 before it is seen.
    unlabeled
        (pool_size,) bool.
    count, previous
        () int64 ``Count_t`` and ``Count_{t-1}`` of the last step.
    drawn
        () int64 unlabelled items drawn since the last pass ended.
    beta_term
        () float32 ``beta * N_A / (2K)``.
    threshold
        () float32 ``eps_t`` of the last step; what ``rejected`` compares with.
    """

    views = frozenset({"weak", "strong"})
    takes_lanes = True

    alpha: float = option(0.9, "threshold while confidence does not fall", ge=0, le=1)
    beta: float = option(0.05, "what annotation adds to the threshold", ge=0, le=1)
    mu: float = option(1.0, "weight of the unlabelled loss", ge=0)
    adaptive: bool = option(True, "let the threshold follow counts and queries; false for alpha + beta throughout")
    t_max: int | None = option(None, "training steps with the adaptive threshold; none for all of them", ge=0)
    count: Literal["pool", "batch", "epoch"] = option(
        "pool", "confident items are counted in the pool at each step, in each batch, or in the pool once a pass",
        later=("pool",),
    )  # fmt: skip

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
            **{name: torch.zeros((), dtype=torch.int64, device=device) for name in ("count", "previous", "drawn")},
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
        if self.count == "batch":
            count = torch.zeros_like(count)
        step = torch.full_like(count, facts.first_step)
        return {
            "memory": memory,
            "unlabeled": unlabeled,
            "count": count,
            "previous": count,
            "drawn": torch.zeros_like(count),
            "beta_term": beta_term,
            "threshold": self._threshold(count, count, beta_term, step),
        }

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        confidence, label = pseudo_labels(forward.frozen(batch.x_weak))
        state = self._counted(state, batch.index, confidence)
        needed = self._threshold(state["count"], state["previous"], state["beta_term"], step)
        accepted = confidence >= needed.unsqueeze(-1)

        supervised, unlabeled = labeled_and_strong(self, forward, batch, label, accepted)
        logs = {
            "accepted": share(accepted),
            "threshold": needed,
            "count": state["count"].to(torch.float32),
            "supervised_loss": supervised.detach(),
            "unlabeled_loss": unlabeled.detach(),
        }
        return supervised + self.mu * unlabeled, state | {"threshold": needed}, logs

    def rejected(self, probs: Tensor, state: State) -> Tensor:
        """(N,) bool: top probability below ``eps_t``, the set U^u that annotation chooses from."""
        return probs.amax(dim=1) < state["threshold"]

    def skip(self, task: Task) -> str | None:
        return None if task.pool_size else "it remembers every item of the pool, whose size is not known"

    def _counted(self, state: State, index: Tensor, confidence: Tensor) -> State:
        """The state after a batch was seen, with its ``Count_t`` and ``Count_{t-1}``."""
        bar, unlabeled = self.alpha + self.beta, state["unlabeled"]
        memory = remember(state["memory"], index, confidence)
        if self.count == "batch":
            count = count_confident(confidence, unlabeled.gather(-1, index), bar)
        else:
            count = count_confident(memory, unlabeled, bar)
        previous, drawn = state["count"], state["drawn"]
        if self.count == "epoch":
            pool, drawn = unlabeled.sum(dim=-1).clamp(min=1), drawn + index.shape[-1]
            ended = drawn >= pool
            count = torch.where(ended, count, state["count"])
            previous = torch.where(ended, state["count"], state["previous"])
            drawn = drawn.remainder(pool)
        return state | {"memory": memory, "count": count, "previous": previous, "drawn": drawn}

    def _threshold(self, count: Tensor, previous: Tensor, beta_term: Tensor, step: Tensor) -> Tensor:
        t_max = self.t_max if self.adaptive else 0
        return threshold(count, previous, beta_term, step, alpha=self.alpha, beta=self.beta, t_max=t_max)

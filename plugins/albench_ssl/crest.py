"""CReST: generation by generation the surest pseudo labels, most of the rare classes, train as labels do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from albench.api import Batch, Forward, Logs, Method, RoundFacts, State, Task, option
from albench_ssl.losses import labeled_and_strong, share
from albench_ssl.running import align, window_mean

if TYPE_CHECKING:
    from torch import device as Device

WINDOW = 128
"""Batches in the mean prediction of the distribution alignment, as in the authors' code."""


def adoption_rates(class_counts: Tensor, alpha: float) -> Tensor:
    """(C,) float64 on the CPU: ``(N_(C+1-l) / N_1)^alpha`` of the l-th commonest class: 1 for the rarest one.

    Classes with as many labels have the mean of their rates, for neither is the commoner one.

    Parameters
    ----------
    class_counts
        (C,) labels of each class; one without any counts as half an item.
    alpha
        The lower, the more of the common classes.
    """
    counts = class_counts.cpu().double().clamp(min=0.5)  # some devices have no float64
    commonest_first = counts.sort(descending=True).values
    rates = (commonest_first.flip(0) / commonest_first[0]) ** alpha
    alike = (counts.unsqueeze(1) == commonest_first).double()
    return (alike @ rates) / alike.sum(dim=1)


def surest(probs: Tensor, rates: Tensor) -> Tensor:
    """(N,) int64: of the items predicted as each class the surest ones, ``floor(rate * number)``, under it; else -1.

    Parameters
    ----------
    probs
        (N, C) probabilities; of equally sure items the first.
    rates
        (C,) float64 in [0, 1].
    """
    confidence, guess = probs.max(dim=1)
    chosen = torch.full_like(guess, -1)
    for label, rate in enumerate(rates.tolist()):
        own = (guess == label).nonzero()[:, 0]
        order = confidence[own].argsort(descending=True, stable=True)
        chosen[own[order[: int(rate * len(own) + 1e-9)]]] = label
    return chosen


@dataclass(frozen=True)
class CReST(Method):
    """FixMatch in generations, each of which adds pseudo-labelled items to the labelled ones, class-rebalanced.

    Wei, Sohn, Mellina, Yuille and Yang, "CReST: A Class-Rebalancing Self-Training Framework for Imbalanced
    Semi-Supervised Learning", CVPR 2021, arXiv 2102.09559, on FixMatch. At the end of a generation all unlabelled items
    are predicted. Of those predicted as the l-th commonest class, of N_l labels, the surest are added, in the share::

        mu_l = (N_(C+1-l) / N_1)^alpha                        section on class-rebalancing self-training

    so all of the rarest class and the fewest of the commonest: predictions of rare classes are seldom made, and seldom
    wrong. The next generation trains on the labels and what was added, the one after on the labels and what is
    added then. ``align`` is CReST+: in generation g of G the pseudo labels of the unlabelled loss are aligned to
    the labels' class shares, flattened more and more::

        p'  = normalize( p_w * normalize(shares^t) / mean of p_w over the last batches )
        t   = 1 - (1 - temperature) * g / (G - 1),   g = 0 .. G - 1       section on progressive alignment

    ``alpha`` is the paper's for CIFAR-10, ``generations`` and ``temperature`` are those of the authors' code. A
    generation is the G-th part of a round, as it is of their training. The mean looks back as far as
    ``albench.api.horizon`` lets it, over 128 batches from step 571 on. Predicting the pool G - 1 times in a round costs
    time of its own.

    Differences from the paper:

    - A generation goes on with the weights of the one before; the authors begin each with fresh ones, which would learn
      little in the sixth part of a round.
    - The weights' moving average chooses what is added, as it is what is evaluated here.
    - Classes of as many labels have a mean share, and one without a label counts as half an item.

    State
    -----
    shares
        (C,) float32 class shares of the bought labels.
    steps, first
        () int64 steps of the round, and those before it.
    mean
        (C,) float32 what the predictions are on average.
    means
        (128, C) float32 mean predictions of the last unlabelled batches.
    pointer
        () int64 the next of its rows to write.
    """

    views = frozenset({"weak", "strong"})

    threshold: float = option(0.95, "top probability from which a prediction becomes a label", ge=0, le=1)
    weight: float = option(1.0, "weight of the unlabelled loss", ge=0)
    generations: int = option(6, "parts of a round, each of which trains on what the one before added", ge=1)
    alpha: float = option(1 / 3, "the lower, the more items of common classes are added", ge=0)
    align: bool = option(False, "CReST+: progressive distribution alignment of the pseudo labels")
    temperature: float = option(0.5, "of the alignment in the last generation, the paper's t_min", ge=0, le=1)

    def init(self, task: Task, device: Device) -> State:
        count, nothing = task.n_classes, torch.zeros((), dtype=torch.int64, device=device)
        flat = torch.full((count,), 1 / count, device=device)
        return {"shares": flat, "steps": nothing + 1, "first": nothing} | self._start(count, device)

    def round_start(self, state: State, facts: RoundFacts) -> State:
        """Learn the labels' class shares and where the round is. A cold start begins the mean prediction again."""
        shares = facts.class_counts / facts.class_counts.sum()
        steps, first = (torch.full_like(state["steps"], number) for number in (facts.steps, facts.first_step))
        state = state | {"shares": shares, "steps": steps, "first": first}
        return state | self._start(len(shares), shares.device) if facts.first_step == 0 else state

    def adoption_steps(self, steps: int) -> Sequence[int]:
        """The first step of each generation but the first; of a round with fewer steps than generations, each step."""
        starts = {-(-steps * number // self.generations) for number in range(1, self.generations)}
        return sorted(start for start in starts if 0 < start < steps)

    def adopt(self, probs: Tensor, state: State, class_counts: Tensor) -> Tensor:
        """The surest of each predicted class, in its share."""
        return surest(probs, adoption_rates(class_counts, self.alpha))

    def loss(self, forward: Forward, batch: Batch, state: State, step: Tensor) -> tuple[Tensor, State, Logs]:
        probs = torch.softmax(forward.frozen(batch.x_weak).float(), dim=1)
        confidence, label = self._aligned(probs, state, step - state["first"]).max(dim=1)
        means, pointer, mean = window_mean(state["means"], state["pointer"], probs.mean(dim=0), step)
        accepted = confidence >= self.threshold
        supervised, unlabeled = labeled_and_strong(self, forward, batch, label, accepted)
        logs = {
            "accepted": share(accepted),
            "supervised_loss": supervised.detach(),
            "unlabeled_loss": unlabeled.detach(),
        }
        new = {"mean": mean, "means": means, "pointer": pointer}
        return supervised + self.weight * unlabeled, state | new, logs

    def rejected(self, probs: Tensor, state: State) -> Tensor:
        """(N,) bool: top probability, aligned as in the last generation, below the threshold."""
        return self._aligned(probs.float(), state, state["steps"] - 1).amax(dim=1) < self.threshold

    def _aligned(self, probs: Tensor, state: State, step: Tensor) -> Tensor:
        """(U, C) the pseudo labels at a step of the round."""
        if not self.align:
            return probs
        generation = step * self.generations // state["steps"]
        temperature = 1 - (1 - self.temperature) * generation / max(1, self.generations - 1)
        wanted = state["shares"] ** temperature
        return align(probs, state["mean"], wanted / wanted.sum())

    def _start(self, n_classes: int, device: Device) -> State:
        return {
            "mean": torch.full((n_classes,), 1 / n_classes, device=device),
            "means": torch.full((WINDOW, n_classes), 1 / n_classes, device=device),
            "pointer": torch.zeros((), dtype=torch.int64, device=device),
        }

"""Another strategy, the same number of items from each predicted class."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from albench.api import Strategy, View, Wrapper, option
from albench.kernels import require_finite, top_k_per_class


@dataclass(frozen=True)
class Balanced(Wrapper):
    """Let another strategy choose the same number of items from each predicted class.

    Of a strategy that scores items each class gives its best ``budget // C``, and what is still missing goes to the
    best of all that remain. Any other strategy chooses inside each class by itself, one class after the other: its
    share is ``budget // C`` or all of the class, and what is missing goes, one by one, to the class with the most items
    left (the lowest class where several have as many).
    """

    of: Strategy = option(help="strategy that chooses in each class", component="strategy")

    cold_start = False  # classes are predicted

    @property
    def needs(self) -> frozenset[str]:  # type: ignore[override]  # what it needs depends on what it holds
        """What the other strategy needs, and the predicted classes."""
        return self.of.needs | {"probs"}

    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions: by score best first, else class after class."""
        probs = view.probs
        require_finite(probabilities=probs)  # the argmax of NaN would be no class
        classes = probs.argmax(dim=1)
        if self.of_scores:
            return top_k_per_class(torch.as_tensor(self.of.scores(view)), classes, view.n_classes, budget)
        picks = []
        for label, share in enumerate(shares(torch.bincount(classes, minlength=view.n_classes).tolist(), budget)):
            if share:
                members = (classes == label).nonzero()[:, 0]
                picks.append(self.select_of(view, members, share))
        return torch.cat(picks) if picks else classes[:0]


def shares(counts: list[int], budget: int) -> list[int]:
    """How many of the budget each class gives, at most its count; the budget is at most the sum of the counts."""
    given = [min(count, budget // len(counts)) for count in counts]
    for _ in range(budget - sum(given)):
        left = [count - share for count, share in zip(counts, given, strict=True)]
        given[left.index(max(left))] += 1
    return given

"""Samples by another strategy's scores, where that one would take the best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from albench.api import Strategy, UserError, View, Wrapper, option
from albench.kernels import sent


@dataclass(frozen=True)
class Stochastic(Wrapper):
    """Sample items without replacement, with probabilities that grow with another strategy's scores.

    Each item's log weight gets an independent Gumbel number, and the largest sums are chosen, which is sampling without
    replacement in proportion to the weights. The log weight of an item of score s is

    - ``power``: ``beta * log s``. Scores must not be negative; an item of score 0 comes after all others.
    - ``softmax``: ``beta * s``.
    - ``softrank``: ``-beta * log r``, r being its rank among all items, 1 the best.

    Notes
    -----
    Kirsch, Farquhar, Atighehchian, Jesson, Branchaud-Charron and Gal (2023), "Stochastic Batch Acquisition: A Simple
    Baseline for Deep Active Learning", TMLR, arXiv 2106.12059.
    """

    of: Strategy = option(help="strategy whose scores are sampled by", component="strategy")
    sampling: Literal["power", "softmax", "softrank"] = option("power", "how scores become weights")
    beta: float = option(1.0, "how much the scores count: 0 samples uniformly, a large one takes the best", ge=0)

    cold_start = False

    def __post_init__(self) -> None:
        if not self.of_scores:
            raise UserError(
                f"stochastic samples by scores, and {type(self.of).__name__} chooses whole batches without scoring its "
                "items: wrap a strategy that ranks items one by one, such as entropy, margin or bald."
            )

    def scores(self, view: View) -> Tensor:
        """(N,) float64 log weights plus Gumbel numbers."""
        score = torch.as_tensor(self.of.scores(view)).double()
        ranking = view.best(score, len(score))  # raises where a score is not finite
        if self.sampling == "softmax":
            weight = score
        elif self.sampling == "softrank":
            rank = torch.empty_like(score)
            rank[ranking] = torch.arange(1, len(score) + 1, dtype=score.dtype, device=score.device)
            weight = -rank.log()
        else:
            negative = int((score < 0).sum())
            if negative:
                raise UserError(
                    f"stochastic[sampling=power]: {negative} of {len(score)} scores of {type(self.of).__name__} are "
                    "negative and have no logarithm: use sampling=softmax or sampling=softrank."
                )
            weight = score.clamp(min=torch.finfo(score.dtype).tiny).log()
        noise = torch.empty(len(score), dtype=score.dtype).exponential_(generator=view.generator)
        noise = noise.clamp_(min=torch.finfo(noise.dtype).tiny).log_()
        return self.beta * weight - sent(noise, score.device)

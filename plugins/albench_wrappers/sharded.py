"""Another strategy on a pool that is split into shards, and then on what it chose there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from albench.api import Strategy, View, Wrapper, option


@dataclass(frozen=True)
class Sharded(Wrapper):
    """Split the pool into shards, let another strategy choose in each, and merge what it chose.

    Shards are gone through one after the other in this process, so that what the other strategy needs beside the
    pool's predictions is only ever needed for one of them.

    - A strategy that ranks items by ``scores`` gives its best ``budget`` of each shard, and the best of these are
      chosen: exactly the items, in the order, that it would choose from the whole pool, ties included, as long as the
      score of an item does not depend on which others are in the pool. Dropout masks are the same in all shards.
    - Any other strategy chooses ``budget`` items in each of ``shards`` random parts, and then ``budget`` of all these.

    Notes
    -----
    The second way is the two-level greedy GreeDi: Mirzasoleiman, Karbasi, Sarkar and Krause (2013), "Distributed
    Submodular Maximization: Identifying Representative Elements in Massive Data", NeurIPS, without its last step, the
    comparison with the best single shard. For ``coreset`` (greedy k-center) no item is farther from a centre, labelled
    or chosen, than 4 times the least possible radius, where greedy on the whole pool has 2: with r the least radius,
    greedy leaves no item of a shard farther than 2 r from what it chose there, as ``budget`` + 1 items more than 2 r
    apart from each other and from the labelled ones could not be covered; and by the same argument none of what was
    chosen there is farther than 2 r from what is chosen in the end. For other strategies no bound is known to this
    suite.
    """

    of: Strategy = option(help="strategy that chooses in each shard", component="strategy")
    shards: int = option(8, "parts of the pool", ge=1)

    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions, in the other strategy's order."""
        if min(self.shards, len(view)) < 2:
            return self.of.select(view, budget)
        ranks = self.of_scores and (self.of.ranks or type(self.of).select is Strategy.select)
        return self._merged(view, budget) if ranks else self._twice(view, budget)

    def _merged(self, view: View, budget: int) -> Tensor:
        """The best of the best of each shard."""
        found, scores = [], []
        masks: list[Tensor] = []
        for positions in self._parts(torch.arange(len(view), device=view.device)):
            score = torch.as_tensor(self.of.scores(_Shard(view.only(positions, self.of), masks)))
            best = view.best(score, min(budget, len(positions))).to(score.device).sort().values
            found.append(positions[best.to(positions.device)])
            scores.append(score[best])
        chosen = view.best(torch.cat(scores), budget)
        candidates = torch.cat(found)
        return candidates[chosen.to(candidates.device)]

    def _twice(self, view: View, budget: int) -> Tensor:
        """What is chosen from what is chosen in each shard."""
        shuffled = torch.from_numpy(view.rng.permutation(len(view)).astype(np.int64)).to(view.device)
        found = []
        for part in self._parts(shuffled):
            positions = part.sort().values
            picks = self.of.select(_Shard(view.only(positions, self.of), []), min(budget, len(positions)))
            found.append(positions[picks.to(positions.device)])
        candidates = torch.cat(found).sort().values
        return self.select_of(view, candidates, budget)

    def _parts(self, positions: Tensor) -> tuple[Tensor, ...]:
        return positions.tensor_split(min(self.shards, len(positions)))


class _Shard:
    """A part of a view that keeps no notes, as what is chosen in it need not be chosen in the end.

    Parameters
    ----------
    masks
        States of the generator before each set of dropout masks; filled by the first shard, used by the others, so
        that a sample is the same network for all items.
    """

    def __init__(self, part: View, masks: list[Tensor]) -> None:
        self._part = part
        self._masks = masks
        self._first = not masks
        self._calls = 0

    def __len__(self) -> int:
        return len(self._part)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._part, name)

    def mc_probs(self, samples: int, drop: float = 0.5) -> Iterator[Tensor]:
        """The part's samples, under the masks of the first shard."""
        generator = self._part.generator
        before = generator.get_state()
        if self._first:
            self._masks.append(before)
        generator.set_state(self._masks[self._calls])
        self._calls += 1
        found = self._part.mc_probs(samples, drop)
        yield next(found)  # all masks are drawn before the first sample
        if not self._first:
            generator.set_state(before)
        yield from found

    def note(self, name: str, value: float) -> None:
        """Nothing is kept."""

    def group(self, name: str, positions: Tensor) -> None:
        """Nothing is kept."""

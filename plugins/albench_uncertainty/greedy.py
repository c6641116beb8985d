"""The greedy batch of largest joint mutual information.

A host measures what it needs, some of the candidates for a pick. On a device that would wait for it twice for each,
so all are measured there and the same picks follow without the host. Neither way would do for both.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from albench.kernels import top_k
from albench_uncertainty.joint import Joint

LOOK = 32
"""Candidates measured at a time, then twice as many. Picks hang on it where a drawn gain has risen, and else do not."""
LARGE = 60.0
"""Errors of rough gains that the largest bound has to exceed: else too many of them would be measured again."""
EXHAUSTED = 1e-10
"""Nats: a gain below it is rounding."""


def greedy(joint: Joint, budget: int) -> Tensor:
    """(budget,) candidates, each adding most to those before it, the lowest among equals.

    A gain never rises while labels are enumerated, so an old one bounds it: only the largest have to be measured again.
    They are in float32, whose error is bounded (``Joint.error``), and in float64 where that leaves open which is the
    largest, so that picks are those of float64 alone, whose own roundings of 1e-13 may part equal gains. Drawn labels
    let a gain rise by chance; then each pick is the largest in float64 of those that were measured again.

    Once the batch has told everything, the rest is filled by each candidate's own mutual information.

    Raises
    ------
    NonFiniteScores
        A candidate's probabilities are not finite.
    """
    picks: Tensor | None = None
    if joint.device.type != "cpu":
        before = joint.generator.get_state()
        picks = _ahead(joint.anew(), budget)
        if picks is None:
            joint.generator.set_state(before)
    if picks is None:
        picks = _on_host(joint, budget)
    if len(picks) == budget:
        return picks
    ranking = top_k(joint.candidates.alone, len(joint))
    left = torch.isin(ranking, picks).byte().sort(stable=True).indices  # a device need not tell how many
    return torch.cat([picks, ranking[left[: budget - len(picks)]]])


def _on_host(joint: Joint, budget: int) -> Tensor:
    """The picks until all is told, by a host that measures what may be the largest."""
    candidates, picks = joint.candidates, list[int]()
    top_k(candidates.alone, 1)  # refuses what is not finite
    bound, off = candidates.alone.clone(), torch.zeros_like(candidates.alone)
    while len(picks) < budget:
        place, gain = _largest(joint, bound, off)
        if gain < EXHAUSTED:
            break
        # Of copies, whose bounds may be of different times, the lowest.
        copies = (candidates.kind == candidates.kind[place]) & (bound > -torch.inf)
        picks.append(int(copies.byte().argmax()))
        joint.add(picks[-1])
        bound[picks[-1]] = -torch.inf
    return torch.tensor(picks, dtype=torch.int64, device=joint.device)


def _largest(joint: Joint, bound: Tensor, off: Tensor) -> tuple[int, float]:
    """The candidate of the largest float64 gain, and that gain; bounds (M,) above it are measured again.

    A gain of ``rough`` is kept as it is, and ``off`` (M,) holds by how many nats what it bounds may be larger.
    """
    old, new, width, best = bound.clone(), torch.full_like(bound, -torch.inf), LOOK, -torch.inf
    while float(old.max()) > best:
        at = old.topk(min(width, len(old))).indices
        at = at[old[at] > -torch.inf]
        roughly = float(old[at[0]]) > LARGE * joint.error
        new[at], off[at] = (joint.rough(at), joint.error) if roughly else (joint.gains(at), 0.0)
        old[at] = -torch.inf
        width *= 2
        if float(old.max()) <= float(largest := new.max()):
            near = ((off > 0) & (new >= largest - 2 * joint.error)).nonzero()[:, 0]
            new[near], off[near] = joint.gains(near), 0.0
            best = float(new.max())
    bound.copy_(torch.where(new > -torch.inf, new, bound))
    if not joint.drawn:  # what bounds say is certain, but for their roundings
        near = ((off > 0) & (old + off >= best)).nonzero()[:, 0]
        new[near] = joint.gains(near)
    place = int(new.argmax())
    return place, float(new[place])


def _ahead(joint: Joint, budget: int) -> Tensor | None:
    """The picks until all is told, on a device that the host waits for once; None where it has to look sooner.

    That is where some labels are impossible, or probabilities are not finite. All are measured for each pick, in
    float64, as to ask which have to be would be to wait; a bound is renewed where the host would renew it.
    """
    n, bound = len(joint), joint.candidates.alone
    kinds, picks = joint.candidates.kind, list[Tensor]()
    rank = torch.arange(n, device=bound.device)
    ends = [min(LOOK * (2**i - 1), n) for i in range(1, n.bit_length() + 1) if LOOK * (2 ** (i - 1) - 1) < n]
    last = torch.tensor(ends).to(bound.device, non_blocking=True) - 1
    gains, least, states = [bound.sum()[None]], list[Tensor](), list[Tensor]()
    none = bound.new_full((1,), -torch.inf)
    while True:
        place = bound.argmax(dim=0, keepdim=True)
        gains.append(bound.index_select(0, place))
        copies = (kinds == kinds.index_select(0, place)) & (bound > -torch.inf)
        picks.append(copies.byte().argmax(dim=0, keepdim=True))
        states.append(joint.generator.get_state())
        if len(picks) == budget:
            break
        if not joint.take(joint.candidates.probs.index_select(0, picks[-1])[0]):
            return None
        if (mass := joint.least()) is not None:
            least.append(mass[None])
        bound = bound.index_fill(0, picks[-1], -torch.inf)
        # As many of the largest bounds are renewed as it takes until a gain is above the next bound.
        old, order = bound.sort(descending=True, stable=True)
        new = joint.gains().index_select(0, order).masked_fill(old == -torch.inf, -torch.inf)
        following = torch.cat([old, none]).index_select(0, last + 1)
        enough = new.cummax(dim=0).values.index_select(0, last) >= following
        end = last.index_select(0, enough.byte().argmax(dim=0, keepdim=True))
        bound = torch.empty_like(bound).scatter_(0, order, torch.where(rank <= end, new, old))
    total, *numbers = torch.cat([*gains, *least]).tolist()
    n_told = next((i for i in range(budget) if not numbers[i] >= EXHAUSTED), budget)
    if not math.isfinite(total) or not all(mass > 0 for mass in numbers[budget:][:n_told]):
        return None
    if n_told < budget:
        joint.generator.set_state(states[n_told])
    return torch.cat(picks)[:n_told]

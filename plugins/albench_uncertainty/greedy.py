"""The greedy batch of largest joint mutual information: by a host that measures what it needs, or ahead of it."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from albench.kernels import top_k
from albench_uncertainty.joint import Joint

LOOK = 32
"""Candidates measured at a time, then twice as many. It changes the speed, not the picks."""
ROUGH = 1e-4
"""Nats: more than by what a candidate's own information is off that is worked out for all masks at once."""
LARGE = 200.0
"""Gains over the most that rough ones are off, down to which roundings hardly change which are measured again."""
EXHAUSTED = 1e-10
"""Nats: a gain below it is rounding."""


def greedy(joint: Joint, budget: int) -> Tensor:
    """(budget,) candidates, each adding most to those before it, the lowest among equals.

    A candidate's gain never rises, so an old one bounds it: only the largest have to be measured again. They are
    roughly, and exactly where a rough gain leaves open which is the largest.

    Raises
    ------
    NonFiniteScores
        A candidate's probabilities are not finite.
    """
    if joint.device.type != "cpu":
        before = joint.generator.get_state()
        picks = _ahead(joint.anew(), budget)
        if picks is not None:
            return picks
        joint.generator.set_state(before)
    return _on_host(joint, budget)


class _Best(NamedTuple):
    """The candidate of the largest bound, whether that is its gain by now, and exactly, and how large it is."""

    place: int
    fresh: bool
    exact: bool
    gain: float


def _best(*known: Tensor) -> _Best:
    """The lowest of the largest of bounds (M,), which are fresh and which exact, in one copy to the host."""
    place = known[0].argmax(dim=0, keepdim=True)
    gain, fresh, exact = (each.index_select(0, place).double() for each in known)
    at, is_fresh, is_exact, largest = torch.cat([place.double(), fresh, exact, gain]).tolist()
    return _Best(int(at), bool(is_fresh), bool(is_exact), largest)


def _on_host(joint: Joint, budget: int) -> Tensor:
    """``greedy`` by a host that measures what may be the largest."""
    candidates, picks = joint.candidates, list[int]()
    bound = candidates.alone.clone()
    top_k(bound, 1)  # refuses what is not finite
    fresh, exact = torch.ones_like(bound, dtype=torch.bool), torch.zeros_like(bound, dtype=torch.bool)
    error = ROUGH if candidates.rough else joint.error
    while len(picks) < budget:
        gain = _renewed(joint, bound, fresh, exact, error)
        if gain.gain < EXHAUSTED:
            break
        # A copy has the same gain, but its bound is of another time and may be rounded to less.
        copies = (candidates.kind == candidates.kind[gain.place]) & (bound > -torch.inf)
        picks.append(int(copies.byte().argmax()))
        joint.add(picks[-1])
        bound[picks[-1]] = -torch.inf
        fresh, exact, error = bound == -torch.inf, torch.zeros_like(exact), joint.error
    chosen = torch.tensor(picks, dtype=torch.int64, device=joint.device)
    if len(picks) == budget:
        return chosen
    ranking = candidates.ranking()
    return torch.cat([chosen, ranking[~torch.isin(ranking, chosen)][: budget - len(picks)]])


def _renewed(joint: Joint, bound: Tensor, fresh: Tensor, exact: Tensor, error: float) -> _Best:
    """The largest gain, exact, after bounds (M,) above it were measured again; which are fresh and exact is kept."""
    width, n_old = LOOK, int((~fresh).sum())
    while not (best := _best(bound, fresh, exact)).exact:
        if best.fresh:
            near = (fresh & ~exact & (bound >= best.gain - 2 * error)).nonzero()[:, 0]
            bound[near] = joint.gains(near)
            exact[near] = True
            continue
        old = bound.masked_fill(fresh, -torch.inf).topk(min(width, n_old)).indices
        roughly = best.gain > LARGE * error
        bound[old] = (joint.rough if roughly else joint.gains)(old)
        fresh[old], exact[old] = True, not roughly
        n_old -= len(old)
        width *= 2
    return best


def _ahead(joint: Joint, budget: int) -> Tensor | None:
    """``greedy`` on a device, which the host waits for once, when all is chosen; None where it has to look sooner.

    That is where a batch has told everything, some labels are impossible, or probabilities are not finite. What the
    host would measure again is worked out from the gains of all.
    """
    n, bound = len(joint), joint.candidates.alone
    kinds, picks = joint.candidates.kind, list[Tensor]()
    rank = torch.arange(n, device=bound.device)
    ends = [min(LOOK * (2**i - 1), n) for i in range(1, n.bit_length() + 1) if LOOK * (2 ** (i - 1) - 1) < n]
    last = torch.tensor(ends).to(bound.device, non_blocking=True) - 1
    gains, least = [bound.sum()[None]], list[Tensor]()
    while True:
        place = bound.argmax(dim=0, keepdim=True)
        gains.append(bound.index_select(0, place))
        copies = (kinds == kinds.index_select(0, place)) & (bound > -torch.inf)
        picks.append(copies.byte().argmax(dim=0, keepdim=True))
        if len(picks) == budget:
            break
        if not joint.take(joint.candidates.probs.index_select(0, picks[-1])[0]):
            return None
        if (mass := joint.least()) is not None:
            least.append(mass[None])
        bound = bound.index_fill(0, picks[-1], -torch.inf)
        # As many of the largest bounds are renewed as it takes until a gain is above the next bound.
        old, order = bound.sort(descending=True, stable=True)
        new = joint.gains_of_all().index_select(0, order).masked_fill(old == -torch.inf, -torch.inf)
        following = torch.cat([old, old.new_full((1,), -torch.inf)]).index_select(0, last + 1)
        enough = new.cummax(dim=0).values.index_select(0, last) >= following
        end = last.index_select(0, enough.byte().argmax(dim=0, keepdim=True))
        bound = torch.empty_like(bound).scatter_(0, order, torch.where(rank <= end, new, old))
    fine = (torch.cat(gains) >= EXHAUSTED).all() & torch.isfinite(gains[0])[0]
    if least:
        fine &= (torch.cat(least) > 0).all()
    return torch.cat(picks) if bool(fine) else None

"""GALAXY: bisects, in an ordering for each class, between items of the class and items of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from albench.api import Strategy, View
from albench.kernels import require_finite


@dataclass(frozen=True)
class GALAXY(Strategy):
    """Choose the middle of the shortest path between two items of which one is of a class and the other is not.

    For each class all items, labelled or not, are ordered by their margin for it: the probability of the class less the
    largest probability, equal margins (of the items predicted as the class) by the largest probability. In the class's
    graph items at most ``order`` places apart are joined, ``order`` being 1 at first, except where one is known to be
    of the class and the other is known not to be. One after the other the middle item of the shortest path in any of
    the graphs between such two is chosen, and counts as known from then on: with its predicted class, for its label is
    not known yet. Where no path is left ``order`` is raised until there is one. Without known items of two classes the
    choice is random.

    Of paths with the same number of edges the graphs take turns, then the path that spans the fewest places in the
    ordering comes first, then the lowest place.

    Notes
    -----
    Zhang, Katz-Samuels and Nowak (2022), "GALAXY: Graph-based Active Learning at the Extreme", ICML, arXiv 2202.01402.
    The paper asks for each label before it makes the next choice; labels are bought a batch at a time here, hence the
    predicted class. Paths are not searched for: inside a stretch of items without a label only its ends decide, so a
    choice costs one pass over the known items of each graph.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"probs"})

    def select(self, view: View, budget: int) -> Tensor:
        """Choose ``budget`` positions, in the order chosen; the note ``order`` keeps the last order."""
        probs, labeled_probs = view.probs, view.labeled_probs
        require_finite(probabilities=probs, labelled_probabilities=labeled_probs)
        predicted = probs.argmax(dim=1).cpu().numpy()
        n = len(predicted)
        items = torch.cat([probs, labeled_probs]).cpu().numpy()
        graphs = _Graphs(items, np.arange(n, len(items)), view.labeled_y.cpu().numpy())
        free = np.ones(n, dtype=bool)
        picks: list[int] = []
        for _ in range(budget):
            pick = graphs.middle()
            if pick is None:
                pick = int(view.rng.choice(np.flatnonzero(free)))
            graphs.label(pick, int(predicted[pick]))
            free[pick] = False
            picks.append(pick)
        view.note("order", graphs.order)
        return torch.tensor(picks, dtype=torch.int64, device=probs.device)


class _Graphs:
    """One ordering for each class, and where the known items are in it.

    Parameters
    ----------
    probs
        (M, C) of all items.
    known, classes
        (K,) positions of the items whose class is known, and their classes.
    """

    def __init__(self, probs: np.ndarray, known: np.ndarray, classes: np.ndarray) -> None:
        n, n_classes = probs.shape
        largest = probs.max(axis=1).astype(np.float64)
        self.order = 1
        self.turn = 0
        # items[c, place] is an item, places[c, item] its place; stable, so that ties go to the lowest position.
        self.items = np.stack([np.lexsort((largest, probs[:, c] - largest)) for c in range(n_classes)]).astype(np.int32)
        self.places = np.empty_like(self.items)
        np.put_along_axis(self.places, self.items, np.arange(n, dtype=np.int32)[None], axis=1)
        # Places of the known items of each graph, ascending, and whether each is of the graph's class.
        place = self.places[:, known].astype(np.int64)
        by_place = place.argsort(axis=1)
        self.known = np.take_along_axis(place, by_place, axis=1)
        self.member = classes[by_place] == np.arange(n_classes)[:, None]

    def label(self, item: int, label: int) -> None:
        """Make an item known."""
        n_classes, n_known = self.known.shape
        place = self.places[:, item].astype(np.int64)[:, None]
        # Everything at a larger place moves up by one.
        later = self.known > place
        slot = np.arange(n_known) + later
        known = np.empty((n_classes, n_known + 1), dtype=np.int64)
        member = np.empty((n_classes, n_known + 1), dtype=bool)
        np.put_along_axis(known, slot, self.known, axis=1)
        np.put_along_axis(member, slot, self.member, axis=1)
        at = n_known - later.sum(axis=1, keepdims=True)
        np.put_along_axis(known, at, place, axis=1)
        np.put_along_axis(member, at, np.arange(n_classes)[:, None] == label, axis=1)
        self.known, self.member = known, member

    def middle(self) -> int | None:
        """The item in the middle of the shortest path, None where no graph has a path; may raise ``order``."""
        n = self.items.shape[1]
        far = 4 * n
        known, member = self.known, self.member
        # The last member, and the last known item that is none, at or before each known place; the first ones after.
        before = [np.maximum.accumulate(np.where(is_it, known, -far), axis=1) for is_it in (member, ~member)]
        after = [
            np.minimum.accumulate(np.where(is_it, known, far)[:, ::-1], axis=1)[:, ::-1] for is_it in (member, ~member)
        ]
        # Inside the stretch between two neighbouring known places of different kind: straight through.
        gap = np.diff(known, axis=1)
        through = (member[:, 1:] != member[:, :-1]) & (gap > 1)
        # An unknown item just after a known place sees a member and a non-member behind it, or just before it, ahead.
        has_next = np.diff(known, axis=1, append=n) > 1
        has_previous = np.diff(known, axis=1, prepend=-1) > 1
        behind = [known + 1 - place for place in before]
        ahead = [place - known + 1 for place in after]
        reach = np.stack(
            [np.where(has_next, np.maximum(*behind), far), np.where(has_previous, np.maximum(*ahead), far)]
        )
        if not through.any():
            nearest = int(reach.min(initial=far))
            if nearest > n:
                return None
            self.order = max(self.order, nearest)
        edges = np.where(through, np.maximum(-(-gap // self.order), 2), far)
        shortest = 2 if bool((reach <= self.order).any()) else int(edges.min())
        graph, at = np.nonzero(edges == shortest)
        length = gap[graph, at]
        # In the middle of the edges, and within the places that the path may step on.
        early = shortest // 2
        step = np.clip(length // 2, length - self.order * (shortest - early), self.order * early)
        place = known[graph, at] + step
        if shortest == 2:
            side, beside, end = np.nonzero(reach <= self.order)
            graph = np.concatenate([graph, beside])
            length = np.concatenate([length, np.stack([sum(behind), sum(ahead)])[side, beside, end]])
            place = np.concatenate([place, known[beside, end] + np.where(side == 0, 1, -1)])
        best = np.lexsort((place, length, (graph - self.turn) % len(known)))[0]
        self.turn = (int(graph[best]) + 1) % len(known)
        return int(self.items[graph[best], place[best]])

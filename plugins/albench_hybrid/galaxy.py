"""GALAXY: bisects, in an ordering for each class, between items of the class and items of the others."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from heapq import heappop, heappush, heapreplace
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
    predicted class. Paths are not searched for: inside a stretch of items without a label only its ends decide, and a
    new known item changes no stretch but the one it lies in, so a choice costs a few steps in each graph.
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
        self.order = 1
        self.turn = 0
        # items[c, place] is an item, places[c, item] its place.
        self.items, self.places = np.empty((2, n_classes, n), dtype=np.int32)
        self._graphs: list[_Graph] = []
        largest, in_order = probs.max(axis=1).astype(np.float64), np.arange(n, dtype=np.int32)
        for c, own in enumerate(np.ascontiguousarray(probs.T)):
            self.items[c] = by_margin(own, largest)
            self.places[c, self.items[c]] = in_order
            self._graphs.append(_Graph(self.places[c, known], classes == c, n))

    def label(self, item: int, label: int) -> None:
        """Make an item known."""
        for c, (graph, place) in enumerate(zip(self._graphs, self.places[:, item].tolist(), strict=True)):
            graph.add(place, c == label)

    def middle(self) -> int | None:
        """The item in the middle of the shortest path, None where no graph has a path; may raise ``order``."""
        through, beside = [g.through() for g in self._graphs], [g.beside() for g in self._graphs]
        gap = min((found[0] for found in through if found), default=None)
        reach = min((found[0] for found in beside if found), default=None)
        if gap is None and reach is not None:
            self.order = max(self.order, reach)
        if reach is not None and reach <= self.order:
            shortest = 2
        elif gap is not None:
            shortest = self._edges(gap)
        else:
            return None
        n_classes = len(self._graphs)
        for c in (*range(self.turn, n_classes), *range(self.turn)):
            # Of the shortest paths of this graph, the length and the place in the middle.
            paths = []
            if (found := through[c]) and self._edges(found[0]) == shortest:
                paths.append((found[0], found[1] + self._half(found[0], shortest)))
            if shortest == 2 and (found := beside[c]) and found[0] <= self.order:
                paths.append((found[0] + 1, found[1]))
            if paths:
                self.turn = (c + 1) % n_classes
                return int(self.items[c, min(paths)[1]])
        raise AssertionError("some graph has the shortest path")

    def _edges(self, length: int) -> int:
        """Edges of the path through a stretch of a length."""
        return max(-(-length // self.order), 2)

    def _half(self, length: int, edges: int) -> int:
        """Steps to the middle of a stretch: in the middle of the edges, and where the path may step on."""
        early = edges // 2
        return min(max(length // 2, length - self.order * (edges - early)), self.order * early)


def by_margin(own: np.ndarray, largest: np.ndarray) -> np.ndarray:
    """(N,) positions in ascending order of the margin, then of the largest probability, then of the position.

    Parameters
    ----------
    own, largest
        (N,) float32 probabilities of a class, and (N,) float64 the largest of all classes.
    """
    margin = own - largest
    # A margin is 0 where the class is the predicted one: one key does for both, and sorting it without keeping equal
    # ones in order takes an eighth of the time.
    key = np.where(margin < 0, margin, largest)
    order = key.argsort()
    key = key[order]
    same = np.zeros(len(key) + 1, dtype=bool)
    np.equal(key[1:], key[:-1], out=same[1:-1])
    tied = np.flatnonzero(same[1:] | same[:-1])
    if len(tied):
        run = (~same[:-1]).cumsum()[tied]
        order[tied] = _by_run(run, order[tied], largest)
    return order


def _by_run(run: np.ndarray, items: np.ndarray, largest: np.ndarray) -> np.ndarray:
    """Items (m,) that stay in their runs (m,), which ascend, there in order of ``largest`` and then of position."""
    first = run * len(largest)
    items = np.sort(first + items) - first
    values = largest[items]
    uneven = run[1:][(values[1:] != values[:-1]) & (run[1:] == run[:-1])]
    if len(uneven):
        some = np.isin(run, uneven)
        items[some] = items[some][np.lexsort((values[some], run[some]))]
    return items


class _Graph:
    """The known places of one ordering, and the paths between two neighbouring ones of different kind.

    A path goes through the stretch between them, or over the first place without a label beside them: after the right
    one and what follows it of its kind, or before the left one. It joins both ends once ``order`` is the distance from
    there to the farther end. What is known stays known, so that paths only end or, beside, grow: the first one of
    a heap is looked at again before it counts.

    Parameters
    ----------
    places, member
        (K,) known places in any order, and whether each is of the class.
    n
        Number of places.
    """

    def __init__(self, places: np.ndarray, member: np.ndarray, n: int) -> None:
        ascending = places.argsort()
        kinds = member[ascending]
        self._n = n
        self._known: list[int] = places[ascending].tolist()
        self._member: dict[int, bool] = dict(zip(self._known, kinds.tolist(), strict=True))
        self._through: list[tuple[int, int]] = []
        self._beside: list[tuple[int, int, int, int]] = []
        for at in np.flatnonzero(kinds[1:] != kinds[:-1]).tolist():
            self._join(self._known[at], self._known[at + 1])

    def add(self, place: int, member: bool) -> None:
        """Make a place known."""
        at = bisect(self._known, place)
        self._member[place] = member
        if at and self._member[left := self._known[at - 1]] != member:
            self._join(left, place)
        if at < len(self._known) and self._member[right := self._known[at]] != member:
            self._join(place, right)
        self._known.insert(at, place)

    def through(self) -> tuple[int, int] | None:
        """Length and left end of the shortest stretch, the first among equals; None where there is none."""
        while self._through:
            length, left = self._through[0]
            if self._are_neighbors(left, left + length):
                return length, left
            heappop(self._through)
        return None

    def beside(self) -> tuple[int, int] | None:
        """Distance to the farther end, and place, of the nearest place beside two ends, the first among equals."""
        while self._beside:
            distance, place, left, right = self._beside[0]
            step, end = (1, right) if place > right else (-1, left)
            free, neighbors = place, self._are_neighbors(left, right)
            while neighbors and self._member.get(free) is self._member[end]:
                free += step
            if not neighbors or free in self._member or not 0 <= free < self._n:
                heappop(self._beside)
            elif free == place:
                return distance, place
            else:
                heapreplace(self._beside, (distance + abs(free - place), free, left, right))
        return None

    def _join(self, left: int, right: int) -> None:
        """Take in the paths between two neighbours of different kind."""
        length = right - left
        if length > 1:
            heappush(self._through, (length, left))
        heappush(self._beside, (length + 1, right + 1, left, right))
        heappush(self._beside, (length + 1, left - 1, left, right))

    def _are_neighbors(self, left: int, right: int) -> bool:
        """Whether no place between two known ones has become known."""
        return self._known[bisect(self._known, left)] == right

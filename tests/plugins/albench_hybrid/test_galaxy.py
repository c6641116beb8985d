"""GALAXY: its picks by hand, and against a breadth-first search of the graphs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
import torch

from albench.errors import ContractError
from albench.testing import make_view
from albench_hybrid.galaxy import GALAXY, _Graphs, by_margin

FAR = 10**9


def _two_classes(first: list[float]) -> torch.Tensor:
    """Logits of two classes with these probabilities of the first."""
    p = torch.tensor(first)
    return torch.stack([p, 1 - p], dim=1).log()


def test_it_bisects_between_the_two_classes() -> None:
    pool = [0.1, 0.2, 0.3, 0.4, 0.501, 0.6, 0.7, 0.8, 0.9]
    view = make_view(_two_classes(pool), labeled_embeddings=_two_classes([0.02, 0.98]), labeled_y=torch.tensor([1, 0]))
    # Class 0 has the labelled 0.02 at place 0, the pool at 1 .. 9 and the labelled 0.98 at 10: the middle 5 is item 4,
    # from now on of class 0. Class 1, whose turn it is, has the order reversed: 0.501 at place 5, the label of class 1
    # at 10, in their middle at 7 item 2 (0.3). Class 0 again: 0.3 at place 3, 0.501 at 5, in the middle item 3.
    assert GALAXY().select(view, 3).tolist() == [4, 2, 3]
    assert view.notes["order"] == 1
    # Now 0.4 and 0.501 are neighbours, and known. Joined two places apart, 0.6 is joined to both.
    assert GALAXY().select(view, 4).tolist() == [4, 2, 3, 5]
    assert view.notes["order"] == 2
    # Three places apart, 0.2 is joined to 0.501 and 0.7 to 0.4.
    assert sorted(GALAXY().select(view, 6).tolist()[4:]) == [1, 6]
    assert view.notes["order"] == 3


def test_labels_outweigh_predictions() -> None:
    # The model's boundary is at 0.5, but what is labelled 0.2 is of class 0: the boundary lies below, at 0.1 .. 0.2.
    pool = [0.05, 0.1, 0.15, 0.3, 0.45, 0.55, 0.7]
    view = make_view(
        _two_classes(pool), labeled_embeddings=_two_classes([0.02, 0.2, 0.9]), labeled_y=torch.tensor([1, 0, 0])
    )
    assert GALAXY().select(view, 1).tolist() == [1]


def _distances(n: int, sources: list[int], edges: dict[int, list[int]]) -> np.ndarray:
    distance = np.full(n, FAR)
    distance[sources] = 0
    queue = deque(sources)
    while queue:
        here = queue.popleft()
        for there in edges[here]:
            if distance[there] == FAR:
                distance[there] = distance[here] + 1
                queue.append(there)
    return distance


def _search(places: np.ndarray, known: dict[int, int], order: int) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Of each graph: length of the shortest path, and distance of each place to either kind of known item."""
    n_classes, n = places.shape
    for c in range(n_classes):
        label = {int(places[c, item]): label == c for item, label in known.items()}
        edges = {
            a: [
                b
                for b in range(max(0, a - order), min(n, a + order + 1))
                if b != a and not (a in label and b in label and label[a] != label[b])
            ]
            for a in range(n)
        }
        members, others = ([place for place, is_it in label.items() if is_it == kind] for kind in (True, False))
        to_member, to_other = _distances(n, members, edges), _distances(n, others, edges)
        yield int(min((to_other[m] for m in members), default=FAR)), to_member, to_other


@pytest.mark.parametrize("seed", range(40))
def test_each_pick_is_in_the_middle_of_a_shortest_path(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, n_classes = int(rng.integers(3, 26)), int(rng.integers(2, 5))
    probs = rng.dirichlet(np.ones(n_classes), size=n).astype(np.float32)
    first = rng.choice(n, int(rng.integers(0, min(7, n))), replace=False)
    known = {int(item): int(rng.integers(n_classes)) for item in first}
    graphs = _Graphs(probs, np.array(list(known), dtype=int), np.array(list(known.values()), dtype=int))
    for _ in range(n - len(known)):
        # The order is raised until some graph has a path.
        order = graphs.order
        while order <= n and min(length for length, _, _ in _search(graphs.places, known, order)) == FAR:
            order += 1
        pick = graphs.middle()
        if pick is None:
            assert order > n
            pick = int(rng.choice([item for item in range(n) if item not in known]))
        else:
            assert graphs.order == order
            found = list(_search(graphs.places, known, order))
            shortest = min(length for length, _, _ in found)
            halves = [(a[place], b[place]) for (_, a, b), place in zip(found, graphs.places[:, pick], strict=True)]
            assert pick not in known
            assert any(a + b == shortest and abs(a - b) <= 1 for a, b in halves)
        known[pick] = int(rng.integers(n_classes))
        graphs.label(pick, known[pick])


def _plain(graphs: _Graphs, known: dict[int, int]) -> tuple[int, int, int] | None:
    """The pick, the order and whose turn is next, of all pairs of known places that no other lies between."""
    n_classes, n = graphs.places.shape
    through, beside = [], []  # (class, length, left), (class, length, place)
    for c in range(n_classes):
        kind = {int(graphs.places[c, item]): label == c for item, label in known.items()}
        ends = sorted(kind)
        through += [(c, b - a, a) for a, b in pairwise(ends) if kind[a] != kind[b] and b - a > 1]
        for free in set(range(n)) - set(kind):
            for step in (-1, 1):
                near = [[abs(free - e) for e in ends if kind[e] == k and (e - free) * step > 0] for k in (True, False)]
                if free + step in kind and all(near):
                    beside.append((c, 1 + max(map(min, near)), free))
    order = graphs.order
    if not through and not beside:
        return None
    if not through:
        order = max(order, min(length - 1 for _, length, _ in beside))
    joined = [path for path in beside if path[1] - 1 <= order]
    edges = min([2] * bool(joined) + [max(-(-length // order), 2) for _, length, _ in through])
    middle = [
        (c, length, left + int(np.clip(length // 2, length - order * (edges - edges // 2), order * (edges // 2))))
        for c, length, left in through
        if max(-(-length // order), 2) == edges
    ]
    found = middle + (joined if edges == 2 else [])
    c, _, place = min(found, key=lambda path: ((path[0] - graphs.turn) % n_classes, path[1], path[2]))
    return int(graphs.items[c, place]), order, (c + 1) % n_classes


@pytest.mark.parametrize("seed", range(40))
def test_among_equal_paths_turn_then_length_then_place_decide(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, n_classes = int(rng.integers(3, 30)), int(rng.integers(2, 5))
    probs = rng.dirichlet(np.ones(n_classes), size=n).astype(np.float32)
    probs[: n // 3] = probs[0]  # which are equal in every ordering
    known = {int(item): int(rng.integers(n_classes)) for item in rng.choice(n, int(rng.integers(0, 7)) % n, False)}
    graphs = _Graphs(probs, np.array(list(known), dtype=int), np.array(list(known.values()), dtype=int))
    for _ in range(n - len(known)):
        wanted = _plain(graphs, known)
        pick = graphs.middle()
        if wanted is None:
            assert pick is None
        if pick is not None:
            assert (pick, graphs.order, graphs.turn) == wanted
        if pick is None or rng.random() < 0.2:
            pick = int(rng.choice([item for item in range(n) if item not in known]))
        known[pick] = int(rng.integers(n_classes)) if rng.random() < 0.6 else 0
        graphs.label(pick, known[pick])


@pytest.mark.parametrize("step", [0.0, 0.001, 0.1, 0.5, 1.0])
def test_items_are_ordered_by_margin_then_largest_then_position(step: float) -> None:
    rng = np.random.default_rng(0)
    probs = rng.dirichlet([0.2, 0.3, 0.5], size=500)
    if step:  # many margins are equal then, some of them of different largest probabilities
        probs = np.round(probs / step) * step
    probs = probs.astype(np.float32)
    largest = probs.max(axis=1).astype(np.float64)
    for own in probs.T:
        assert by_margin(own, largest).tolist() == np.lexsort((largest, own - largest)).tolist()


def test_it_finds_a_rare_class_on_both_sides_of_the_cut() -> None:
    # 300 items of which the model finds 12 to be of class 0, one of them labelled: near half of the picks are of it.
    rng = np.random.default_rng(0)
    first = np.concatenate([rng.uniform(0.0, 0.45, 288), rng.uniform(0.55, 0.95, 12)]).tolist()
    view = make_view(
        _two_classes(first), labeled_embeddings=_two_classes([0.01, 0.02, 0.97]), labeled_y=torch.tensor([1, 1, 0])
    )
    picks = GALAXY().select(view, 20)
    assert int((picks >= 288).sum()) >= 7


@pytest.mark.parametrize("n", [1, 2, 7])
@pytest.mark.parametrize("labels", [[], [0], [1, 1], [0, 1, 2]])
def test_the_whole_pool_can_be_chosen(n: int, labels: list[int]) -> None:
    labeled = torch.zeros(len(labels), 3)
    for logits in (torch.zeros(n, 3), torch.tensor([[90.0, 0, 0]]).repeat(n, 1), torch.randn(n, 3)):
        view = make_view(logits, labeled_embeddings=labeled, labeled_y=torch.tensor(labels, dtype=torch.int64))
        picks = GALAXY().select(view, n)
        assert sorted(picks.tolist()) == list(range(n))
        assert picks.dtype == torch.int64


def test_the_seed_decides_where_there_is_no_path() -> None:
    logits = torch.tensor([[5.0, 0.0]]).repeat(50, 1)
    picks = [GALAXY().select(make_view(logits, seed=seed), 5).tolist() for seed in (0, 0, 1)]
    assert picks[0] == picks[1] != picks[2]


@pytest.mark.parametrize("where", ["pool", "labelled"])
def test_non_finite_probabilities_raise(where: str) -> None:
    pool, labeled = torch.zeros(4, 2), torch.zeros(3, 2)
    (pool if where == "pool" else labeled)[1, 0] = torch.nan
    with pytest.raises(ContractError, match=r"1 of . rows of"):
        GALAXY().select(make_view(pool, labeled_embeddings=labeled), 2)

"""BAIT against the algorithm written out with full matrices in NumPy, and its Fisher information against autograd."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from albench.errors import ContractError
from albench.testing.views import make_view
from albench.trial.answers import choose
from albench.trial.view import PoolView
from albench_hybrid import bait, fisher
from albench_hybrid.bait import BAIT
from albench_hybrid.fisher import FisherItems, fisher_sum, leading_directions, weighted_moment


def _view(n: int = 24, d: int = 3, c: int = 3, labeled: int = 4, seed: int = 0) -> PoolView:
    random = torch.Generator().manual_seed(seed)
    x, known = torch.randn(n, d, generator=random), torch.randn(labeled, d, generator=random)
    return make_view(x, weight=_head(d, c), labeled_embeddings=known, seed=seed)


def _head(d: int = 3, c: int = 3) -> torch.Tensor:
    return torch.randn(c, d, generator=torch.Generator().manual_seed(9))


def _fisher(probs: torch.Tensor, z: torch.Tensor) -> list[np.ndarray]:
    return [
        np.kron(np.diag(p / p.sum()) - np.outer(p, p) / p.sum() ** 2, np.outer(x, x))
        for p, x in zip(probs.double().numpy(), z.double().numpy(), strict=True)
    ]


def _plain(view: PoolView, budget: int, regularization: float = 1.0, oversample: int = 2) -> list[int]:
    """Greedy forwards, then backwards, with every inverse worked out anew."""
    pool = _fisher(view.probs, view.embeddings)
    labeled = _fisher(view.labeled_probs, view.labeled_embeddings)
    size = len(pool[0])
    mean = sum(pool + labeled) / (len(pool) + len(labeled))
    share = 1 / (len(labeled) + budget)
    chosen_information = regularization * np.eye(size) + share * sum(labeled, np.zeros((size, size)))

    def bound(information: np.ndarray) -> float:
        return float(np.trace(np.linalg.inv(information) @ mean))

    picks: list[int] = []
    while len(picks) < min(oversample * budget, len(pool)):
        left = [i for i in range(len(pool)) if i not in picks]
        best = min(left, key=lambda i: bound(chosen_information + budget * share * pool[i]))
        picks.append(best)
        chosen_information = chosen_information + budget * share * pool[best]
    while len(picks) > budget:
        worst = min(picks, key=lambda i: bound(chosen_information - budget * share * pool[i]))
        picks.remove(worst)
        chosen_information = chosen_information - budget * share * pool[worst]
    return picks


@pytest.mark.parametrize(
    ("seed", "labeled", "budget", "regularization"),
    [(0, 4, 5, 1.0), (1, 1, 3, 0.1), (2, 0, 6, 1.0), (3, 9, 12, 0.01), (4, 4, 20, 1.0)],
)
def test_picks_are_those_of_the_algorithm_written_out(
    seed: int, labeled: int, budget: int, regularization: float
) -> None:
    view = _view(labeled=labeled, seed=seed)
    picks = BAIT(regularization=regularization).select(view, budget)
    assert picks.tolist() == _plain(view, budget, regularization)


@pytest.mark.parametrize("seed", [1, 3, 4])
@pytest.mark.parametrize("scale", [10.0, 30.0])
def test_picks_do_not_hang_on_roundings_of_sums(seed: int, scale: float) -> None:
    # Long embeddings and a light identity, so that little is left of the trace.
    view = _view(n=60, d=4, labeled=9, seed=seed)
    long, known = scale * view.embeddings, scale * view.labeled_embeddings
    view = make_view(long, weight=_head(4) / scale, labeled_embeddings=known)
    assert BAIT(regularization=0.01).select(view, 8).tolist() == _plain(view, 8, regularization=0.01)


def test_forward_alone() -> None:
    view = _view()
    assert BAIT(oversample=1.0).select(view, 5).tolist() == _plain(view, 5, oversample=1)


def test_fisher_information_is_the_mean_squared_gradient() -> None:
    view = _view(n=5, c=4)
    weight = _head(c=4)
    total = torch.zeros(12, 12, dtype=torch.float64)
    for x, probs in zip(view.embeddings, view.probs, strict=True):
        for label in range(4):
            layer = weight.clone().requires_grad_()
            torch.nn.functional.cross_entropy((x @ layer.T)[None], torch.tensor([label])).backward()
            gradient = layer.grad.flatten().double()
            total += probs[label] * torch.outer(gradient, gradient)
    # The last class's is what the others leave.
    torch.testing.assert_close(total.view(4, 3, 4, 3).sum(dim=0), torch.zeros(3, 4, 3).double(), rtol=0, atol=1e-5)
    total = total[:9, :9]
    torch.testing.assert_close(fisher_sum(view.probs, view.embeddings), total, rtol=1e-5, atol=1e-6)
    matrix = total @ total
    for n_labels in (3, 4):
        items = FisherItems(view.probs.double(), view.embeddings.double(), 1.0, n_labels)
        roots = torch.einsum("ncr,nd->ncdr", items.a, items.z).flatten(1, 2)
        if n_labels == 4:
            torch.testing.assert_close((roots @ roots.mT).sum(dim=0), total, rtol=1e-5, atol=1e-6)
        # The products that are never written out.
        (quadratic,) = items.quadratic(matrix)
        torch.testing.assert_close(quadratic, roots.mT @ matrix @ roots)
        first, second = items.project(matrix[:, :2], matrix[:, 2:4]).unbind(dim=2)
        torch.testing.assert_close(first, matrix[:, :2].T @ roots)
        torch.testing.assert_close(second, matrix[:, 2:4].T @ roots)


@pytest.mark.parametrize("logits", [[20.0, 0.0], [0.0, 20.0], [20.0, 0.0, 0.0], [0.0, 0.0, 20.0], [40.0, 20.0, 0.0]])
def test_a_nearly_sure_item_keeps_its_digits(logits: list[float]) -> None:
    # p (1 - p) is e^-20, which 1 - p in float32 is not.
    probs = torch.tensor([logits]).softmax(dim=1)
    p = torch.tensor([logits], dtype=torch.float64).softmax(dim=1)[0, :, None]
    expected = -p * p.T
    expected.diagonal().copy_(-expected.sum(dim=1) + expected.diagonal())
    torch.testing.assert_close(fisher_sum(probs, torch.ones(1, 1)), expected[:-1, :-1], rtol=1e-5, atol=0)
    a = FisherItems(probs.double(), torch.ones(1, 1).double(), 1.0, len(logits)).a[0]
    torch.testing.assert_close(a @ a.T, expected[:-1, :-1], rtol=1e-5, atol=0)


@pytest.mark.parametrize("strip", [2, 128])
def test_products_are_whole(strip: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fisher, "_STRIP", strip)
    z = torch.randn(9, 5, generator=torch.Generator().manual_seed(0))
    expected = (z.T * 0.5) @ z  # 1 - |p|^2 of two even classes
    torch.testing.assert_close(weighted_moment(torch.full((9, 2), 0.5), z), expected.double(), rtol=1e-5, atol=1e-6)


def test_few_directions_suffice_where_embeddings_have_no_more() -> None:
    # Embeddings of rank 3 in 8 dimensions: the projection to 3 directions loses nothing.
    view = _view()
    wide = torch.linalg.qr(torch.randn(8, 3, generator=torch.Generator().manual_seed(1))).Q
    weight = _head() @ wide.T
    high = make_view(view.embeddings @ wide.T, weight=weight, labeled_embeddings=view.labeled_embeddings @ wide.T)
    expected = _plain(view, 5)
    assert BAIT(n_components=3).select(high, 5).tolist() == expected
    assert BAIT(n_components=8).select(high, 5).tolist() == expected
    assert BAIT().select(high, 5).tolist() == expected


def test_the_directions_hold_the_most_information() -> None:
    probs = torch.tensor([[0.5, 0.5], [0.5, 0.5], [1.0, 0.0]])
    z = torch.tensor([[3.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 9.0]])
    # The longest embedding belongs to a sure item, which holds no information.
    np.testing.assert_allclose(leading_directions(weighted_moment(probs, z), 1).abs(), [[1.0], [0.0], [0.0]], atol=1e-6)


def test_fewer_labels_and_candidates() -> None:
    view = _view(n=60, c=4)
    exact = BAIT().select(view, 5).tolist()
    assert BAIT(n_labels=4).select(view, 5).tolist() == exact
    assert BAIT(candidates=0).select(view, 5).tolist() == exact
    # Two labels are enough for items that are unsure between two.
    two = make_view(_view(n=60).embeddings, weight=_head(), bias=torch.tensor([0.0, 0.0, -60.0]))
    assert BAIT(n_labels=2).select(two, 5).tolist() == BAIT().select(two, 5).tolist()
    # At least four times the budget are drawn, which differ from seed to seed.
    few = [set(choose(BAIT(candidates=1), make_view(view.embeddings, seed=s), 5, "bait").tolist()) for s in range(20)]
    assert 10 < len(set.union(*few)) <= 60


@pytest.mark.parametrize("scale", [0.1, 1.0, 30.0])
def test_bounds_leave_out_none_that_may_be_the_best(scale: float, monkeypatch: pytest.MonkeyPatch) -> None:
    x = scale * torch.randn(300, 5, generator=torch.Generator().manual_seed(0))
    x[200:] = x[:100]
    view = make_view(x, weight=_head(5, 4) / scale, labeled_embeddings=x[:9])
    measured: list[int] = []
    gain = bait._Bound._gain

    def counted(self: bait._Bound, most: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        found = gain(self, most, rows)
        measured.append(len(found))
        return found

    monkeypatch.setattr(bait._Bound, "_gain", counted)
    monkeypatch.setattr(bait, "_LIKELY", 8)
    picks = BAIT().select(view, 30)
    few = sum(measured)
    monkeypatch.setattr(bait, "_ROUNDING", torch.inf)
    measured.clear()
    assert BAIT().select(view, 30).tolist() == picks.tolist()
    assert few < sum(measured) / 2


def test_odd_pools() -> None:
    x, head = torch.randn(9, 3, generator=torch.Generator().manual_seed(0)), torch.eye(3)
    certain = torch.tensor([[1e4, 0.0, 0.0]]).repeat(9, 1)
    for pool in (x, x[:1], x[:1].repeat(9, 1), x * 0, certain):
        for labeled in (None, x[:1]):
            view = make_view(pool, weight=head, labeled_embeddings=labeled)
            before = view.embeddings.clone(), view.probs.clone()
            for budget in {1, len(pool)}:
                assert len(choose(BAIT(), view, budget, "bait")) == budget
            assert torch.equal(before[0], view.embeddings)
            assert torch.equal(before[1], view.probs)
    # Constant items tie: lowest position first.
    assert BAIT(oversample=1.0).select(make_view(x[:1].repeat(9, 1)), 3).tolist() == [0, 1, 2]


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, 1e25])
def test_what_is_not_finite_is_an_error(bad: float) -> None:
    x = torch.randn(9, 3, generator=torch.Generator().manual_seed(0))
    x[3, 1] = bad
    with pytest.raises(ContractError, match="not finite"):
        choose(BAIT(), make_view(x, weight=torch.ones(3, 3)), 2, "bait")

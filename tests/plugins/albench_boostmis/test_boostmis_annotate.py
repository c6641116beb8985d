"""The BoostMIS strategy: density, balance and union, on hand-made pools and on any pool."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import albench_boostmis.uncertain as uncertain
from albench.errors import ContractError
from albench.kernels import entropy, nearest_neighbors, top_k, top_k_per_class
from albench_boostmis.annotate import BoostMIS
from albench_boostmis.density import graph_degree, mean_similarity
from albench_boostmis.uncertain import BalancedUncertainty


class FakeView:
    """A pool with a linear head, whose probabilities can be set apart from it."""

    def __init__(
        self,
        embeddings: torch.Tensor,
        probs: torch.Tensor | None = None,
        rejected: torch.Tensor | None = None,
        seed: int = 0,
    ) -> None:
        n_classes = 3 if probs is None else probs.shape[1]
        generator = torch.Generator().manual_seed(7)
        self.weight = torch.randn(n_classes, embeddings.shape[1], generator=generator)
        self.embeddings = embeddings
        self.probs = self.head(embeddings).softmax(dim=1) if probs is None else probs
        self.rejected = torch.ones(len(embeddings), dtype=torch.bool) if rejected is None else rejected
        self.n_classes = n_classes
        self.generator = torch.Generator().manual_seed(seed)
        self.notes: dict[str, float] = {}
        self.groups: dict[str, list[int]] = {}
        self.full_passes = 0

    def __len__(self) -> int:
        return len(self.embeddings)

    def head(self, z: torch.Tensor) -> torch.Tensor:
        return nn.functional.linear(z, self.weight)

    def neighbors(self, k: int) -> tuple[torch.Tensor, torch.Tensor]:
        self.full_passes += 1
        return nearest_neighbors(self.embeddings, k)

    def note(self, name: str, value: float) -> None:
        self.notes[name] = value

    def group(self, name: str, positions: torch.Tensor) -> None:
        self.groups[name] = positions.tolist()


def _random(n: int, dim: int = 4, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(seed))


def _two_class(p: list[float]) -> torch.Tensor:
    return torch.tensor([[v, 1 - v] for v in p])


def test_density_weighs_entropy() -> None:
    # Items 0 to 2 point the same way; item 3, the most uncertain, is at 45 degrees; item 4 points the opposite way.
    embeddings = torch.tensor([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [1.0, 1.0], [-1.0, 0.0]])
    probs = _two_class([0.60, 0.70, 0.90, 0.55, 0.50])
    view = FakeView(embeddings, probs)
    # Mean similarity to two neighbours: 1, 1, 1, cos 45, and for the opposite one (-0.71 - 1) / 2, which is no weight.
    expected = entropy(probs) * torch.tensor([1.0, 1.0, 1.0, math.sqrt(0.5), 0.0])
    weighted = BoostMIS(selectors="uncertain", balanced=False, n_neighbors=2)
    assert weighted.select(view, 5).tolist() == expected.argsort(descending=True).tolist() == [0, 1, 3, 2, 4]
    plain = BoostMIS(selectors="uncertain", balanced=False, density="none")
    assert plain.select(view, 5).tolist() == [4, 3, 0, 1, 2]


def test_mean_similarity_and_graph_degree_by_hand() -> None:
    assert mean_similarity(torch.tensor([[1.0, 0.5], [0.2, -0.4]])).tolist() == [0.75, 0.0]
    # Edges 0->1, 1->0, 2->1, 3->1: item 1 has three neighbours (0 both ways, 2, 3), each other one has one.
    assert graph_degree(torch.tensor([[1], [0], [1], [1]])).tolist() == [1.0, 3.0, 1.0, 1.0]
    # Two neighbours each: 0->{1,2} 1->{0,2} 2->{0,1} 3->{0,1}; rows 0 and 1 have three, halved by M.
    degree = graph_degree(torch.tensor([[1, 2], [0, 2], [0, 1], [0, 1]]))
    assert degree.tolist() == [1.5, 1.5, 1.0, 1.0]


def test_degree_changes_the_ranking() -> None:
    embeddings = torch.tensor([[1.0, 0.0], [1.0, 0.5], [1.0, -0.6], [-1.0, 0.3]])
    view = FakeView(embeddings, _two_class([0.6, 0.61, 0.62, 0.63]))
    degree = graph_degree(nearest_neighbors(embeddings, 1)[1])
    assert degree.tolist() == [2.0, 2.0, 1.0, 1.0]
    chosen = BoostMIS(selectors="uncertain", density="degree", balanced=False, n_neighbors=1).select(view, 4)
    assert chosen.tolist() == [0, 1, 2, 3]


def test_balance_takes_the_same_number_from_each_predicted_class() -> None:
    probs = torch.tensor([[0.5, 0.3, 0.2]] * 5 + [[0.1, 0.8, 0.1]] * 2 + [[0.02, 0.0, 0.98]])
    view = FakeView(torch.ones(8, 2), probs)
    assert BoostMIS(selectors="uncertain", balanced=False).select(view, 3).tolist() == [0, 1, 2]
    assert BoostMIS(selectors="uncertain").select(view, 3).tolist() == [0, 5, 7]
    # Shares of two: class 2 has one item, and gives its other place to the best of the others.
    assert BoostMIS(selectors="uncertain").select(view, 6).tolist() == [0, 1, 2, 5, 6, 7]
    assert sorted(view.groups["uncertain"]) == [0, 1, 2, 5, 6, 7]


def test_the_unstable_half_comes_first_and_is_the_larger() -> None:
    view = FakeView(_random(60))
    unstable = BoostMIS(selectors="unstable").select(FakeView(_random(60)), 60).tolist()
    chosen = BoostMIS().select(view, 11).tolist()
    assert chosen[:6] == unstable[:6]
    score = entropy(view.probs) * mean_similarity(nearest_neighbors(view.embeddings, 20)[0])
    left = torch.tensor(sorted(set(range(60)) - set(chosen[:6])))
    assert chosen[6:] == left[top_k_per_class(score[left], view.probs[left].argmax(1), 3, 5)].tolist()


def test_few_rejected_are_all_chosen_and_the_rest_follows_the_same_scores() -> None:
    rejected = torch.zeros(60, dtype=torch.bool)
    rejected[[4, 8, 15]] = True
    chosen = BoostMIS().select(FakeView(_random(60), rejected=rejected), 10).tolist()
    assert set(chosen[:3]) == {4, 8, 15}
    accepted = FakeView(_random(60), rejected=~rejected)
    assert chosen[3:] == BoostMIS().select(accepted, 7).tolist()


def test_notes_of_a_choice() -> None:
    view = FakeView(_random(50), rejected=torch.arange(50) < 20)
    chosen = BoostMIS().select(view, 8).tolist()
    assert view.notes["rejected"] == 20
    assert view.notes["rejected_share"] == pytest.approx(0.4)
    assert 0 <= view.notes["selector_overlap"] <= 1
    assert [*view.groups["unstable"], *view.groups["uncertain"]] == chosen
    assert len(view.groups["unstable"]) == 4


@pytest.mark.parametrize(
    ("changed", "same_unstable", "same_uncertain"),
    [
        (BoostMIS(density="none"), True, False),
        (BoostMIS(density="degree"), True, False),
        (BoostMIS(balanced=False), True, False),
        (BoostMIS(n_neighbors=3), True, False),
        (BoostMIS(vat_eps=30.0), False, None),
        (BoostMIS(vat_xi=0.01), False, None),
    ],
)
def test_an_ablation_changes_the_part_that_it_names(
    changed: BoostMIS, same_unstable: bool, same_uncertain: bool | None
) -> None:
    whole, part = FakeView(_random(400) * 3), FakeView(_random(400) * 3)
    BoostMIS().select(whole, 60)
    changed.select(part, 60)
    assert (whole.groups["unstable"] == part.groups["unstable"]) is same_unstable
    if same_uncertain is not None:
        assert (whole.groups["uncertain"] == part.groups["uncertain"]) is same_uncertain


def test_one_selector_alone_chooses_as_it_does_beside_the_other() -> None:
    both, alone = FakeView(_random(400)), FakeView(_random(400))
    BoostMIS().select(both, 20)
    BoostMIS(selectors="unstable").select(alone, 10)
    assert alone.groups == {"unstable": both.groups["unstable"], "uncertain": []}
    BoostMIS(selectors="uncertain").select(alone, 10)
    assert alone.groups["unstable"] == []


def test_overlap_is_counted_before_the_first_half_is_taken_out() -> None:
    # All but two items are certain and far from the boundary: both selectors want those two.
    embeddings = torch.cat([torch.full((8, 1), 50.0), torch.tensor([[0.01], [0.0]])])
    view = FakeView(embeddings, _two_class([1.0] * 8 + [0.51, 0.5]))
    view.weight = torch.tensor([[1.0], [-1.0]])
    BoostMIS(density="none", balanced=False).select(view, 4)
    assert view.notes["selector_overlap"] == 1.0


def test_an_unstability_does_not_depend_on_who_is_rejected() -> None:
    ranked = BoostMIS(selectors="unstable").select(FakeView(_random(40)), 40).tolist()
    rejected = torch.arange(40) % 3 == 0
    few = BoostMIS(selectors="unstable").select(FakeView(_random(40), rejected=rejected), 14).tolist()
    assert few == [i for i in ranked if i % 3 == 0]


def test_non_finite_probabilities_raise() -> None:
    view = FakeView(_random(10), torch.full((10, 2), torch.nan))
    with pytest.raises(ContractError, match="10 of 10 rows of probabilities are not finite"):
        BoostMIS().select(view, 4)


def _uncertainty(view: Any, **options: Any) -> BalancedUncertainty:
    return BalancedUncertainty(view, **({"density": "similarity", "n_neighbors": 5, "balanced": True} | options))


@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize("spread", [0.1, 1.0, 10.0])
def test_looking_up_few_neighbors_chooses_as_looking_up_all(balanced: bool, spread: float) -> None:
    embeddings = _random(900, 6, seed=1) * spread + 3 * torch.eye(6)[torch.arange(900) % 4]
    embeddings[5::50] = embeddings[5]
    view = FakeView(embeddings)
    score = entropy(view.probs) * mean_similarity(nearest_neighbors(embeddings, 5)[0])
    candidates = torch.arange(0, 900, 2)
    got = _uncertainty(view, balanced=balanced).most(candidates, 24)
    best = top_k_per_class(score[candidates], view.probs[candidates].argmax(1), 3, 24)
    assert got.tolist() == candidates[best if balanced else top_k(score[candidates], 24)].tolist()


@pytest.mark.parametrize("coarse", ["rounded", "leading", "no"])
@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize(("spread", "n_wanted"), [(0.3, 33), (3.0, 30), (50.0, 2)])
def test_a_large_pool_is_bounded_first_and_chosen_from_as_if_all_were_known(
    spread: float, n_wanted: int, balanced: bool, coarse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uncertain, "coarse_pays", lambda _: coarse == "rounded")
    monkeypatch.setattr(uncertain, "_WIDE", 0 if coarse == "leading" else 1000)
    embeddings = _random(4000, 24, seed=1) * spread + 3 * torch.eye(24)[torch.arange(4000) % 4]
    embeddings[5::50] = embeddings[5]
    view = FakeView(embeddings)
    view.probs = view.head(embeddings / (10 * spread)).softmax(dim=1)
    chooser = _uncertainty(view, balanced=balanced)
    score = entropy(view.probs) * mean_similarity(nearest_neighbors(embeddings, 5)[0])
    for candidates in (torch.arange(0, 4000, 2), torch.arange(4000)):
        got = chooser.most(candidates, n_wanted)
        best = top_k_per_class(score[candidates], view.probs[candidates].argmax(1), 3, n_wanted)
        assert got.tolist() == candidates[best if balanced else top_k(score[candidates], n_wanted)].tolist()
    assert float((chooser.score - score)[chooser.known].abs().max()) < 1e-5
    assert float((chooser.score - score).min()) > -1e-5


def test_a_tight_pool_needs_no_pass_over_all_pairs() -> None:
    view = FakeView(_random(3000, 6) * 0.1 + 1.0)
    chooser = _uncertainty(view)
    chooser.most(torch.arange(3000), 30)
    assert view.full_passes == 0
    assert 30 <= int(chooser.known.sum()) <= 500


@given(
    n=st.integers(1, 40),
    share=st.floats(0, 1),
    rejected_share=st.floats(0, 1),
    kind=st.sampled_from(["random", "constant", "zero", "one class"]),
    selectors=st.sampled_from(["both", "unstable", "uncertain"]),
    density=st.sampled_from(["similarity", "degree", "none"]),
    balanced=st.booleans(),
    seed=st.integers(0, 99),
)
@settings(deadline=None, max_examples=150)
def test_always_exactly_the_budget_unique_and_rejected_first(
    n: int, share: float, rejected_share: float, kind: str, selectors: Any, density: Any, balanced: bool, seed: int
) -> None:
    embeddings = _random(n, seed=seed)
    if kind == "constant":
        embeddings = torch.ones(n, 4)
    elif kind == "zero":
        embeddings = torch.zeros(n, 4)
    probs = torch.tensor([[0.8, 0.1, 0.1]] * n) if kind == "one class" else None
    rejected = torch.rand(n, generator=torch.Generator().manual_seed(seed)) < rejected_share
    budget = max(1, round(share * n))
    strategy = BoostMIS(selectors=selectors, density=density, balanced=balanced, n_neighbors=5)
    chosen = strategy.select(FakeView(embeddings, probs, rejected), budget)
    assert chosen.dtype == torch.int64
    assert chosen.shape == (budget,)
    assert len(set(chosen.tolist())) == budget
    assert 0 <= int(chosen.min()) <= int(chosen.max()) < n
    assert int(rejected[chosen].sum()) == min(budget, int(rejected.sum()))
    again = strategy.select(FakeView(embeddings, probs, rejected), budget)
    assert torch.equal(chosen, again)

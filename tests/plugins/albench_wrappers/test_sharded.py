"""The sharded wrapper: an exact merge of scores, and two levels with their bound for what chooses whole batches."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any, ClassVar

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from albench.api import Strategy, View
from albench.components.registry import registry
from albench.testing import make_view
from albench_wrappers.sharded import Sharded


def build(text: str) -> Any:
    return registry().build("strategy", text)


def logits(n: int, seed: int = 0) -> Tensor:
    return torch.randn(n, 4, generator=torch.Generator().manual_seed(seed))


@dataclass(frozen=True)
class First(Strategy):
    """Scores by the first entry of the embedding."""

    needs: ClassVar[frozenset[str]] = frozenset({"embeddings"})

    def scores(self, view: View) -> Tensor:
        view.note("mean", float(view.embeddings.mean()))
        return view.embeddings[:, 0]


@dataclass(frozen=True)
class Lowest(Strategy):
    """No scores: the first positions, and a group of them."""

    def select(self, view: View, budget: int) -> Tensor:
        view.group(f"of {len(view)}", torch.arange(budget))
        return torch.arange(budget)


@given(scores=st.lists(st.integers(0, 3), min_size=1, max_size=30), shards=st.integers(1, 40), share=st.floats(0, 1))
def test_the_merge_of_scores_is_exact_with_ties_as_in_the_whole(scores: list[int], shards: int, share: float) -> None:
    view = make_view(torch.tensor(scores, dtype=torch.float32)[:, None].repeat(1, 2))
    budget = round(share * len(scores))
    picks = Sharded(of=First(), shards=shards).select(view, budget)
    assert picks.tolist() == First().select(view, budget).tolist()


@pytest.mark.parametrize("of", ["entropy", "margin", "least-confidence", "bald", "mean-std", "variation-ratios"])
@pytest.mark.parametrize("shards", [2, 7])
def test_score_strategies_choose_as_from_the_whole_pool(of: str, shards: int) -> None:
    strategy, sharded = build(of), build(f"sharded[of={of},shards={shards}]")
    x = logits(101)
    whole = strategy.select(make_view(x, needs=strategy.needs), 13)
    assert sharded.select(make_view(x, needs=sharded.needs), 13).tolist() == whole.tolist()


def test_sampling_by_scores_draws_other_noise_in_each_shard() -> None:
    flat = torch.zeros(40, 3)
    strategy = build("sharded[of=stochastic[of=entropy,beta=0],shards=2]")
    pairs = [strategy.select(make_view(flat, needs=strategy.needs, seed=seed), 2).sort().values for seed in range(60)]
    assert sum(int(b - a) == 20 for a, b in pairs) < 20  # the same noise would choose the same place of both


def radius(x: Tensor, centers: Tensor) -> float:
    return float(torch.cdist(x, centers).amin(dim=1).max())


@pytest.mark.parametrize("seed", range(8))
def test_two_level_k_center_keeps_its_bound(seed: int) -> None:
    x = logits(14, seed)
    view = make_view(x, needs=frozenset({"embeddings"}))
    labeled = view.labeled_embeddings
    least = min(radius(x, torch.cat([labeled, x[list(some)]])) for some in combinations(range(14), 3))
    picks = build("sharded[of=coreset,shards=4]").select(view, 3)
    assert radius(x, torch.cat([labeled, x[picks]])) <= 4 * least + 1e-5


def test_two_levels_choose_from_what_each_shard_chose_and_keep_the_last_notes_alone() -> None:
    view = make_view(logits(30))
    picks = Sharded(of=Lowest(), shards=3).select(view, 4)
    assert len(picks.unique()) == 4
    assert list(view.groups) == ["of 12"]
    assert view.groups["of 12"].tolist() == picks.tolist()
    assert 0 in picks.tolist()  # the first of its shard, wherever it is
    Sharded(of=First(), shards=3).select(view, 4)
    assert view.notes == {}


def test_one_shard_is_the_strategy_itself() -> None:
    view = make_view(logits(30))
    assert Sharded(of=Lowest(), shards=1).select(view, 4).tolist() == [0, 1, 2, 3]
    assert list(view.groups) == ["of 30"]


def test_it_runs_in_a_trial_as_its_strategy_does(small_run: Any, tmp_path: Any) -> None:
    frames = [
        small_run(strategy=name, method="supervised", out=tmp_path / name[:3]).frame
        for name in ("entropy", "sharded[of=entropy,shards=4]")
    ]
    assert frames[0]["test.macro_f1"].tolist() == frames[1]["test.macro_f1"].tolist()

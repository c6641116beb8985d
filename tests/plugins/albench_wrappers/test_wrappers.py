"""Wrappers: what they pass on, exact budgets, sampling laws, specs that hold specs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor

from albench.api import Strategy, Task, UserError, View
from albench.components import spec as specs
from albench.components.fields import canonical
from albench.components.registry import registry
from albench.errors import ContractError, SpecError
from albench.testing import make_view
from albench_wrappers.balanced import Balanced, shares
from albench_wrappers.stochastic import Stochastic
from albench_wrappers.subsample import Subsample


@dataclass(frozen=True)
class First(Strategy):
    """Scores by the first entry of the embedding."""

    needs: ClassVar[frozenset[str]] = frozenset({"embeddings"})

    def scores(self, view: View) -> Tensor:
        return view.embeddings[:, 0]


@dataclass(frozen=True)
class Lowest(Strategy):
    """No scores: the first positions, and a group of them."""

    cold_start: ClassVar[bool] = True

    def select(self, view: View, budget: int) -> Tensor:
        view.group("lowest", torch.arange(budget))
        return torch.arange(budget)

    def skip(self, task: Task) -> str | None:
        return "not today"


def _labels(*classes: int) -> Tensor:
    """Embeddings, here logits, of three classes: the predicted one is 5, and the first entry falls by position."""
    x = torch.nn.functional.one_hot(torch.tensor(classes), 3).float() * 5
    return x - torch.arange(len(classes))[:, None] * 0.01


# -- subsample


def test_subsample_chooses_the_best_of_a_uniform_part() -> None:
    x = torch.arange(50.0)[:, None].repeat(1, 2)
    parts = Counter()
    for seed in range(300):
        view = make_view(x, seed=seed)
        picks = Subsample(of=First(), size=10).select(view, 2)
        assert picks[0] > picks[1]
        parts.update(Subsample(of=First(), size=10).select(make_view(x, seed=seed), 10).tolist())
    # Each item is in 60 of the 300 parts on average; standard deviation 7.
    assert set(parts) == set(range(50))
    assert max(abs(count - 60) for count in parts.values()) < 30


def test_subsample_leaves_a_small_pool_whole_and_its_stream_untouched() -> None:
    x = torch.arange(10.0)[:, None].repeat(1, 2)
    view = make_view(x)
    assert Subsample(of=First(), size=10).select(view, 3).tolist() == [9, 8, 7]
    assert view.rng.random() == make_view(x).rng.random()


def test_subsample_draws_the_budget_where_that_is_more_than_its_size() -> None:
    picks = Subsample(of=First(), size=2).select(make_view(torch.randn(20, 2)), 6)
    assert len(picks.unique()) == 6


def test_subsample_maps_groups_and_positions_back() -> None:
    view = make_view(torch.arange(40.0)[:, None].repeat(1, 2))
    picks = Subsample(of=Lowest(), size=8).select(view, 4)
    assert picks.tolist() == sorted(picks.tolist())
    assert picks.tolist() != [0, 1, 2, 3]
    assert view.groups["lowest"].tolist() == picks.tolist()


# -- balanced


def test_balanced_takes_the_best_scores_of_each_class() -> None:
    view = make_view(_labels(0, 0, 0, 1, 1, 2, 2, 2))
    # First entries: 5, 4.99, 4.98 in class 0; -0.03, -0.04 in class 1; -0.05, -0.06, -0.07 in class 2.
    assert sorted(Balanced(of=First()).select(view, 6).tolist()) == [0, 1, 3, 4, 5, 6]
    # What is over goes to the best of all that remain: item 2 (4.98), and from two on class 1 is empty.
    assert sorted(Balanced(of=First()).select(view, 7).tolist()) == [0, 1, 2, 3, 4, 5, 6]


def test_balanced_runs_others_inside_each_class() -> None:
    view = make_view(_labels(2, 0, 0, 0, 0, 1, 0, 2))
    # Shares of 5: one each, then both left go to class 0 (4 left, then 3, against 1 in class 2).
    assert Balanced(of=Lowest()).select(view, 5).tolist() == [1, 2, 3, 5, 0]
    assert sorted(Balanced(of=Lowest()).select(view, 8).tolist()) == list(range(8))


@pytest.mark.parametrize(
    ("counts", "budget", "wanted"),
    [
        ([5, 5, 5], 6, [2, 2, 2]),
        ([5, 5, 5], 7, [3, 2, 2]),
        ([1, 5, 6], 6, [1, 2, 3]),
        ([0, 0, 9], 4, [0, 0, 4]),
        ([2, 0, 3], 5, [2, 0, 3]),
        ([4, 1, 1], 2, [2, 0, 0]),
    ],
)
def test_shares(counts: list[int], budget: int, wanted: list[int]) -> None:
    assert shares(counts, budget) == wanted


@pytest.mark.parametrize("of", [First(), Lowest()])
def test_balanced_with_one_predicted_class_and_one_item(of: Strategy) -> None:
    assert sorted(Balanced(of=of).select(make_view(_labels(1, 1, 1, 1)), 4).tolist()) == [0, 1, 2, 3]
    assert Balanced(of=of).select(make_view(_labels(2)), 1).tolist() == [0]


@pytest.mark.parametrize("of", [First(), Lowest()])
def test_balanced_refuses_classes_of_what_is_not_finite(of: Strategy) -> None:
    x = _labels(0, 1, 2)
    x[1, 1] = torch.nan
    with pytest.raises(ContractError, match="1 of 3 rows of probabilities are not finite"):
        Balanced(of=of).select(make_view(x), 1)


# -- stochastic


@pytest.mark.parametrize(
    ("sampling", "weights"),
    [
        # Scores 1, 2, 4 and 3; squared, as powers of e squared, and by rank 4, 3, 1, 2.
        ("power", [1, 4, 16, 9]),
        ("softmax", torch.tensor([2.0, 4, 8, 6]).exp().tolist()),
        ("softrank", [1 / 16, 1 / 9, 1, 1 / 4]),
    ],
)
def test_the_first_pick_follows_the_weights(sampling: Any, weights: list[float]) -> None:
    x = torch.tensor([1.0, 2, 4, 3])[:, None].repeat(1, 2)
    strategy = Stochastic(of=First(), sampling=sampling, beta=2.0)
    counts = torch.zeros(4)
    for seed in range(800):
        counts[strategy.select(make_view(x, seed=seed), 1)] += 1
    wanted = torch.tensor(weights) / sum(weights)
    # Four standard deviations of a binomial count.
    assert ((counts - 800 * wanted).abs() <= 4 * (800 * wanted * (1 - wanted)).sqrt() + 2).all()


def test_picks_are_without_replacement_in_proportion_to_what_is_left() -> None:
    x = torch.tensor([1.0, 2, 3])[:, None].repeat(1, 2)
    strategy = Stochastic(of=First())
    pairs = Counter(tuple(strategy.select(make_view(x, seed=seed), 2).tolist()) for seed in range(800))
    for (first, second), share in {(2, 1): 3 / 6 * 2 / 3, (0, 1): 1 / 6 * 2 / 5, (1, 2): 2 / 6 * 3 / 4}.items():
        assert abs(pairs[first, second] - 800 * share) < 4 * (800 * share) ** 0.5


@pytest.mark.parametrize("sampling", ["power", "softmax", "softrank"])
def test_a_large_beta_takes_the_best_and_zero_is_uniform(sampling: Any) -> None:
    x = torch.tensor([1.0, 3, 2, 9, 5])[:, None].repeat(1, 2)
    greedy = Stochastic(of=First(), sampling=sampling, beta=1e4)
    assert greedy.select(make_view(x), 5).tolist() == [3, 4, 1, 2, 0]
    seeds = range(1000)
    uniform = Stochastic(of=First(), sampling=sampling, beta=0.0)
    counts = Counter(int(uniform.select(make_view(x, seed=seed), 1)) for seed in seeds)
    assert max(abs(counts[i] - 200) for i in range(5)) < 60


def test_items_of_score_zero_come_last_in_random_order() -> None:
    x = torch.tensor([0.0, 1e-30, 0, 5, 0])[:, None].repeat(1, 2)
    orders = {tuple(Stochastic(of=First()).select(make_view(x, seed=seed), 5).tolist()) for seed in range(30)}
    assert {order[:2] for order in orders} == {(3, 1)}
    assert len(orders) > 3


def test_power_refuses_negative_scores_and_says_what_to_use() -> None:
    x = torch.tensor([1.0, -2, 3])[:, None].repeat(1, 2)
    with pytest.raises(UserError, match=r"1 of 3 scores of First are negative.*softmax"):
        Stochastic(of=First()).select(make_view(x), 1)


@pytest.mark.parametrize("sampling", ["power", "softmax", "softrank"])
@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_stochastic_refuses_scores_that_are_not_finite(sampling: Any, value: float) -> None:
    x = torch.tensor([1.0, value, 3])[:, None].repeat(1, 2)
    with pytest.raises(ContractError, match="1 of 3 scores are not finite"):
        Stochastic(of=First(), sampling=sampling).select(make_view(x), 1)


def test_stochastic_refuses_a_strategy_without_scores() -> None:
    with pytest.raises(UserError, match="Lowest chooses whole batches"):
        Stochastic(of=Lowest())
    with pytest.raises(UserError, match="Coreset chooses whole batches") as error:
        registry().build("strategy", "stochastic[of=coreset]")
    assert "\n" not in str(error.value)


# -- all of them


def test_needs_and_skips_are_those_of_the_strategy_inside() -> None:
    assert Subsample(of=First()).needs == Stochastic(of=First()).needs == {"embeddings"}
    assert Balanced(of=First()).needs == {"embeddings", "probs"}
    assert Subsample(of=Balanced(of=First())).needs == {"embeddings", "probs"}
    task = Task("features", (2,), 2, ("a", "b"))
    assert Subsample(of=Lowest()).skip(task) == Balanced(of=Lowest()).skip(task) == "not today"
    assert Stochastic(of=First()).skip(task) is None
    assert Subsample(of=Lowest()).cold_start
    assert not Subsample(of=First()).cold_start
    assert not Balanced(of=Lowest()).cold_start


def test_a_part_may_read_only_what_its_strategy_declares() -> None:
    @dataclass(frozen=True)
    class Undeclared(Strategy):
        def select(self, view: View, budget: int) -> Tensor:
            return view.best(view.probs[:, 0], budget)

    for wrapper in (Subsample(of=Undeclared(), size=3), Balanced(of=Undeclared())):
        with pytest.raises(ContractError, match="declares nothing"):
            wrapper.select(make_view(_labels(0, 1, 2, 0), needs=wrapper.needs), 2)


@pytest.mark.parametrize(
    "text",
    [
        "subsample[of=balanced[of=entropy],size=100]",
        "balanced[of=subsample[of=coreset,size=20]]",
        "subsample[of=stochastic[of=margin,sampling=softrank,beta=3]]",
        "balanced[of=stochastic[of=entropy]]",
        "subsample[of=subsample[of=random,size=30],size=40]",
    ],
)
def test_nested_specs_round_trip_and_run(text: str) -> None:
    name = text.partition("[")[0]
    built = registry().build("strategy", text)
    whole = canonical(name, built)
    again = registry().build("strategy", specs.parse(whole))
    assert again == built
    assert canonical(name, again) == whole == str(specs.parse(whole))
    logits = torch.randn(150, 3, generator=torch.Generator().manual_seed(0))
    picks = [strategy.select(make_view(logits, needs=strategy.needs), 17).tolist() for strategy in (built, again)]
    assert picks[0] == picks[1]
    assert len({*picks[0]}) == 17


def test_the_canonical_spec_names_every_option() -> None:
    built = registry().build("strategy", "subsample[of=balanced[of=entropy],size=100]")
    assert canonical("subsample", built) == "subsample[of=balanced[of=entropy],size=100]"
    built = registry().build("strategy", "stochastic[of=entropy]")
    assert canonical("stochastic", built) == "stochastic[beta=1.0,of=entropy,sampling=power]"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("subsample", "needs the option 'of'"),
        ("balanced[of=nothing]", "unknown strategy 'nothing'"),
        ("subsample[of=entropy,size=0]", "must be >= 1"),
        ("stochastic[of=entropy,beta=-1]", "must be >= 0"),
        ("stochastic[of=entropy,sampling=gumbel]", "is not one of power, softmax, softrank"),
    ],
)
def test_wrong_options_are_refused(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        registry().build("strategy", text)


def test_a_wrapper_runs_in_a_trial(small_run: Any) -> None:
    strategy = "subsample[of=balanced[of=stochastic[of=entropy]],size=30]"
    results = small_run(strategy=strategy, method="supervised")
    assert results.failed.empty
    assert results.frame["n_labeled"].tolist() == [12, 20, 28]


def test_a_missing_option_is_an_error_of_the_spec() -> None:
    with pytest.raises(SpecError):
        registry().build("strategy", "balanced")

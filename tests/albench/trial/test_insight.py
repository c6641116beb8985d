"""Hidden labels, and a look ahead, are shown to oracles alone."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
import torch
from tiny_trial import Tiny

from albench.api import Strategy
from albench.errors import ContractError
from albench.testing.reach import holders
from albench.trial.insight import BLIND
from albench.trial.run import TrialRun


class Seer(Strategy):
    """Keeps what it is shown, and buys the items of class 1."""

    needs: ClassVar[frozenset[str]] = frozenset({"true_labels"})

    def __init__(self) -> None:
        self.seen = torch.empty(0)
        self.index = torch.empty(0)

    def select(self, view: Any, budget: int) -> torch.Tensor:
        self.seen, self.index = view.true_labels, view.index
        part = view.only(torch.tensor([3, 1]), self)
        assert part.true_labels.tolist() == self.seen[[3, 1]].tolist()
        return torch.nonzero(self.seen == 1)[:budget, 0]


class Ahead(Strategy):
    """Asks what two batches would give, twice each."""

    needs: ClassVar[frozenset[str]] = frozenset({"score_after"})

    def __init__(self) -> None:
        self.told: list[tuple[float, ...]] = []

    def select(self, view: Any, budget: int) -> torch.Tensor:
        first, second = torch.arange(budget), torch.arange(budget, 2 * budget)
        self.told = [view.score_after(batch) for batch in (first, second, first)]
        return second


class Peeping(Strategy):
    def __init__(self, what: str) -> None:
        self.what = what

    def select(self, view: Any, budget: int) -> torch.Tensor:
        if self.what == "true_labels":
            return view.true_labels[:budget]
        view.score_after(torch.arange(budget))
        return torch.arange(budget)


def finished(tiny: Tiny, strategy: Strategy, **settings: Any) -> TrialRun:
    run = TrialRun(tiny.trial(**settings), tiny.parts(strategy=strategy), lambda _: None)
    run.begin(0)
    trained = tiny.train(run)
    run.finish(0, trained)  # type: ignore[arg-type]  # it does not fail
    return run


def test_an_oracle_sees_the_labels_of_its_view(tiny: Tiny) -> None:
    seer = Seer()
    run = finished(tiny, seer)
    assert seer.seen.tolist() == [int(i) % 2 for i in seer.index], "labels alternate"
    assert run.bought.annotated.y[-4:].tolist().count(1) >= 1
    assert len(run.bought.pool.labeled) == 10


@pytest.mark.parametrize("what", ["true_labels", "score_after"])
def test_no_other_strategy_is_shown_any(tiny: Tiny, what: str) -> None:
    with pytest.raises(ContractError, match=f"reads '{what}' but declares nothing"):
        finished(tiny, Peeping(what))


def test_a_view_of_no_oracle_has_no_way_to_them(tiny: Tiny) -> None:
    kept: list[Any] = []

    class Keeps(tiny.Pick):  # type: ignore[name-defined,misc]
        def select(self, view: Any, budget: int) -> torch.Tensor:
            kept.append(view)
            return super().select(view, budget)

    run = finished(tiny, Keeps())
    assert kept[0]._insight is BLIND
    hidden = run.bought.oracle.revealed(torch.arange(40)).numpy()
    assert not holders([kept[0]._insight], {"labels": hidden[:12]})


@pytest.mark.parametrize("start", ["cold", "warm"])
def test_a_look_ahead_is_what_the_next_round_then_gives(tiny: Tiny, start: str) -> None:
    """The batch that is bought validates in the next round as it was told; asking changes nothing."""
    ahead = Ahead()
    run = finished(tiny, ahead, start=start, rounds=3)
    assert ahead.told[0] == ahead.told[2] != ahead.told[1]
    run.begin(1)
    trained = tiny.train(run, 1)
    assert run.validate(trained.best) == ahead.told[1]  # type: ignore[union-attr]


def test_a_look_ahead_leaves_the_trial_as_it_was(tiny: Tiny) -> None:
    class Second(Strategy):
        def select(self, view: Any, budget: int) -> torch.Tensor:
            return torch.arange(budget, 2 * budget)

    one, other = (finished(tiny, strategy, start="warm") for strategy in (Ahead(), Second()))
    assert one.bought.pool.labeled.tolist() == other.bought.pool.labeled.tolist()
    assert one.bought.oracle.budget_left == other.bought.oracle.budget_left
    states = [run.learner.checkpoint() for run in (one, other)]
    assert all(torch.equal(states[0]["model"][name], value) for name, value in states[1]["model"].items())

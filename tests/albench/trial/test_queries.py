"""A trial's queries: first labels, what is bought and recorded, and the time limit."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import pytest
import torch
from tiny_trial import Tiny

from albench.api import Strategy
from albench.data.pool import Annotated
from albench.errors import TrialError
from albench.suite.settings import RunSettings
from albench.training.evaluate import predict
from albench.trial.run import TrialRun


def test_first_labels_are_the_same_for_whatever_method_and_strategy(tiny: Tiny) -> None:
    class Other(tiny.Plain):
        pass

    assert tiny.run().initial_hash == tiny.run(Other()).initial_hash != tiny.run(seed=1).initial_hash
    assert len(tiny.run().bought.pool.labeled) == 6


def test_a_strategy_that_does_not_choose_in_time_fails_the_trial(tiny: Tiny) -> None:
    class Slow(tiny.Pick):
        def select(self, view: Any, budget: int) -> torch.Tensor:
            while True:
                time.sleep(0.001)

    run = TrialRun(
        tiny.trial(), tiny.parts(strategy=Slow(), settings=RunSettings(query_time_limit=0.05)), lambda _: None
    )
    run.begin(0)
    with pytest.raises(TrialError, match=r"strategy 's' had not chosen after 0\.05 s \(--query-time-limit\)"):
        run.finish(0, tiny.train(run))


class Marked(Strategy):
    """Chooses the last positions, and marks the first of them."""

    needs = frozenset({"probs"})

    def select(self, view: Any, budget: int) -> torch.Tensor:
        picks = torch.arange(len(view) - budget, len(view))
        view.group("marked", picks[:1])
        view.note("size", len(view))
        return picks


def asked(run: TrialRun, pool: Annotated) -> tuple[list[int], dict[str, Any]]:
    model = run.learner.average
    return run.queries.ask(pool, run.outputs(0, model, predict(model, run.train, pool.unlabeled)), run.score_after)


def test_the_items_of_the_positions_are_bought_and_told_by_group(tiny: Tiny) -> None:
    run = TrialRun(tiny.trial(), tiny.parts(strategy=Marked()), lambda _: None)
    pool = run.bought.annotated
    queried, told = asked(run, pool)
    assert queried == pool.unlabeled[-4:].tolist()
    assert run.bought.pool.labeled.tolist() == sorted([*pool.labeled.tolist(), *queried])
    assert told["notes"] == {"size": 34.0}
    assert told["per_class"]["all"] == [2, 2], "labels alternate"
    assert sum(told["per_class"]["marked"]) == 1
    assert told["minority_share"] == {"all": 0.0, "marked": 0.0}
    assert run.bought.n_last == 4


def test_a_strategy_may_be_shown_part_of_the_pool(tiny: Tiny) -> None:
    run = TrialRun(tiny.trial(), tiny.parts(strategy=Marked()), lambda _: None)
    pool = run.bought.annotated
    part = dataclasses.replace(pool, unlabeled=pool.unlabeled[::3])
    assert asked(run, part)[0] == part.unlabeled[-4:].tolist()


def test_first_labels_may_be_chosen_from_the_bare_items(tiny: Tiny) -> None:
    class FromItems(tiny.Pick):
        cold_start = True

        def select(self, view: Any, budget: int) -> torch.Tensor:
            assert (view.n_classes, view.budget_left, len(view.labeled_y)) == (2, 18, 0)
            return ((view.index >= 30) & (view.index < 30 + budget)).nonzero()[:, 0].flip(0)

    run = TrialRun(tiny.trial(initial_strategy="mine"), tiny.parts(initial=FromItems()), lambda _: None)
    assert run.bought.pool.labeled.tolist() == list(range(30, 36))
    assert run.bought.n_last == 0, "no query bought them"


class Indifferent(Strategy):
    """All items are equal to it."""

    cold_start = True

    def scores(self, view: Any) -> torch.Tensor:
        return torch.zeros(len(view))


def test_of_equal_items_none_is_favoured_for_its_place_in_the_files(tiny: Tiny) -> None:
    """A pool that lies there class by class: ties at the lowest position would buy the first class alone."""
    bought: list[int] = []
    for seed in range(20):
        run = TrialRun(tiny.trial(seed), tiny.parts(strategy=Indifferent()), lambda _: None)
        run.begin(0)
        bought += run.finish(0, tiny.train(run))["queried"]
    assert len(bought) == 80
    assert 25 <= sum(each < 20 for each in bought) <= 55, "half of them, within three deviations and a half"


def test_of_equal_items_none_is_favoured_in_the_first_draw(tiny: Tiny) -> None:
    first = [
        TrialRun(
            tiny.trial(seed, initial_strategy="s"), tiny.parts(initial=Indifferent()), lambda _: None
        ).bought.pool.labeled
        for seed in range(14)
    ]
    assert 26 <= sum(int((ids < 20).sum()) for ids in first) <= 58


class Farthest(Strategy):
    """Those whose first feature is largest."""

    cold_start = True
    needs = frozenset({"embeddings"})

    def scores(self, view: Any) -> torch.Tensor:
        return view.embeddings[:, 0]


def test_the_first_items_are_those_that_the_strategy_meant(tiny: Tiny) -> None:
    x = torch.from_numpy(tiny.splits().train.x[:, 0].copy())
    for seed in range(2):
        run = TrialRun(tiny.trial(seed, initial_strategy="s"), tiny.parts(initial=Farthest()), lambda _: None)
        assert set(run.bought.pool.labeled.tolist()) == set(x.topk(6).indices.tolist())


def test_the_items_bought_are_those_that_the_strategy_meant(tiny: Tiny) -> None:
    x = torch.from_numpy(tiny.splits().train.x[:, 0].copy())
    run = TrialRun(tiny.trial(), tiny.parts(strategy=Farthest()), lambda _: None)
    run.begin(0)
    x[run.bought.pool.labeled] = -torch.inf
    assert run.finish(0, tiny.train(run))["queried"] == x.topk(4).indices.tolist()

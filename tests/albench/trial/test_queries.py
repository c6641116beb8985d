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
    return run.queries.ask(pool, run.outputs(0, model, predict(model, run.train, pool.unlabeled)))


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
            return torch.arange(30, 30 + budget).flip(0)

    run = TrialRun(tiny.trial(initial_strategy="mine"), tiny.parts(initial=FromItems()), lambda _: None)
    assert run.bought.pool.labeled.tolist() == list(range(30, 36))
    assert run.bought.n_last == 0, "no query bought them"

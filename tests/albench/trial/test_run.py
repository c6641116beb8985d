"""A trial being carried out: its first labels, its record of a round, and what the strategy's time limit does."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
import torch
from tiny_trial import Tiny

from albench.api.executor import Note, Progress
from albench.trial.run import TrialRun, weights_hash


def test_a_round_buys_what_was_chosen_and_its_record_says_what_was_learnt(tiny: Tiny) -> None:
    run = tiny.run()
    run.begin(0)
    first = run.bought.annotated.shuffled(0, 0).unlabeled[:4].tolist()
    record = run.finish(0, tiny.train(run))
    assert record["queried"] == first
    assert (record["n_labeled"], len(run.bought.pool.labeled), run.bought.n_last) == (6, 10, 4)
    assert record["query"]["per_class"]["all"] == [sum(each % 2 == label for each in first) for label in (0, 1)]
    assert len(record["training"]["loss"]) == 10
    assert set(record["seconds"]) == {"train", "evaluate", "query"}
    assert record["val"].keys() == record["test"].keys()


def test_the_last_round_buys_nothing(tiny: Tiny) -> None:
    run = tiny.run(rounds=1)
    run.begin(0)
    record = run.finish(0, tiny.train(run))
    assert (record["queried"], record["query"], record["seconds"]["query"]) == ([], {}, pytest.approx(0, abs=0.1))
    assert len(run.bought.pool.labeled) == 6


@pytest.mark.parametrize(("start", "same"), [("cold", False), ("warm", True)])
def test_a_cold_start_trains_fresh_weights_in_each_round(tiny: Tiny, start: str, same: bool) -> None:
    run = tiny.run(start=start)
    first = run.learner
    run.begin(0)
    assert run.learner is first
    run.begin(1)
    assert (run.learner is first) is same


def test_a_trial_is_freed_where_its_last_name_ends(tiny: Tiny) -> None:
    """Its banks and weights, 20 MB and more, do not wait for the next collection of circles."""
    gc.collect()
    gc.disable()
    try:
        run = tiny.run()
        run.begin(0)
        run.finish(0, tiny.train(run))
        held = weakref.ref(run)
        del run
        assert held() is None
    finally:
        gc.enable()


def test_progress_and_notes_name_the_trial(tiny: Tiny) -> None:
    told: list[Any] = []
    trial = tiny.trial()
    run = TrialRun(trial, tiny.parts(), told.append)
    run.begin(1)
    run.progress(1, 7)
    run.tell("a line")
    assert told == [Progress(trial.key, 1, 2, 7, 10, None), Note(trial.key, "a line")]


def test_weights_are_named_by_their_values_and_their_places(tiny: Tiny) -> None:
    one, same, other = tiny.Net(), tiny.Net(), tiny.Net()
    with torch.no_grad():
        other.head.bias[0] += 1e-6
    assert weights_hash(one) == weights_hash(same) != weights_hash(other)
    assert len(weights_hash(one)) == 16

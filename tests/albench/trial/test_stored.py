"""A trial with its records on disk: where it goes on, and what it keeps for that."""

from __future__ import annotations

from typing import Any

import pytest
from tiny_trial import Tiny

from albench.errors import TrialError
from albench.results.records import read_trial, without_measured
from albench.trial.stored import StoredRun

ROUNDS = 3


def stored_run(tiny: Tiny, parts: Any = None, emit: Any = lambda _: None, **settings: Any) -> StoredRun:
    trial = tiny.trial(rounds=ROUNDS, **settings)
    lane = tiny.lane(trial)
    return StoredRun(trial, parts or tiny.parts(), lane.store, lane.facts, emit, lane.on_round)


def carry_on(tiny: Tiny, stored: StoredRun, rounds: int) -> None:
    for _ in range(rounds):
        stored.run.begin(stored.next)
        stored.keep(stored.run.finish(stored.next, tiny.train(stored.run, stored.next)))


def records(tiny: Tiny) -> list[dict[str, Any]]:
    return [without_measured(record) for record in read_trial(tiny.folder / "0").records]


@pytest.mark.parametrize("start", ["cold", "warm"])
def test_a_trial_that_goes_on_ends_as_one_that_was_never_interrupted(tiny: Tiny, start: str) -> None:
    whole = stored_run(tiny, start=start)
    carry_on(tiny, whole, ROUNDS)
    expected = records(tiny)
    assert whole.done
    whole._store.truncate(0)
    for number in range(ROUNDS):
        again = stored_run(tiny, start=start)
        assert again.next == number
        carry_on(tiny, again, 1)
    assert records(tiny) == expected


def test_checkpoints_are_kept_for_the_round_to_come_alone(tiny: Tiny) -> None:
    stored = stored_run(tiny, start="warm")
    left = []
    for _ in range(ROUNDS):
        carry_on(tiny, stored, 1)
        left.append(sorted(path.name for path in (tiny.folder / "0").glob("*checkpoint*")))
    assert [len(names) for names in left] == [1, 1, 0]
    assert left[0] != left[1]


def test_a_warm_trial_without_its_weights_is_made_again(tiny: Tiny) -> None:
    carry_on(tiny, stored_run(tiny, start="warm"), 2)
    for path in (tiny.folder / "0").glob("*checkpoint*"):
        path.unlink()
    again = stored_run(tiny, start="warm")
    assert again.next == 0
    assert records(tiny) == []
    assert len(again.run.bought.pool.labeled) == 6


def test_what_earlier_rounds_bought_is_bought_again(tiny: Tiny) -> None:
    first = stored_run(tiny)
    carry_on(tiny, first, 2)
    again = stored_run(tiny)
    assert again.run.bought.pool.labeled.tolist() == first.run.bought.pool.labeled.tolist()
    assert again.run.bought.n_last == 4


def test_a_process_of_other_versions_is_refused_where_one_is_asked_for(tiny: Tiny) -> None:
    with pytest.raises(TrialError, match="--strict: the process that has the trial is not as the one"):
        stored_run(tiny, tiny.parts(only_with={"torch": "0.1"}))

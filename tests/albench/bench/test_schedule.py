"""Jobs on workers: who is free first, and what is waited for."""

from __future__ import annotations

from albench.bench.schedule import Load, schedule


def test_a_job_goes_to_the_worker_that_is_free_first() -> None:
    loads = [Load(0, {at: 1.0}, length) for at, length in enumerate((9, 1, 1, 1))]
    assert schedule(loads, 2).seconds == 10
    assert schedule(loads, 1).seconds == 16
    assert schedule(loads, 2, ready=3).seconds == 13


def test_a_first_round_that_another_makes_is_waited_for() -> None:
    both = [Load(1, {"round": 10.0}, 2), Load(3, {"round": 10.0}, 2)]
    found = schedule(both, 2)
    assert found.seconds == 13  # the second one waits until 11, then goes on
    assert found.first == 10


def test_lanes_make_what_is_missing_of_their_first_rounds() -> None:
    found = schedule([Load(0, {"a": 2.0}, 0), Load(0, {"a": 2.0, "b": 2.0}, 0)], 1)
    assert found.seconds == 4

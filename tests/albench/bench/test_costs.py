"""What the parts of a trial cost: each is really tried, once, while time is left."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from albench.bench import costs as measuring
from albench.bench.costs import Meter
from albench.bench.estimate import estimate
from albench.execution.plan import Plan

Planned = Callable[..., Plan]


def test_parts_of_trials_are_really_timed(planned: Planned) -> None:
    plan = planned(strategy=["random", "coreset"], method=["fixmatch", "supervised"])
    found = estimate(plan)
    assert 0 < found.seconds < 60
    assert sum(found.shares.values()) == pytest.approx(1)
    assert found.shares["training"] > 0
    assert not list(plan.folder.parent.glob("*")), "nothing is written"


def test_what_fails_is_told_and_the_others_are_counted(planned: Planned) -> None:
    found = estimate(planned(strategy=["random", "wrong[how=raise]"]))
    assert any("wrong[how=raise] on blobs failed when it was tried: no idea" in note for note in found.notes)
    assert found.seconds > 0


def test_a_query_that_does_not_end_is_given_up(planned: Planned, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "LIMIT", 0.2)
    plan = planned(strategy=["wrong[how=hang]"])
    meter = Meter(plan, 5.0)
    assert meter.query(plan.todo[0]) == 0.2
    assert meter.notes == [
        "a query of wrong[how=hang] on blobs takes more than 0.2 s: it is counted as 0.2 s, which is too little"
    ]


def test_what_there_is_no_time_for_costs_the_mean(planned: Planned, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = planned(strategy=["random", "entropy", "margin"])
    meter = Meter(plan, 0.0)
    monkeypatch.setattr(meter, "_query", lambda *_: 2.0)
    assert [meter.query(trial) for trial in plan.todo] == [2.0, 2.0, 2.0]
    assert meter.untimed == 2


def test_a_trial_is_as_it_was_after_its_queries_were_timed(planned: Planned) -> None:
    plan = planned(strategy=["entropy"])
    meter = Meter(plan, 5.0)
    assert meter.query(plan.todo[0]) > 0
    run = meter._run(plan.todo[0])
    assert len(run.bought.pool.labeled) == 12
    assert len(run.bought.annotated.y) == 12

"""Time estimates: what is counted, with costs that are known; and that what is tried is real."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from albench.bench import costs as measuring
from albench.bench.costs import Costs, Meter
from albench.bench.estimate import Estimate, duration, estimate
from albench.bench.schedule import Load, schedule
from albench.components import spec as specs
from albench.execution.plan import Plan
from albench.execution.prepare import prepare
from albench.session import suite_from
from albench.suite.settings import run_settings

SMALL = {"batch_size": 16, "initial": 12, "query_size": 8, "rounds": 3, "steps": 20, "evaluations": 2}
Planned = Callable[..., Plan]


@pytest.fixture
def planned(tmp_path: Path, toy: str, monkeypatch: pytest.MonkeyPatch) -> Planned:
    """A plan on the blobs; no measurement of this machine is known."""
    monkeypatch.setenv("ALBENCH_CACHE", str(tmp_path / "cache"))

    def make(*, executor: str = "local", share: bool = True, fresh: bool = False, **changes: Any) -> Plan:
        settings = {"dataset": "blobs", "method": "fixmatch", "strategy": "random", "seeds": 1, **SMALL, **changes}
        return prepare(
            suite_from(**settings),
            run_settings(
                out=tmp_path / "results",
                plugins=[toy],
                device="cpu",
                executor=specs.parse(executor),
                share=share,
                fresh=fresh,
            ),
        )

    return make


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Costs by hand: a round trains for 20 x 0.1 + 2 x 0.5 = 3 s, or in two lanes 20 x 0.15 + 1 = 4 s a trial."""
    monkeypatch.setattr(Meter, "costs", lambda *_: Costs(setup=1.0, step=0.1, validation=0.5, closing=2.0))
    monkeypatch.setattr(Meter, "query", lambda *_: 3.0)
    monkeypatch.setattr(Meter, "lanes", lambda *_: 0.3)
    monkeypatch.setattr("albench.bench.estimate._start", lambda _: 5.0)


@pytest.mark.usefixtures("known")
class TestWhatIsCounted:
    def test_a_trial_is_its_setup_its_trainings_its_evaluations_and_its_queries(self, planned: Planned) -> None:
        found = estimate(planned())
        assert found.seconds == pytest.approx(1 + 3 * 3 + 2 * 3 + 3 * 2)  # a query between two rounds
        whole = {"setting up": 1, "training": 9, "queries": 6, "evaluation": 6}
        assert found.shares == pytest.approx({part: value / 22 for part, value in whole.items()} | {"starting": 0})

    def test_first_rounds_that_are_shared_are_counted_once(self, planned: Planned) -> None:
        assert estimate(planned(strategy=["random", "entropy"])).seconds == pytest.approx(22 + 19)
        assert estimate(planned(strategy=["random", "entropy"], share=False)).seconds == pytest.approx(22 + 22)
        assert estimate(planned(seeds=2)).seconds == pytest.approx(22 + 22)

    def test_lanes_are_counted_by_their_common_step(self, planned: Planned) -> None:
        assert estimate(planned(seeds=2, lanes="2")).seconds == pytest.approx(2 * (1 + 3 * 4 + 2 * 3 + 3 * 2))

    def test_workers_share_the_jobs_and_start_first(self, planned: Planned, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("albench.bench.machine.cores", lambda: 2)
        found = estimate(planned(seeds=3, executor="processes[workers=2]"))
        assert found.workers == 2
        assert found.seconds == pytest.approx(5 + 2 * 22)  # the third trial runs alone

    def test_more_workers_than_cores_are_no_faster(self, planned: Planned, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("albench.bench.machine.cores", lambda: 1)
        assert estimate(planned(seeds=2, executor="processes[workers=2]")).seconds == pytest.approx(5 + 2 * 22)

    def test_what_the_bench_measured_says_how_fast_trials_are_side_by_side(
        self, planned: Planned, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rates = {"one": {"product": 100.0}, "all": {"product": 160.0}}
        monkeypatch.setattr("albench.bench.machine.load", lambda: {"rates": rates})
        found = estimate(planned(seeds=2, executor="processes[workers=2]"))
        assert found.seconds == pytest.approx(5 + 22 * 2 / 1.6)
        assert any("80%" in note for note in found.notes)

    def test_rounds_on_disk_are_not_counted(
        self, planned: Planned, tmp_path: Path, small_run: Callable[..., Any]
    ) -> None:
        small_run(**SMALL)
        (file,) = tmp_path.glob("results/blobs/trials/*/rounds.jsonl")
        lines = file.read_text().splitlines(keepends=True)
        file.write_text("".join(lines[:2]))
        assert estimate(planned()).seconds == pytest.approx(1 + 3 + 2)
        assert estimate(planned(fresh=True)).seconds == pytest.approx(22)


class TestSchedule:
    def test_a_job_goes_to_the_worker_that_is_free_first(self) -> None:
        loads = [Load(0, {at: 1.0}, length) for at, length in enumerate((9, 1, 1, 1))]
        assert schedule(loads, 2).seconds == 10
        assert schedule(loads, 1).seconds == 16
        assert schedule(loads, 2, ready=3).seconds == 13

    def test_a_first_round_that_another_makes_is_waited_for(self) -> None:
        both = [Load(1, {"round": 10.0}, 2), Load(3, {"round": 10.0}, 2)]
        found = schedule(both, 2)
        assert found.seconds == 13  # the second one waits until 11, then goes on
        assert found.first == 10

    def test_lanes_make_what_is_missing_of_their_first_rounds(self) -> None:
        found = schedule([Load(0, {"a": 2.0}, 0), Load(0, {"a": 2.0, "b": 2.0}, 0)], 1)
        assert found.seconds == 4


class TestMeter:
    def test_parts_of_trials_are_really_timed(self, planned: Planned) -> None:
        plan = planned(strategy=["random", "coreset"], method=["fixmatch", "supervised"])
        found = estimate(plan)
        assert 0 < found.seconds < 60
        assert sum(found.shares.values()) == pytest.approx(1)
        assert found.shares["training"] > 0
        assert not list(plan.folder.parent.glob("*")), "nothing is written"

    def test_what_fails_is_told_and_the_others_are_counted(self, planned: Planned) -> None:
        found = estimate(planned(strategy=["random", "wrong[how=raise]"]))
        assert any("wrong[how=raise] on blobs failed when it was tried: no idea" in note for note in found.notes)
        assert found.seconds > 0

    def test_a_query_that_does_not_end_is_given_up(self, planned: Planned, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(measuring, "LIMIT", 0.2)
        plan = planned(strategy=["wrong[how=hang]"])
        meter = Meter(plan, 5.0)
        assert meter.query(plan.todo[0]) == 0.2
        assert meter.notes == [
            "a query of wrong[how=hang] on blobs takes more than 0.2 s: it is counted as 0.2 s, which is too little"
        ]

    def test_what_there_is_no_time_for_costs_the_mean(self, planned: Planned, monkeypatch: pytest.MonkeyPatch) -> None:
        plan = planned(strategy=["random", "entropy", "margin"])
        meter = Meter(plan, 0.0)
        monkeypatch.setattr(meter, "_query", lambda *_: 2.0)
        assert [meter.query(trial) for trial in plan.todo] == [2.0, 2.0, 2.0]
        assert meter.untimed == 2

    def test_a_trial_is_as_it_was_after_its_queries_were_timed(self, planned: Planned) -> None:
        plan = planned(strategy=["entropy"])
        meter = Meter(plan, 5.0)
        assert meter.query(plan.todo[0]) > 0
        run = meter._run(plan.todo[0])
        assert len(run.bought.pool.labeled) == 12
        assert len(run.bought.annotated.y) == 12


def test_the_sentence_says_the_time_the_workers_and_the_shares() -> None:
    found = Estimate(200.0, 2, {"training": 0.9, "queries": 0.099, "starting": 0.001}, ["assumed"])
    assert found.lines == ["about 3 min, 2 at once: training 90%, queries 10%", "assumed"]
    assert [duration(seconds) for seconds in (0.2, 89, 200, 9000)] == ["1 s", "89 s", "3 min", "2.5 h"]

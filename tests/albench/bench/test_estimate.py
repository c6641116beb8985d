"""Time estimates: what is counted, with costs that are known; and that what is tried is real."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from albench.bench.costs import Costs, Meter
from albench.bench.estimate import TimeEstimate, duration, estimate
from albench.execution.plan import Plan

Planned = Callable[..., Plan]


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

    def test_what_is_tuned_is_tried_once_for_all_strategies(self, planned: Planned) -> None:
        found = estimate(planned(strategy=["random", "entropy"], tune="lr=0.1,1", tries=5))
        assert found.seconds == pytest.approx(22 + 19 + 5 * 3)
        assert found.shares["tuning"] == pytest.approx(15 / 56)
        assert estimate(planned(seeds=2, tune="lr=0.1,1", tune_seed=0)).seconds == pytest.approx(22 + 22 + 2 * 3)
        every = estimate(planned(tune="lr=0.1,1", tune_when="every"))
        assert every.seconds == pytest.approx(22 + 3 * 2 * 3)
        assert every.shares["tuning"] == pytest.approx(18 / 40)

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
        self, planned: Planned, tmp_path: Path, small_run: Callable[..., Any], small: dict[str, int]
    ) -> None:
        small_run(**small, validation="all")
        (file,) = tmp_path.glob("results/blobs/trials/*/rounds.jsonl")
        lines = file.read_text().splitlines(keepends=True)
        file.write_text("".join(lines[:2]))
        assert estimate(planned()).seconds == pytest.approx(1 + 3 + 2)
        assert estimate(planned(fresh=True)).seconds == pytest.approx(22)


def test_the_sentence_says_the_time_the_workers_and_the_shares() -> None:
    found = TimeEstimate(200.0, 2, {"training": 0.9, "queries": 0.099, "starting": 0.001}, ["assumed"])
    assert found.lines == ["about 3 min, 2 at once: training 90%, queries 10%", "assumed"]
    assert [duration(seconds) for seconds in (0.2, 89, 200, 9000)] == ["1 s", "89 s", "3 min", "2.5 h"]

"""The round loop, of a trial alone and of several side by side."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_trial import Tiny
from torch.nn import functional

from albench.api import Method
from albench.api.executor import Progress
from albench.errors import FolderError, OutOfTime
from albench.results.records import read_trial, without_measured
from albench.suite.protocol import Amounts
from albench.suite.settings import RunSettings
from albench.suite.trials import Trial
from albench.trial import rounds as round_loop
from albench.trial.first_round import SharedRounds
from albench.trial.parts import Parts
from albench.trial.rounds import Lane, run_trials


@dataclass(frozen=True)
class VmapSafe(Method):
    def loss(self, forward: Any, batch: Any, state: Any, step: Any) -> Any:
        return functional.cross_entropy(forward(batch.x_lab), batch.y_lab), state, {}


def test_with_everything_labelled_the_labelled_items_serve_as_unlabelled(tiny: Tiny) -> None:
    @dataclass(frozen=True)
    class One(tiny.Plain):
        unlabeled_ratio: int = 2

    One.views = frozenset({"weak"})
    records = tiny.carry_out(tiny.trial(), tiny.parts(One(), amounts=Amounts(36, 4, 2)))
    assert [r["n_labeled"] for r in records] == [36, 40]
    assert records[1]["pseudo_label"] == {"accepted": None, "accuracy": None, "rejected_per_class": None}


def test_learning_reduces_the_loss_and_progress_is_told(tiny: Tiny) -> None:
    told: list[Progress] = []
    records = tiny.carry_out(tiny.trial(steps=60, lr=0.1), tiny.parts(), told.append)
    losses = records[0]["training"]["loss"]
    assert losses[-1] < 0.7 * losses[0]
    assert [(p.round, p.step) for p in told if p.step == 60] == [(0, 60), (1, 60)]
    assert told[-1].metric is not None


def in_lanes(tiny: Tiny, trials: list[Trial], parts: Parts) -> list[Lane]:
    lanes = [tiny.lane(trial) for trial in trials]
    run_trials(lanes, parts, lambda _: None, together=True)
    return lanes


def records_of(lane: Lane) -> list[dict[str, Any]]:
    return [without_measured(record) for record in read_trial(lane.store.folder).records]


def test_trials_alone_and_side_by_side_buy_and_learn_the_same(tiny: Tiny, tmp_path: Path) -> None:
    tiny.folder = tmp_path / "lanes"
    tiny.folder.mkdir()
    lanes = in_lanes(tiny, [tiny.trial(seed) for seed in (0, 1)], tiny.parts(VmapSafe()))
    tiny.folder = tmp_path
    for seed, lane in enumerate(lanes):
        assert lane.error is None
        tiny.carry_out(tiny.trial(seed), tiny.parts(VmapSafe()))
        alone = [without_measured(record) for record in read_trial(tmp_path / str(seed)).records]
        for ours, theirs in zip(records_of(lane), alone, strict=True):
            assert ours["queried"] == theirs["queried"]
            assert ours["training"]["loss"] == pytest.approx(theirs["training"]["loss"], rel=1e-4)


def test_those_behind_catch_up_first(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    trials = [tiny.trial(seed) for seed in (0, 1)]
    lanes = in_lanes(tiny, trials, tiny.parts(VmapSafe()))
    whole = [records_of(lane) for lane in lanes]
    lanes[1].store.truncate(0)
    lanes[0].store.truncate(1)
    companies: list[int] = []
    real = round_loop.Stack
    monkeypatch.setattr(round_loop, "Stack", lambda learners: companies.append(len(learners)) or real(learners))
    lanes = in_lanes(tiny, trials, tiny.parts(VmapSafe()))
    assert companies == [1, 2]
    assert [records_of(lane) for lane in lanes] == whole


def test_a_trial_that_fails_leaves_the_others_alone(tiny: Tiny) -> None:
    class Sometimes(tiny.Pick):
        def select(self, view: Any, budget: int) -> torch.Tensor:
            if int(view.labeled_x.sum() * 1000) == unlucky:
                raise RuntimeError("bad luck")
            return super().select(view, budget)

    def seen(seed: int) -> int:
        run = tiny.run(VmapSafe(), seed)
        return int(run.train.gather(run.bought.pool.labeled).sum() * 1000)

    unlucky = seen(1)
    lanes = in_lanes(tiny, [tiny.trial(seed) for seed in (0, 1, 2)], tiny.parts(VmapSafe(), strategy=Sometimes()))
    assert [str(lane.error) for lane in lanes] == ["None", "bad luck", "None"]
    assert [len(records_of(lane)) for lane in lanes] == [2, 0, 2]


@pytest.mark.parametrize("together", [False, True])
def test_a_step_that_fails_fails_all_that_share_it(tiny: Tiny, together: bool) -> None:
    class Broken(VmapSafe):
        def loss(self, forward: Any, batch: Any, state: Any, step: Any) -> Any:
            raise ValueError("broken")

    lanes = [tiny.lane(tiny.trial(seed)) for seed in range(1 + together)]
    run_trials(lanes, tiny.parts(Broken()), lambda _: None, together=together)
    assert [str(lane.error) for lane in lanes] == ["broken"] * len(lanes)


@pytest.mark.parametrize("together", [False, True])
def test_no_round_begins_after_the_deadline(tiny: Tiny, together: bool) -> None:
    lane = tiny.lane(tiny.trial())
    parts = tiny.parts(VmapSafe(), settings=RunSettings(deadline=time.time() - 1))
    run_trials([lane], parts, lambda _: None, together=together)
    assert isinstance(lane.error, OutOfTime)
    assert records_of(lane) == []


def test_a_first_round_that_cannot_be_left_ends_the_trial_before_its_record(tiny: Tiny) -> None:
    class Full(SharedRounds):
        def keep(self, *_: Any) -> None:
            raise FolderError("no space left")

    shared = Full(tiny.folder / "shared", "x", lambda _: {})
    with pytest.raises(FolderError, match="no space left"):
        tiny.carry_out(tiny.trial(), tiny.parts(shared=shared))
    assert read_trial(tiny.folder / "0").records == []


@pytest.mark.parametrize(
    ("settings", "steps"), [({"steps": 10, "steps_per_label": 0.5}, [13, 15]), ({"epochs": 8}, [12, 20])]
)
def test_each_round_trains_for_the_steps_of_its_labels(tiny: Tiny, settings: dict[str, Any], steps: list[int]) -> None:
    """Six labels, then ten, in batches of four; the last weights are kept, those of the last step."""
    told: list[Any] = []
    records = tiny.carry_out(tiny.trial(validation="none", **settings), tiny.parts(), told.append)
    assert [record["training"]["best_step"] for record in records] == steps
    assert [(each.round, each.steps) for each in told if each.step == each.steps] == list(enumerate(steps))
    assert [record["training"]["step"][-1] for record in records] == [steps[0] - 1, steps[1] - 1]

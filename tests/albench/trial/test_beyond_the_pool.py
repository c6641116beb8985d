"""Items beyond the pool: methods are trained on them, strategies never see them, supervised training is as before."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_trial import Tiny

import albench
from albench.api import Method, Strategy
from albench.disk.files import read_sealed
from albench.results.records import read_trial, trial_folders, without_measured
from albench.trial.run import TrialRun

BEYOND = 60
RUN: dict[str, Any] = {
    "rounds": 2,
    "steps": 150,
    "initial": 8,
    "query_size": 4,
    "batch_size": 8,
    "evaluations": 1,
    "validation": "all",
    "backbone": "mlp[hidden=64]",
    "executor": "local",
}


def planted(seed: int = 0) -> dict[str, Any]:
    """The pool's items tell their class by feature 0 alone, items beyond it by both, and those of val and test by 1."""
    rng = np.random.default_rng(seed)

    def items(count: int, *features: int) -> tuple[np.ndarray, np.ndarray]:
        y = np.arange(count) % 2
        x = np.zeros((count, 2), np.float32)
        x[:, features] = (2.0 * y[:, None] - 1) * rng.uniform(1, 2, (count, len(features)))
        return x, y

    (x, y), val, test = items(80, 0), items(20, 1), items(60, 1)
    return {"x": x, "y": y, "val": val, "test": test, "unlabeled": items(400, 0, 1)[0], "scale": "none"}


def beyond(tiny: Tiny, method: Method | None = None, **changes: Any) -> Any:
    """Parts of the small trial whose data have items far from the pool's beside them."""
    rng = np.random.Generator(np.random.PCG64(5))
    unlabeled = (rng.standard_normal((BEYOND, 4)) + 100).astype(np.float32)
    return tiny.parts(method, splits=dataclasses.replace(tiny.splits(), unlabeled=unlabeled), **changes)


def rounds_of(results: Any) -> dict[tuple[str, str, int], list[dict[str, Any]]]:
    """Method, strategy and seed -> what the trial's rounds hold beside measurements."""
    folders = trial_folders(results.folders[0])
    facts = [read_sealed(folder / "trial.json") for folder in folders]
    return {
        (each["method"], each["strategy"], each["seed"]): [without_measured(r) for r in read_trial(folder).records]
        for each, folder in zip(facts, folders, strict=True)
    }


@dataclass(frozen=True)
class Remembers(Tiny.Plain):  # type: ignore[misc]
    """Counts how often it saw each item, by the ids of its batches."""

    views = frozenset({"weak"})

    def init(self, task: Any, device: torch.device) -> dict[str, torch.Tensor]:
        return {"seen": torch.zeros(task.pool_size, device=device)}

    def loss(self, forward: Any, batch: Any, state: Any, step: Any) -> Any:
        loss, _, logs = super().loss(forward, batch, state, step)
        far = (batch.x_weak.mean(dim=1) > 50).float()
        seen = state["seen"].index_add(0, batch.index, torch.ones_like(far))
        return loss, {"seen": seen}, {**logs, "far": far.mean(), "beyond": (batch.index >= 40).float().mean()}


def test_unlabelled_batches_hold_items_of_the_pool_and_beyond_it_equally_often(tiny: Tiny) -> None:
    run = TrialRun(tiny.trial(steps=47), beyond(tiny, Remembers()), lambda _: None)
    run.begin(0)
    tiny.train(run)
    seen, labeled = run.learner.state["seen"], run.bought.pool.labeled
    assert seen[labeled].sum() == 0
    assert len(seen) == 40 + BEYOND
    assert set(seen.tolist()) == {0.0, 4.0}, "47 steps of 8 items go four times through 34 + 60"
    batch = next(iter(run.batches(0)))
    assert torch.equal(batch.views["weak"].mean(dim=1) > 50, batch.index >= 40)


def test_a_method_is_told_of_all_items_that_it_may_see(tiny: Tiny) -> None:
    run = TrialRun(tiny.trial(), beyond(tiny), lambda _: None)
    facts = run.facts(0, 0)
    assert (facts.pool_size, len(facts.labeled), int(facts.labeled.sum())) == (40 + BEYOND, 40 + BEYOND, 6)
    assert not facts.labeled[40:].any()
    assert run.parts.splits.task.pool_size == 40


def test_a_strategy_is_shown_items_of_the_pool_alone(tiny: Tiny) -> None:
    shown: list[Any] = []

    class Looks(Strategy):
        needs = frozenset({"probs", "embeddings", "neighbors"})

        def select(self, view: Any, budget: int) -> torch.Tensor:
            near = view.neighbors(3)
            shown.append((len(view), view.index.max(), view.x.max(), view.embeddings.shape, near))
            return torch.arange(len(view) - budget, len(view))

    records = tiny.carry_out(tiny.trial(rounds=3), beyond(tiny, Remembers(), strategy=Looks()))
    assert [each[0] for each in shown] == [34, 30]
    assert all(int(each[1]) < 40 and float(each[2]) < 50 for each in shown)
    assert all(max(record["queried"], default=0) < 40 for record in records)
    assert records[0]["training"]["far"][0] > 0


def test_the_first_labels_are_chosen_from_the_pool_alone(tiny: Tiny) -> None:
    shown: list[int] = []

    class First(Strategy):
        cold_start = True

        def select(self, view: Any, budget: int) -> torch.Tensor:
            shown.append(len(view))
            return torch.arange(budget)

    run = TrialRun(tiny.trial(initial_strategy="first"), beyond(tiny, initial=First()), lambda _: None)
    assert shown == [40]
    assert run.bought.pool.labeled.max() < 40


def test_supervised_training_is_as_it_is_without_them(tiny: Tiny) -> None:
    without = tiny.carry_out(tiny.trial(), tiny.parts())
    other = Tiny(tiny.folder / "other")
    other.folder.mkdir()
    same = other.carry_out(other.trial(), beyond(other))
    assert [without_measured(record) for record in same] == [without_measured(record) for record in without]


def test_a_method_may_adopt_them(tiny: Tiny) -> None:
    asked: list[int] = []

    @dataclass(frozen=True)
    class Adopts(Tiny.Plain):  # type: ignore[misc]
        def adoption_steps(self, steps: int) -> tuple[int, ...]:
            return (steps // 2,)

        def adopt(self, probs: torch.Tensor, state: Any, class_counts: torch.Tensor) -> torch.Tensor:
            asked.append(len(probs))
            return torch.zeros(len(probs), dtype=torch.int64)

        def loss(self, forward: Any, batch: Any, state: Any, step: Any) -> Any:
            loss, _, logs = super().loss(forward, batch, state, step)
            return loss, state, {**logs, "far": (batch.x_lab.mean(dim=1) > 50).float().mean()}

    (record, *_) = tiny.carry_out(tiny.trial(steps=40), beyond(tiny, Adopts()))
    assert asked[0] == 34 + BEYOND
    assert record["training"]["far"][0] == 0
    assert record["training"]["far"][-1] > 0.3


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Trials on planted data, one after the other."""
    out = tmp_path_factory.mktemp("learnt")
    given = albench.arrays(**planted(), name="planted")
    return albench.run(dataset=given, method=["supervised", "fixmatch"], strategy="entropy", seeds=2, out=out, **RUN)


def test_a_direction_that_only_they_show_is_learnt(learnt: Any) -> None:
    accuracy = {name: [r["test"]["accuracy"] for r in found] for name, found in rounds_of(learnt).items()}
    assert all(min(accuracy["fixmatch", "entropy", seed]) == 1 for seed in (0, 1)), accuracy
    assert all(max(accuracy["supervised", "entropy", seed]) < 0.9 for seed in (0, 1)), accuracy


def test_records_say_how_many_there_are(learnt: Any) -> None:
    facts = [read_sealed(folder / "trial.json") for folder in trial_folders(learnt.folders[0])]
    assert {each["n_unlabeled"] for each in facts} == {400}
    (about,) = read_sealed(learnt.folders[0] / "manifest.json")["datasets"].values()
    assert (about["n_unlabeled"], about["sizes"]) == (400, [80, 20, 60])


@pytest.mark.parametrize("how", [{"lanes": 2}, {"executor": "processes[workers=2]"}])
def test_lanes_and_workers_give_the_same_records(learnt: Any, how: dict[str, Any], tmp_path: Path) -> None:
    given = albench.arrays(**planted(), name="planted")
    settings = {**RUN, **how}
    other = albench.run(dataset=given, method="fixmatch", strategy="entropy", seeds=2, out=tmp_path, **settings)
    expected = {key: records for key, records in rounds_of(learnt).items() if key[0] == "fixmatch"}
    found = rounds_of(other)
    if "lanes" in how:  # one step for all rounds otherwise in the last digit
        found, expected = ({key: [r["queried"] for r in each] for key, each in of.items()} for of in (found, expected))
    assert found == expected


def test_a_trial_that_was_cut_short_goes_on_with_them(learnt: Any, tmp_path: Path) -> None:
    what = {"method": "fixmatch", "strategy": "entropy", "seeds": 1, "out": tmp_path}
    albench.run(dataset=albench.arrays(**planted(), name="planted"), **what, **RUN)
    (folder,) = trial_folders(next(tmp_path.glob("*/manifest.json")).parent)
    lines = (folder / "rounds.jsonl").read_text().splitlines(keepends=True)
    (folder / "rounds.jsonl").write_text(lines[0])
    again = albench.run(dataset=albench.arrays(**planted(), name="planted"), **what, **RUN)
    assert rounds_of(again)["fixmatch", "entropy", 0] == rounds_of(learnt)["fixmatch", "entropy", 0]


def test_estimators_learn_from_them(tmp_path: Path) -> None:
    given = albench.arrays(**planted(), name="planted")
    settings = {**RUN, "backbone": "sklearn[model=logistic-regression]", "out": tmp_path}
    methods = ["self-training", "supervised"]
    both = albench.run(dataset=given, method=methods, strategy="random", seeds=1, **settings)
    accuracy = {name[0]: found[0]["test"]["accuracy"] for name, found in rounds_of(both).items()}
    assert accuracy["self-training"] > accuracy["supervised"] + 0.2, accuracy

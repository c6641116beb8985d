"""What a run says of backbones that are fitted whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from albench.errors import SuiteError
from albench.execution.grouping import jobs_of, notes
from albench.execution.plan import Plan
from albench.execution.prepare import prepare
from albench.execution.settle import settle
from albench.execution.whole import training_text
from albench.session import suite_from
from albench.suite.settings import run_settings

FOREST = "sklearn[model=random-forest]"


def planned(toy: str, folder: Path, **changes: Any) -> Plan:
    words = {"dataset": "blobs", "method": "supervised", "strategy": "random", "seeds": 2, "backbone": FOREST}
    few = {"initial": 12, "query_size": 8, "rounds": 2}
    return prepare(
        settle(suite_from(**{**words, **few, **changes}), run_settings(out=folder, plugins=[toy], device="cpu"))
    )


def told(plan: Plan) -> str:
    return " ".join(note for note in plan.notes if "fitted" in note)


def test_settings_of_steps_that_do_nothing_are_told(toy: str, tmp_path: Path) -> None:
    assert told(planned(toy, tmp_path)) == ""
    assert told(planned(toy, tmp_path, steps=7)) == f"{FOREST} is fitted whole: steps does nothing."
    assert "steps and lr do nothing" in told(planned(toy, tmp_path, steps=7, lr=0.1))
    both = planned(toy, tmp_path, steps=7, backbone=[FOREST, "mlp"])
    assert told(both) == "", "there they do something"
    assert "choose nothing for it" in told(planned(toy, tmp_path, validation="1x"))


def test_a_round_is_one_fit_in_words_in_progress_and_in_jobs(toy: str, tmp_path: Path) -> None:
    plan = planned(toy, tmp_path, strategy=["random", "margin"], lanes="2")
    assert training_text(plan.todo, plan.registry, plan.suite.protocol) == "of one fit"
    assert plan.steps_of(plan.todo[0]) == [1, 1]
    jobs = list(jobs_of(plan, plan.todo, 2))
    assert [(len(job.trials), job.together, job.share) for job in jobs] == [(1, False, False)] * 4
    assert notes(plan) == [f"lanes: {FOREST} is fitted whole by supervised, so its seeds train one by one."]
    mixed = planned(toy, tmp_path, backbone=[FOREST, "mlp"])
    assert training_text(mixed.todo, mixed.registry, mixed.suite.protocol) == "of 200 steps, cold start, or one fit"


def test_tuning_is_refused(toy: str, tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"random-forest\] is fitted whole, and only what is trained by steps"):
        planned(toy, tmp_path, tune="lr=0.01,0.1", validation="1x")


def test_what_does_not_go_together_is_skipped_with_the_reason(toy: str, tmp_path: Path) -> None:
    plan = planned(toy, tmp_path, method=["supervised", "fixmatch"], strategy=["random", "bald"])
    reasons = sorted(set(plan.skipped.values()))
    assert reasons == [
        f"method fixmatch: it trains by gradient steps, and {FOREST} is fitted whole",
        f"strategy bald: it needs dropout samples of a last layer, which {FOREST} does not have",
    ]
    weighted = planned(toy, tmp_path, backbone=["sklearn[model=knn]", FOREST], method="supervised[loss=class-weighted]")
    assert set(weighted.skipped.values()) == {
        "method supervised[loss=class-weighted]: it weighs items, and sklearn[model=knn] takes no weights"
    }
    network = planned(toy, tmp_path, backbone=["mlp", FOREST], method="self-training")
    assert set(network.skipped.values()) == {
        "method self-training: it fits estimators whole, and mlp is trained by gradient steps"
    }


def test_a_model_that_two_methods_train_in_two_ways_is_told(toy: str, tmp_path: Path) -> None:
    plan = planned(toy, tmp_path, backbone="linear", method=["supervised", "fixmatch"])
    assert "linear is fitted to convergence by supervised and trained by steps by fixmatch" in told(plan)
    alike = planned(toy, tmp_path, backbone="linear[solver=steps]", method=["supervised", "fixmatch"])
    assert told(alike) == ""

"""Full supervision: one more trial a backbone and seed, on all labels, and no other."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from albench import session
from albench.components.registry import registry
from albench.data.loading import load_data
from albench.errors import SuiteError, UserError
from albench.suite.full import full_protocol, parse_full
from albench.suite.protocol import Protocol, amounts
from albench.suite.suite_file import load_suite
from albench.suite.trials import Trial, trials


def planned(full: bool = False, **what: object) -> list[Trial]:
    tasks = {"digits": load_data("digits", None, registry()).splits.task}
    suite = session.suite_from(dataset="digits", **what)  # type: ignore[arg-type]
    return trials(dataclasses.replace(suite, full=full), registry(), tasks)


WHAT = {"method": ["fixmatch", "boostmis"], "strategy": ["entropy", "margin"], "backbone": ["mlp", "cnn"], "seeds": 2}


def test_it_adds_a_trial_a_backbone_and_seed_and_changes_no_other() -> None:
    before, after = planned(**WHAT), planned(**WHAT, full=True)
    assert after[: len(before)] == before
    added = after[len(before) :]
    assert [(trial.method, trial.strategy, trial.backbone, trial.seed) for trial in added] == [
        ("supervised", "random", backbone, seed) for backbone in ("mlp", "cnn") for seed in (0, 1)
    ]
    assert {(trial.protocol.rounds, trial.budget) for trial in added} == {(1, "100%")}


def test_it_trains_on_the_whole_pool_as_the_others_do() -> None:
    settings = Protocol(steps=7, lr=0.1, initial="20", initial_draw="random", query_size="5", validation="2x")
    task = load_data("digits", None, registry()).splits.task
    full = full_protocol(settings)
    assert amounts(full, task, "digits").labels == [task.pool_size]
    assert (full.steps, full.lr, full.validation) == (7, 0.1, "2x")
    assert full == full_protocol(Protocol(steps=7, lr=0.1, initial="100", rounds=3, validation="2x")), (
        "budgets share it"
    )


def test_what_the_suite_has_already_is_not_run_twice_and_keeps_its_alias() -> None:
    alone = planned(method={"plain": "supervised"}, strategy="random", seeds=1, initial="100%", rounds=1, full=True)
    assert [trial.shown[1] for trial in alone] == ["plain"]
    (_, full) = planned(method={"plain": "supervised"}, strategy="entropy", seeds=1, full=True)
    assert full.shown[1:3] == ("plain", "random")


def test_a_suite_file_asks_for_it(tmp_path: Path) -> None:
    file = tmp_path / "suite.yaml"
    file.write_text("full: true\n", encoding="utf-8")
    assert load_suite(file).full
    assert session.suite_from(file).full
    file.write_text("seeds: 2\nfull: maybe\n", encoding="utf-8")
    with pytest.raises(SuiteError, match=r"line 2: full: maybe: write true to train on all labels"):
        load_suite(file)
    assert not parse_full("off")


def test_a_run_with_it_has_its_share_of_full_and_is_gone_on_with(toy: str, tmp_path: Path) -> None:
    what = {"dataset": "blobs", "method": "supervised", "strategy": ["random", "entropy"], "backbone": "mlp[hidden=8]"}
    how = {"seeds": 2, "initial": 12, "query_size": 8, "rounds": 2, "steps": 3, "out": tmp_path, "plugins": [toy]}
    before = session.run(**what, **how, executor="local")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="run the same command again with --full"):
        before.compare(target="90%-of-full")
    results = session.run(**what, **how, executor="local", full=True)  # type: ignore[arg-type]
    assert len(results.trials) == len(before.trials) + 2
    (group,) = results.compare(target="90%-of-full").groups
    pool = int(results.frame["pool_size"].iloc[0])
    whole = results.frame[results.frame["n_labeled"] == pool]["test.macro_f1"].mean()
    assert [(full.n_labeled, full.estimate.n) for full in group.full] == [(pool, 2)]
    assert group.full[0].estimate.mean == pytest.approx(whole)
    assert group.target == pytest.approx(0.9 * whole)
    assert len(group.rows) == 2

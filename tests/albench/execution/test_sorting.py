"""A plan's trials: to do, done, or skipped, by what the folder holds of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from albench.components.parts import Built
from albench.disk.files import read_sealed, sealed_text
from albench.execution.plan import Plan
from albench.execution.prepare import prepare
from albench.execution.settle import settle
from albench.session import suite_from
from albench.suite.settings import run_settings

SMALL: dict[str, Any] = {"batch_size": 16, "initial": 12, "query_size": 8, "rounds": 3, "steps": 3, "evaluations": 1}


@pytest.fixture
def plan(toy: str, tmp_path: Path, small_run: Callable[..., Any]) -> Callable[..., Plan]:
    """A plan of a folder that holds the trials of two seeds."""
    small_run(**SMALL, seeds=2)

    def again(fresh: bool = False, **changes: Any) -> Plan:
        words = {"dataset": "blobs", "method": "fixmatch", "strategy": "random", "seeds": 3, **SMALL, **changes}
        return prepare(settle(suite_from(**words), run_settings(out=tmp_path / "results", plugins=[toy], fresh=fresh)))

    return again


def seeds(trials: list[Any]) -> list[int]:
    return [trial.seed for trial in trials]


def test_what_is_complete_is_done(plan: Callable[..., Plan]) -> None:
    found = plan()
    assert (seeds(found.done), seeds(found.todo), found.skipped) == ([0, 1], [2], {})
    assert seeds(found.all_trials) == [0, 1, 2]
    fresh = plan(fresh=True)
    assert (fresh.done, seeds(fresh.todo)) == ([], [0, 1, 2])


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "".join(text.splitlines(keepends=True)[:2]),
        lambda text: text.replace('"round":1', '"round":9'),
        lambda text: text[:-20],
        lambda _: "",
    ],
    ids=["a round is missing", "a round is damaged", "the last is torn", "none is left"],
)
def test_what_lacks_rounds_or_is_damaged_is_to_be_done(
    plan: Callable[..., Plan], damage: Callable[[str], str], tmp_path: Path
) -> None:
    path = tmp_path / "results" / "blobs" / "trials" / plan().done[1].key / "rounds.jsonl"
    path.write_text(damage(path.read_text()))
    found = plan()
    assert (seeds(found.done), seeds(found.todo)) == ([0], [1, 2])


def test_what_cannot_run_is_skipped_with_its_reason(plan: Callable[..., Plan]) -> None:
    found = plan(backbone=["mlp", "cnn"], seeds=1)
    assert len(found.done) == 1
    assert [(key.split("--")[3], reason) for key, reason in found.skipped.items()] == [
        ("cnn", "backbone cnn: it reads image, not features")
    ]


def test_trials_from_before_their_code_was_kept_are_told(plan: Callable[..., Plan], tmp_path: Path) -> None:
    for path in (tmp_path / "results" / "blobs" / "trials").glob("*/trial.json"):
        facts = read_sealed(path)
        del facts["made_by"]
        path.write_text(sealed_text(facts))
    told = [note for note in plan().notes if "from before albench kept what code makes a trial" in note]
    assert len(told) == 1
    assert told[0].startswith("2 trials on disk")


def test_whether_a_combination_can_run_is_asked_once_however_many_seeds(
    plan: Callable[..., Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(Built, "skip", lambda _built, trial, _task: asked.append(trial.strategy) or "")
    assert len(plan(strategy=["random", "entropy"], seeds=3).all_trials) == 6
    assert asked == ["random", "entropy"]

"""Trials that differ only by strategy train their first round once, and nothing else changes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_trial import Tiny

from albench.execution.jobs import SHARED
from albench.trial import rounds as round_loop
from albench.trial.first_round import SharedRounds, adopt, first_round_of
from albench.trial.run import weights_hash

Stable = Callable[[Path], dict[str, list[dict[str, Any]]]]
STRATEGIES = ["random", "entropy", "first"]


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Filled with one entry a round that is really trained in this process."""
    found: list[int] = []
    real = round_loop.train_round

    def counted(*arguments: Any) -> Any:
        found.append(1)
        return real(*arguments)

    monkeypatch.setattr(round_loop, "train_round", counted)
    return found


@pytest.mark.parametrize("start", ["cold", "warm"])
def test_sharing_saves_rounds_and_changes_no_record(
    small_run: Callable[..., Any], tmp_path: Path, stable_records: Stable, rounds: list[int], start: str
) -> None:
    small_run(strategy=STRATEGIES, seeds=2, start=start, out=tmp_path / "shared")
    assert len(rounds) == 2 + 3 * 2 * 2  # the first round once a seed, the two others for each strategy
    small_run(strategy=STRATEGIES, seeds=2, start=start, share=False, out=tmp_path / "apart")
    assert len(rounds) == 2 + 3 * 2 * 2 + 3 * 2 * 3
    shared, apart = (stable_records(tmp_path / name / "blobs") for name in ("shared", "apart"))
    assert shared == apart
    first = {records[0]["training"]["weights"] for records in shared.values()}
    assert len(first) == 2  # one a seed: three strategies have the very same weights


def test_methods_and_seeds_do_not_share(small_run: Callable[..., Any], rounds: list[int]) -> None:
    small_run(method=["fixmatch", "supervised"], seeds=2, rounds=1)
    assert len(rounds) == 4


def test_lanes_share_too(small_run: Callable[..., Any], tmp_path: Path, stable_records: Stable) -> None:
    for share in (True, False):
        small_run(strategy=STRATEGIES, seeds=2, lanes="2", share=share, out=tmp_path / str(share))
    assert stable_records(tmp_path / "True" / "blobs") == stable_records(tmp_path / "False" / "blobs")


def test_worker_processes_share(small_run: Callable[..., Any], tmp_path: Path, stable_records: Stable) -> None:
    small_run(strategy=STRATEGIES, seeds=2, executor="processes[workers=2]", out=tmp_path / "two")
    small_run(strategy=STRATEGIES, seeds=2, share=False, out=tmp_path / "apart")
    assert stable_records(tmp_path / "two" / "blobs") == stable_records(tmp_path / "apart" / "blobs")


def test_nothing_is_left_behind(small_run: Callable[..., Any], tmp_path: Path) -> None:
    small_run(strategy=[*STRATEGIES, "wrong"], seeds=2, on_failure="keep")
    folder = tmp_path / "results" / "blobs" / SHARED
    assert not list(folder.glob("*"))


def test_a_damaged_file_is_made_again(
    small_run: Callable[..., Any], tmp_path: Path, stable_records: Stable, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = SharedRounds.keep

    def torn(self: SharedRounds, trial: Any, initial_hash: str, made_with: Any, left: Any) -> None:
        real(self, trial, initial_hash, made_with, left)
        content = self.path(trial).read_bytes()
        self.path(trial).write_bytes(content[: len(content) // 2])

    monkeypatch.setattr(SharedRounds, "keep", torn)
    small_run(strategy=STRATEGIES, out=tmp_path / "torn")
    monkeypatch.undo()
    small_run(strategy=STRATEGIES, out=tmp_path / "whole")
    assert stable_records(tmp_path / "torn" / "blobs") == stable_records(tmp_path / "whole" / "blobs")


def test_a_round_of_other_initial_labels_is_made_again(
    small_run: Callable[..., Any], tmp_path: Path, stable_records: Stable, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = SharedRounds.keep

    def other(self: SharedRounds, trial: Any, initial_hash: str, made_with: Any, left: Any) -> None:
        real(self, trial, f"not {initial_hash}", made_with, {**left, "best_step": 77})

    monkeypatch.setattr(SharedRounds, "keep", other)
    small_run(strategy=STRATEGIES, out=tmp_path / "other")
    monkeypatch.undo()
    small_run(strategy=STRATEGIES, out=tmp_path / "right")
    assert stable_records(tmp_path / "other" / "blobs") == stable_records(tmp_path / "right" / "blobs")


def test_one_strategy_leaves_nothing_to_share(small_run: Callable[..., Any], tmp_path: Path) -> None:
    small_run(seeds=2)
    assert not (tmp_path / "results" / "blobs" / SHARED).exists()


@pytest.mark.parametrize("start", ["cold", "warm"])
def test_who_adopts_a_first_round_goes_on_as_who_left_it(tiny: Tiny, start: str) -> None:
    """The next round too, where weights and momentum are kept."""
    maker, heir = (tiny.run(start=start, rounds=3) for _ in range(2))
    for run in (maker, heir):
        run.begin(0)
    made = tiny.train(maker)
    adopted = adopt(heir.learner, copy.deepcopy(first_round_of(maker.learner, made)))
    assert (adopted.curves, adopted.best_step, adopted.seconds) == (made.curves, made.best_step, made.seconds)
    assert weights_hash(adopted.best) == weights_hash(made.best)
    for run in (maker, heir):
        run.begin(1)
    assert weights_hash(tiny.train(maker, 1).best) == weights_hash(tiny.train(heir, 1).best)

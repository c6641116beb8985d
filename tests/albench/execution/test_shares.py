"""A first round that trials share is on disk as long as one of them could read it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from albench.execution.jobs import SHARED
from albench.execution.shares import Shares
from albench.suite.protocol import Protocol
from albench.suite.trials import Trial


def trial(strategy: str, seed: int = 0) -> Trial:
    return Trial("d", "m", strategy, "b", seed, Protocol(), ("d", "m", strategy, "b"))


def plan(folder: Path, todo: list[Trial], done: list[Trial]) -> Any:
    made = {each.key: {"core": {}, "dataset": {}, "method": {}, "backbone": {}} for each in (*todo, *done)}
    return SimpleNamespace(folder=folder, data={"d": SimpleNamespace(hash="0")}, todo=todo, done=done, made=made)


def left(shares: Shares, each: Trial) -> Path:
    path = shares._path(each)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"round")
    return path


def test_it_goes_with_the_last_trial_that_could_read_it(tmp_path: Path) -> None:
    first, second, other = trial("random"), trial("entropy"), trial("random", seed=1)
    shares = Shares(plan(tmp_path, [first, second, other], []))
    path, apart = left(shares, first), left(shares, other)
    assert path == shares._path(second)
    assert path.parent == tmp_path / SHARED
    assert path != apart
    shares.ended(first)
    assert path.exists()
    shares.ended(second)
    assert not path.exists()
    assert apart.exists()


def test_what_a_killed_run_left_goes_where_all_of_its_trials_are_done(tmp_path: Path) -> None:
    done, todo = trial("random"), trial("entropy")
    path = left(Shares(plan(tmp_path, [], [done])), done)
    Shares(plan(tmp_path, [todo], [done]))
    assert path.exists(), "the other one reads it"
    Shares(plan(tmp_path, [], [done, todo]))
    assert not path.exists()

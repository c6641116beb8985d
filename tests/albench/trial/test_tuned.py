"""Where what was tuned is kept: a file that its labels and all that decides it name."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from albench.api import Method
from albench.suite.protocol import Protocol
from albench.suite.trials import Trial
from albench.trial.tuned import Tuned, Tunings

MADE = {"core": {"files": {"a": "1"}}, "strategy": {"files": {"b": "1"}}}
TUNED = Tuned({"lr": "0.1"}, 0.5, [{"values": {"lr": "0.1"}, "score": 0.5}], 1.25)


@dataclasses.dataclass(frozen=True)
class Own(Method):
    weight: float = 2.0


def tunings(folder: Path, made: Any = MADE, data: str = "d1") -> Tunings:
    return Tunings(folder, data, made, {"lr": ("0.1", "1"), "own.weight": ("1", "2")}, lambda _: Own())


def trial(strategy: str = "random", seed: int = 0, **settings: Any) -> Trial:
    made = Protocol(tune="lr=0.1,1", **settings)
    return Trial("d", "own", strategy, "b", seed, made, ("d", "own[weight=2.0]", strategy, "b"))


def test_strategies_share_a_file_and_nothing_else_does(tmp_path: Path) -> None:
    path = tunings(tmp_path).path(trial(), "labels", 0)
    assert path == tunings(tmp_path).path(trial("entropy"), "labels", 0)
    assert path == tunings(tmp_path, {**MADE, "strategy": {}}).path(trial(), "labels", 0)
    others = [
        tunings(tmp_path).path(trial(seed=1), "labels", 0),
        tunings(tmp_path).path(trial(initial="50"), "labels", 0),
        tunings(tmp_path).path(trial(), "other labels", 0),
        tunings(tmp_path).path(trial(), "labels", 1),
        tunings(tmp_path, {**MADE, "core": {"files": {"a": "2"}}}).path(trial(), "labels", 0),
        tunings(tmp_path, data="d2").path(trial(), "labels", 0),
    ]
    assert len({path, *others}) == 7


def test_what_was_kept_is_read_and_what_is_damaged_is_told(tmp_path: Path) -> None:
    store, told = tunings(tmp_path), list[str]()
    path = store.path(trial(), "labels", 0)
    assert store.kept(path, told.append) is None
    store.keep(path, {"seed": 0}, TUNED, lambda: None)
    assert store.kept(path, told.append) == TUNED
    path.write_text(path.read_text()[:-20])
    assert store.kept(path, told.append) is None
    (line,) = told
    assert "is damaged" in line
    assert "made anew from its tries" in line


def test_values_without_tuning_are_those_of_the_protocol_and_the_method(tmp_path: Path) -> None:
    assert tunings(tmp_path).untuned(trial()) == {"lr": "0.03", "own.weight": "2.0"}


def test_it_is_told_in_one_line() -> None:
    assert str(TUNED) == "lr=0.1 by 1 try in 1.2 s"

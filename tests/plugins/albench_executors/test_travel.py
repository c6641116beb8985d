"""Trials whose files travel: what happens at home meanwhile."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from albench.api import Busy, ClaimLost, Done, Ended
from albench_executors.travel import Trip


@dataclass(frozen=True)
class Held:
    key: str


@dataclass(frozen=True)
class Box:
    key: str
    trials: tuple[Held, ...]
    folder: str


def take_over(folder: Path) -> None:
    about = {"token": "t", "pid": 1, "host": "far", "machine": "m", "started": "", "since": 0.0}
    (folder / "claim-2").write_text(json.dumps(about))


def test_trials_that_were_taken_over_meanwhile_are_left_as_they_are(tmp_path: Path) -> None:
    trip = Trip(Box("a", (Held("a"), Held("b")), str(tmp_path)))
    take_over(tmp_path / "trials" / "b")
    with pytest.raises(ClaimLost) as lost:
        trip.unpack({"trials/a/rounds.jsonl": b"mine\n", "trials/b/rounds.jsonl": b"mine\n"})
    assert not list(tmp_path.rglob("rounds.jsonl"))
    busy = [Busy(key, "process 1 on far") for key in ("a", "b")]
    assert trip.lost(lost.value.owner) == (Done("a", 0.0), [Ended(each) for each in busy])
    trip.close()
    assert (tmp_path / "trials" / "b" / "claim-2").exists()


def test_a_trial_alone_that_was_taken_over_is_busy(tmp_path: Path) -> None:
    trip = Trip(Box("a", (Held("a"),), str(tmp_path)))
    assert trip.lost("somebody") == (Busy("a", "somebody"), [])
    trip.close()
    again = Trip(Box("a", (Held("a"),), str(tmp_path)))
    assert not again.busy
    again.close()


def test_claims_do_not_travel(tmp_path: Path) -> None:
    trip = Trip(Box("a", (Held("a"),), str(tmp_path)))
    (tmp_path / "trials" / "a" / "rounds.jsonl").write_text("x\n")
    assert trip.luggage() == {"trials/a/rounds.jsonl": b"x\n"}
    trip.unpack({"trials/a/rounds.jsonl": b"x\ny\n"})
    trip.close()
    assert {path.name for path in (tmp_path / "trials" / "a").iterdir()} == {"rounds.jsonl", "claim-1.free"}

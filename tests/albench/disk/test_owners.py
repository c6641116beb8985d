"""Who holds a claim, as anybody may read it."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from albench.disk.owners import (
    UNREADABLE,
    Owner,
    claim_files,
    last_claim,
    name_of_owner,
    owner_and_sign,
    owner_of,
    read_owner,
)
from albench.disk.processes import machine_id, started_at

SELF = Owner("t0", os.getpid(), "here", machine_id(), started_at(os.getpid()), 1.5)
GONE = replace(SELF, token="t1", pid=2**22 + 1, started="")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tmp_path / "claim"


def claim(base: Path, name: str, content: object = SELF, seen: float | None = None) -> Path:
    path = base.with_name(name)
    path.write_text(json.dumps(asdict(content)) if isinstance(content, Owner) else str(content))
    if seen is not None:
        os.utime(path, (seen, seen))
    return path


def test_the_highest_number_counts_and_other_names_do_not(base: Path) -> None:
    assert (last_claim(base), claim_files(base.parent / "none" / "claim")) == ((0, None), [])
    claim(base, "claim-2")
    third = claim(base, "claim-10")
    for other in ("claim", "claim-x", "claim-3.old", "other-11", ".claim-12"):
        claim(base, other)
    assert last_claim(base) == (10, third)
    assert sorted(number for _, number, _ in claim_files(base)) == [2, 10]


def test_a_claim_that_was_let_go_is_nobodys(base: Path) -> None:
    claim(base, "claim-4.free")
    assert (last_claim(base), owner_and_sign(base), owner_of(base)) == ((4, None), None, None)
    claim(base, "claim-5", GONE, seen=1000.0)
    assert owner_and_sign(base) == (GONE, 1000.0)
    assert owner_of(base) == GONE


@pytest.mark.parametrize("content", ["", "\0\0\0", "[1]", '{"pid": 3}', json.dumps(asdict(SELF) | {"pid": "x"})])
def test_a_file_that_is_half_written_counts_by_its_time_alone(base: Path, content: str) -> None:
    path = claim(base, "claim-1", content, seen=2000.0)
    assert read_owner(path) == (UNREADABLE, 2000.0)
    assert read_owner(base.with_name("claim-9")) is None


def test_of_this_machine_it_is_known_who_is_dead_and_of_another_nothing() -> None:
    assert not SELF.dead
    assert GONE.dead
    assert replace(SELF, started="1").dead or not SELF.started  # another process has the number now
    assert not replace(GONE, machine="another").dead
    assert not UNREADABLE.dead


def test_an_owner_is_named_as_far_as_it_is_known() -> None:
    assert name_of_owner(replace(SELF, pid=7)) == "process 7 on here"
    assert name_of_owner(UNREADABLE) == name_of_owner(None) == "another process"
    assert replace(SELF, since=time.time()) != SELF

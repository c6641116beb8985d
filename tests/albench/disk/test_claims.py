"""Claims: one owner at a time, at once after a death, after a lease otherwise, and never two that write."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from albench.disk import claims
from albench.disk.claims import Claim, hold
from albench.disk.owners import Owner, owner_of
from albench.disk.processes import has_ended, machine_id, started_at
from albench.errors import ClaimLost


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tmp_path / "claim"


class Clock:
    """Time that passes where the main thread sleeps, and what happens meanwhile."""

    def __init__(self) -> None:
        self.now = 0.0
        self.events: dict[float, Callable[[], None]] = {}

    time = staticmethod(time.time)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        if threading.current_thread() is not threading.main_thread():
            time.sleep(seconds)
            return
        self.now += seconds
        for due in [due for due in self.events if due <= self.now]:
            self.events.pop(due)()


@pytest.fixture
def taken(base: Path) -> Iterator[Claim]:
    claim = Claim(base)
    assert claim.take() == ""
    yield claim
    claim.release()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def leave(base: Path, number: int, seconds: float = 0.0, **changes: object) -> Path:
    """A claim file of another machine's process, last renewed some seconds ago."""
    about = {"token": "t", "pid": 1, "host": "far", "machine": "m", "started": "", "since": 0.0, **changes}
    path = base.with_name(f"{base.name}-{number}")
    path.write_text(json.dumps(about))
    then = time.time() - seconds
    os.utime(path, (then, then))
    return path


def test_one_holds_and_the_next_follows(base: Path) -> None:
    first, second = Claim(base), Claim(base)
    assert first.take() == ""
    assert first.take() == "", "it is its own already"
    assert second.take() == str(owner_of(base)) == f"process {os.getpid()} on {os.uname().nodename}"
    first.release()
    assert owner_of(base) is None
    assert second.take() == ""
    assert [first.inherited, second.inherited] == [False, True]
    second.release()
    assert names(base.parent) == ["claim-2.free"]


def test_the_dead_are_followed_at_once(base: Path) -> None:
    code = (
        "import os, pathlib, sys\nfrom albench.disk.claims import Claim\n"
        "assert Claim(pathlib.Path(sys.argv[1])).take() == ''\nos._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, base], check=True)
    left = owner_of(base)
    assert left is not None
    assert left.dead
    claim = Claim(base)
    assert claim.take() == ""
    assert claim.inherited
    assert names(base.parent) == ["claim-2"]
    claim.release()


def test_a_number_that_another_process_has_now_is_a_death_too(base: Path) -> None:
    leave(base, 1, pid=os.getpid(), machine=machine_id(), started="1")
    claim = Claim(base)
    assert claim.take() == ""
    claim.release()


def test_another_machine_has_a_lease(base: Path) -> None:
    leave(base, 4, seconds=claims.LEASE - 10)
    claim = Claim(base)
    assert claim.take() == "process 1 on far"
    leave(base, 4, seconds=claims.LEASE + 1)
    assert claim.take() == ""
    assert claim.inherited
    assert names(base.parent) == ["claim-5"]
    claim.release()


def test_a_time_far_ahead_is_that_of_a_clock_set_back(base: Path) -> None:
    leave(base, 1, seconds=-10 * claims.LEASE)
    claim = Claim(base)
    assert claim.take() == ""
    claim.release()


@pytest.mark.parametrize("content", ["", "\0" * 100, '{"token": "t"}', "[]"])
def test_a_damaged_claim_counts_by_its_time(base: Path, content: str) -> None:
    path = base.with_name("claim-1")
    path.write_text(content)
    claim = Claim(base)
    assert claim.take() == "another process"
    os.utime(path, (1, 1))
    assert claim.take() == ""
    claim.release()


def test_an_owner_that_lives_is_never_followed(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "HEARTBEAT", 0.05)
    monkeypatch.setattr(claims, "_heart", claims._Heart())
    owner, other = Claim(base), Claim(base)
    assert owner.take() == ""
    for _ in range(3):
        os.utime(base.with_name("claim-1"), (1, 1))  # as if a lease had passed
        until = time.monotonic() + 60
        while base.with_name("claim-1").stat().st_mtime == 1:  # the next sign of life comes by itself
            assert time.monotonic() < until
            time.sleep(0.01)
        assert other.take()
    owner.renew()
    owner.release()


def test_who_was_slow_finds_out_before_it_writes(base: Path, taken: Claim) -> None:
    taken.renew()
    claims._heart.remove(taken)  # it is stopped
    os.utime(base.with_name("claim-1"), (1, 1))
    other = Claim(base)
    assert other.take() == ""
    with pytest.raises(ClaimLost, match="took it over"):
        taken.renew()
    taken.release()
    assert names(base.parent) == ["claim-2"], "who lost it does not let it go"
    other.renew()
    other.release()


def test_who_was_slow_finds_out_where_the_new_owner_was_killed_at_once(base: Path, taken: Claim) -> None:
    path = leave(base, 2)  # the new owner had no time to remove the old claim
    with pytest.raises(ClaimLost, match="process 1 on far"):
        taken.renew()
    path.rename(base.with_name("claim-2.free"))
    with pytest.raises(ClaimLost, match="another process"):
        taken.renew()


def test_of_many_that_take_over_one_does(base: Path) -> None:
    for number in range(1, 40, 3):
        leave(base, number, seconds=claims.LEASE + 1)
        wishes = [Claim(base) for _ in range(8)]
        start = threading.Barrier(len(wishes))
        answers: list[str] = []

        def take(wish: Claim, start: threading.Barrier = start, answers: list[str] = answers) -> None:
            start.wait()
            answers.append(wish.take())

        threads = [threading.Thread(target=take, args=(wish,)) for wish in wishes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers.count("") == 1
        for wish in wishes:
            wish.release()
        for path in base.parent.iterdir():
            path.unlink()


def test_a_late_comer_does_not_make_a_number_that_was_there(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It saw ``claim-1`` as outdated; meanwhile ``claim-2`` came and went and ``claim-3`` is held."""
    leave(base, 1, seconds=claims.LEASE + 1)
    late, real = Claim(base), claims._make

    def slow(*arguments: Path) -> bool:
        monkeypatch.setattr(claims, "_make", real)
        base.with_name("claim-1").unlink()
        leave(base, 3)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(claims, "_make", slow)
    assert late.take() == "process 1 on far"
    assert names(base.parent) == ["claim-3"]


def test_without_links_it_works_too(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    first, second = Claim(base), Claim(base)
    assert first.take() == ""
    assert second.take()
    first.release()
    assert names(base.parent) == ["claim-1.free"]


def test_what_is_waited_for_comes(base: Path, taken: Claim, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(claims, "time", clock)
    clock.events = {0.3: taken.release}
    with hold(base):
        assert not clock.events, "it was let go before"
        assert clock.now <= 0.3 + claims.POLL
        assert names(base.parent) == ["claim-2"]


def test_waiting_ends_with_a_sign_of_life_a_death_or_the_lease(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(claims, "time", clock)
    claims.wait([base], 0.0)  # nobody holds it
    leave(base, 1, pid=2**22 + 1, machine=machine_id())
    claims.wait([base], 0.0)  # its owner is dead
    assert clock.now == 0
    path = leave(base, 2)
    clock.events = {0.3: lambda: os.utime(path, (1, 1))}  # whatever its clock says, it changes
    claims.wait([base], 0.0)
    assert 0.3 <= clock.now <= 0.3 + claims.POLL, "its owner lives"
    began = clock.now
    claims.wait([base], 0.0)
    assert clock.now - began > claims.LEASE, "it might live still"


def test_leftovers_of_the_killed_are_removed(base: Path) -> None:
    leave(base, 1, pid=2**22 + 1, machine=machine_id()).rename(base.with_name(".claim.dead.tmp"))
    leave(base, 1).rename(base.with_name(".claim.alive.tmp"))
    claim = Claim(base)
    assert claim.take() == ""
    assert names(base.parent) == [".claim.alive.tmp", "claim-1"]
    claim.release()


def test_what_a_process_left_that_was_killed_before_its_first_word_is_removed(base: Path) -> None:
    base.with_name(".claim.torn.tmp").touch()
    claim = Claim(base)
    assert claim.take() == ""
    assert names(base.parent) == ["claim-1"]
    base.with_name(".claim.late.tmp").touch()
    claim.discard()
    assert names(base.parent) == []


def test_who_is_taken_for_a_killed_one_asks_again(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, taken_away = os.utime, []

    def utime(path: Any, *arguments: Any) -> None:
        if not taken_away:
            taken_away.append(path)
            Path(path).unlink()
        real(path, *arguments)

    monkeypatch.setattr(os, "utime", utime)
    claim = Claim(base)
    assert claim.take() == ""
    assert len(taken_away) == 1
    assert names(base.parent) == ["claim-1"]
    claim.release()


def test_discarding_leaves_nothing(base: Path, taken: Claim) -> None:
    taken.discard()
    assert names(base.parent) == []


def test_ends_of_processes() -> None:
    assert not has_ended(os.getpid(), started_at(os.getpid()))
    with subprocess.Popen([sys.executable, "-c", "pass"]) as process:
        until = time.monotonic() + 300
        while not has_ended(process.pid):  # not waited for: one whose parent took no note of its end has ended as well
            assert time.monotonic() < until
            time.sleep(0.01)
    assert has_ended(process.pid)
    assert not Owner("t", 1, "far", "another boot", "", 0.0).dead

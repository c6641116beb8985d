"""Several processes on one suite, some of them killed or stopped, on one machine or as if on two."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import harness
import pytest

from albench.disk import claims
from albench.disk.files import append_whole
from albench.errors import ClaimLost
from albench.results.records import encode_record, read_trial
from albench.results.store import TrialStore

LEASE = 2.0
PLUGIN = """
import os
from pathlib import Path
from albench.disk import claims
from albench.disk import owners as holders
from albench.api import hookimpl

claims.LEASE, claims.HEARTBEAT = {lease}, 0.2
if {machine!r}:
    claims.machine_id = holders.machine_id = lambda: {machine!r}

@hookimpl
def albench_round_end(event):
    line = f"{{event.trial.key}} {{event.record['round']}}\\n"
    handle = os.open(Path(event.trial.folder).parent / "rounds", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, line.encode())
    os.close(handle)
"""


def options(tmp_path: Path, machine: str = "", lease: float = LEASE) -> list[str]:
    """A run that notes each round it has written, with a short lease, on a machine of that name."""
    plugin = tmp_path / f"plugin_{machine or 'here'}.py"
    plugin.write_text(PLUGIN.format(lease=lease, machine=machine))
    return harness.small_suite("--executor", "local", "--plugin", str(plugin))


def rounds(tmp_path: Path) -> Counter[str]:
    """How often each round of each trial was written."""
    return Counter((tmp_path / "rounds").read_text().splitlines())


def test_four_runs_at_once_carry_out_each_trial_once(
    whole: harness.Whole, tmp_path: Path, nursery: harness.Nursery
) -> None:
    runs = [harness.Run(options(tmp_path, lease=claims.LEASE), tmp_path / "s", nursery) for _ in range(4)]
    assert [run.wait() for run in runs] == [0] * 4, [run.printed for run in runs]
    assert harness.differences(tmp_path / "s", whole.folder) == ([], 16)
    assert set(rounds(tmp_path).values()) == {1}
    assert len(rounds(tmp_path)) == 16


def test_a_run_killed_on_another_machine_is_followed_after_the_lease(
    whole: harness.Whole, tmp_path: Path, nursery: harness.Nursery
) -> None:
    suite = tmp_path / "s"
    first = harness.Run(options(tmp_path, "far"), suite, nursery)
    while first.poll() is None and not list(suite.glob("trials/*/rounds.jsonl")):
        time.sleep(0.005)
    first.kill()
    killed = time.monotonic()
    second = harness.Run(options(tmp_path, "near"), suite, nursery)
    assert second.wait() == 0, second.printed
    assert time.monotonic() - killed > LEASE, "of a process on another machine nothing is known before"
    assert "held by others: waiting up to 2 s for a sign of life" in second.printed
    assert "is being run by" not in second.printed
    assert harness.differences(suite, whole.folder) == ([], 16)


def stop_while_it_holds_a_trial(run: harness.Run, suite: Path) -> None:
    """Not between two."""
    while run.poll() is None:
        os.kill(run.pid, signal.SIGSTOP)
        while Path(f"/proc/{run.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
            time.sleep(0.001)
        if list(suite.glob("trials/*/claim-[0-9]")):
            return
        os.kill(run.pid, signal.SIGCONT)
        time.sleep(0.01)
    pytest.fail("it ended first")


@pytest.mark.parametrize("seed", [1, 2])
def test_a_run_stopped_past_its_lease_leaves_what_was_taken_over(
    seed: int, whole: harness.Whole, tmp_path: Path, nursery: harness.Nursery
) -> None:
    suite = tmp_path / "s"
    slow = harness.Run(options(tmp_path), suite, nursery)
    while slow.poll() is None and not list(suite.glob("trials/*/rounds.jsonl")):
        time.sleep(0.005)
    time.sleep(random.Random(seed).uniform(0, whole.seconds / 8))
    stop_while_it_holds_a_trial(slow, suite)
    try:
        second = harness.Run(options(tmp_path), suite, nursery)
        assert second.wait() == 0, second.printed
        assert "is being run by" not in second.printed, "it took the stopped one's trial over"
    finally:
        os.kill(slow.pid, signal.SIGCONT)
    assert slow.wait() == 0, slow.printed
    assert harness.differences(suite, whole.folder) == ([], 16)
    assert "Traceback" not in slow.printed


def test_what_a_slow_owner_writes_after_all_is_never_read(tmp_path: Path) -> None:
    """Stopped between the look at its claim and the write itself."""
    facts = {"key": "k", "data_hash": "d", "protocol": {"rounds": 3}}
    slow, other = TrialStore(tmp_path / "t"), TrialStore(tmp_path / "t")
    with slow.claim() as owner:
        assert owner == ""
        slow.start(facts)
        slow.append({"round": 0})
        os.utime(tmp_path / "t" / "claim-1", (1, 1))  # long ago
        with other.claim() as owner:
            assert owner == ""
            assert other.start(facts) == [{"round": 0}]
            assert slow._records is not None
            append_whole(slow._records, encode_record({"round": 1, "of": "slow"}).encode())
            other.append({"round": 1, "of": "other"})
            append_whole(slow._records, encode_record({"round": 2, "of": "slow"}).encode())
    files = read_trial(tmp_path / "t")
    assert files.records == [{"round": 0}, {"round": 1, "of": "other"}]
    assert not files.problems


def test_who_is_stopped_while_it_writes_a_file_anew_leaves_that_of_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = {"key": "k", "data_hash": "d", "protocol": {"rounds": 3}}
    slow, other = TrialStore(tmp_path / "t"), TrialStore(tmp_path / "t")
    with slow.claim():
        slow.start(facts)
        slow.append({"round": 0})
        real = os.fsync

        def stopped(descriptor: int) -> None:
            """Stopped here, for longer than the lease."""
            real(descriptor)
            monkeypatch.setattr(os, "fsync", real)
            os.utime(tmp_path / "t" / "claim-1", (1, 1))
            with other.claim() as owner:
                assert owner == ""
                other.start(facts)
                other.append({"round": 1})

        monkeypatch.setattr(os, "fsync", stopped)
        with pytest.raises(ClaimLost):
            slow.truncate(0)
    assert [record["round"] for record in read_trial(tmp_path / "t").records] == [0, 1]


def test_records_that_were_replaced_are_not_added_to(tmp_path: Path) -> None:
    """By an owner before that was stopped at the very moment of its rename."""
    store = TrialStore(tmp_path / "t")
    with store.claim():
        store.start({"key": "k", "data_hash": "d", "protocol": {"rounds": 3}})
        store.append({"round": 0})
        (tmp_path / "t" / "replaced").write_text("")
        (tmp_path / "t" / "replaced").rename(tmp_path / "t" / "rounds.jsonl")
        with pytest.raises(ClaimLost):
            store.append({"round": 1})

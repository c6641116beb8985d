"""Ctrl-C and SIGTERM are answered after a write, not inside one."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from albench.files import append_whole, replacing
from albench.interrupts import as_interrupts, uninterrupted

BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


def nested(number: signal.Signals, done: list[str]) -> None:
    with as_interrupts():
        with uninterrupted():
            with uninterrupted():
                signal.raise_signal(number)
                done.append("inner")
            done.append("outer")
        done.append("after")


@BOTH
def test_a_signal_waits_for_the_end_of_the_outermost_write(number: signal.Signals) -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        nested(number, done)
    assert done == ["inner", "outer"]


def signalled(*numbers: signal.Signals) -> None:
    for number in numbers:
        signal.raise_signal(number)  # of a signal sent to the process, another thread may be told, and of two only one
    pytest.fail("it was not answered")


@BOTH
def test_outside_a_write_it_is_answered_at_once(number: signal.Signals) -> None:
    with pytest.raises(KeyboardInterrupt), as_interrupts():
        signalled(number)


def test_a_second_signal_ends_a_write_that_hangs() -> None:
    with pytest.raises(KeyboardInterrupt), as_interrupts(), uninterrupted():
        signalled(signal.SIGTERM, signal.SIGTERM)
    with as_interrupts(), uninterrupted():
        pass  # nothing of it is left


def write_twice(path: Path) -> None:
    with as_interrupts(), replacing(path) as handle:
        handle.write(b"one")
        signal.raise_signal(signal.SIGTERM)
        handle.write(b"two")


def test_files_are_finished_before_the_end(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write_twice(tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == b"onetwo"


def test_an_append_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    path = tmp_path / "f"
    path.write_bytes(b"whole\n")
    with path.open("ab", buffering=0) as handle:
        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="Input"):
            append_whole(handle, b"half")
    assert path.read_bytes() == b"whole\n"


def test_handlers_are_as_before() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with as_interrupts(), as_interrupts():
        pass
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    own = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with as_interrupts():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN, "a background job's stays ignored"
    finally:
        signal.signal(signal.SIGINT, own)


def test_other_threads_write_as_ever() -> None:
    def write() -> None:
        with as_interrupts(), uninterrupted():
            pass

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()

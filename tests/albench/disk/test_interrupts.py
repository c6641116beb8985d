"""Ctrl-C and SIGTERM are answered after a write, not inside one, and while libraries load too."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from albench.disk.files import append_whole, replacing
from albench.disk.interrupts import STOPPED, as_interrupts, uninterrupted

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


def test_an_import_is_carried_to_its_end_before_a_signal_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Libraries swallow what comes amid their import, or stay half loaded."""
    (tmp_path / "swallows.py").write_text(
        "import signal\ntry:\n    signal.raise_signal(signal.SIGINT)\nexcept BaseException:\n    pass\nwhole = True\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(KeyboardInterrupt), as_interrupts():
        importlib.import_module("swallows")
    assert sys.modules.pop("swallows").whole
    assert sys.getprofile() is None


AT = """
import os, signal, sys

class At:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ.get("AT"):
            del os.environ["AT"]
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, At())
"""
"""Sends a real Ctrl-C to the process when it begins to import the module that ``AT`` names."""
RUN = "run -d digits -s random -m supervised --seeds 1 --initial 10 --rounds 1 --steps 2 --executor local"


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("albench.disk.interrupts", "list"),
        ("click", "--help"),
        ("albench.components.registry", "--help"),
        ("rich.table", "list"),
        ("numpy.linalg", "show entropy"),
        ("torch.nn", "check entropy"),
        ("albench.trial.rounds", RUN),
    ],
)
def test_ctrl_c_while_the_command_loads_is_one_line_and_130(moment: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(AT)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "AT": moment}
    command = [sys.executable, "-m", "albench", *words.split()]
    done = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stderr) == (130, f"{STOPPED}\n"), done.stdout
    if words == RUN:  # a run that has begun is left in order
        (log,) = tmp_path.rglob("log.jsonl")
        assert '"interrupted"' in log.read_text(encoding="utf-8")

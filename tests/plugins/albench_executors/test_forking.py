"""Workers that are forks of one process: they are what a new Python would be, and end as one does."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from telling_workers import Told, facts, run

from albench_executors.processes import Processes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux alone")
A, B, C = (Told(key) for key in "abc")


@pytest.fixture(autouse=True)
def of_this_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server that other tests of this process have left: one belongs to an environment."""
    monkeypatch.setenv("TELLING_WORKERS", "here")


def gone(pid: int) -> bool:
    """Whether a process has ended, which may take a moment."""
    until = time.monotonic() + 300
    while Path(f"/proc/{pid}").exists() and time.monotonic() < until:
        time.sleep(0.01)
    return not Path(f"/proc/{pid}").exists()


def test_workers_of_several_runs_come_from_one_process_that_has_imported_what_they_need() -> None:
    told = [*facts([A, B], Processes(workers=2)), *facts([C])]
    assert {each["parent"] for each in told} == {told[0]["parent"]}
    assert told[0]["parent"] != os.getpid()
    assert all(each["imported"] for each in told)
    assert len({each["pid"] for each in told}) == 3
    assert all(each["ignores Ctrl-C"] for each in told)


def test_each_draws_numbers_of_its_own() -> None:
    """A fork has the random states of what it comes from."""
    first, second, third = (facts([job])[0]["drawn"] for job in (A, B, C))
    assert len({draw[0] for draw in (first, second, third)}) == len({draw[1] for draw in (first, second, third)}) == 3


def test_environment_and_folder_are_the_driver_s_of_now(monkeypatch: Any, tmp_path: Path) -> None:
    before = facts([A])[0]
    monkeypatch.setenv("ALBENCH_TOLD", "now")  # albench's own are read when they are used
    monkeypatch.chdir(tmp_path)
    (now,) = facts([Told("a", variable="ALBENCH_TOLD")])
    assert (now["variable"], now["folder"], now["parent"]) == ("now", str(tmp_path), before["parent"])
    assert before["variable"] is None


def test_what_libraries_may_read_as_they_load_has_them_loaded_anew(monkeypatch: Any) -> None:
    before = facts([A])[0]
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    (now,) = facts([Told("a", variable="OMP_NUM_THREADS")])
    assert now["variable"] == "3"
    assert now["parent"] not in (before["parent"], os.getpid())
    assert gone(before["parent"]), "nobody asks it any more"


def test_a_library_that_changed_is_loaded_anew(monkeypatch: Any, tmp_path: Path) -> None:
    (tmp_path / "changing_library.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("telling_workers.IMPORTS", ("colorsys", "changing_library"))
    before, same = facts([A])[0], facts([B])[0]
    (tmp_path / "changing_library.py").write_text("print()")
    after = facts([A])[0]
    assert before["parent"] == same["parent"] != after["parent"]
    assert after["parent"] != os.getpid()


def test_after_a_library_that_starts_threads_workers_are_started(monkeypatch: Any, tmp_path: Path) -> None:
    code = "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()"
    (tmp_path / "library_with_a_thread.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("telling_workers.IMPORTS", ("library_with_a_thread",))
    told = facts([A, B], Processes(workers=2))
    assert {each["parent"] for each in told} == {os.getpid()}
    assert told[0]["path"] == told[1]["path"]


def test_trials_on_a_gpu_have_workers_that_are_started() -> None:
    (told,) = facts([Told("a", device="cuda:0")])
    assert (told["parent"], told["device"], told["imported"]) == (os.getpid(), "cuda:0", False)


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (-signal.SIGKILL, "its worker process was killed by SIGKILL, signal 9 (out of memory?)"),
        (-signal.SIGTERM, "its worker process was killed by SIGTERM, signal 15"),
        (3, "its worker process ended with exit code 3 after printing 'about to end'"),
    ],
    ids=["kill", "term", "exit"],
)
def test_how_one_ends_is_told_and_another_takes_its_place(act: int, reason: str) -> None:
    outcomes = {each.key: each for each in Processes(workers=1).map(run, [A, Told("b", act), C], print)}
    assert outcomes["b"].reason == reason
    assert outcomes["b"].detail == "about to end\n"
    assert '"pid"' in outcomes["a"].reason
    assert '"pid"' in outcomes["c"].reason


def test_the_end_of_a_worker_is_waited_for_and_loses_nothing(monkeypatch: Any, tmp_path: Path) -> None:
    """Files that were left open, functions for the end and threads that are not the process's own to end."""
    monkeypatch.chdir(tmp_path)
    facts([Told("a", "write")])
    found = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert found == {"left-open": "all of it", "at-exit": "called", "thread": "ended"}


def test_nothing_is_called_after_what_a_worker_does_last() -> None:
    """What a module has called at the end is called before that only where it is imported after it."""
    code = "import atexit, albench_executors.fork_server; print(atexit._ncallbacks())"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"


def test_all_end_when_the_iterator_is_closed() -> None:
    held: list[int] = []
    jobs = [Told("a", "hold"), B, Told("c", "hold")]
    outcomes: Any = Processes(workers=2).map(run, jobs, held.append)
    next(outcomes)
    while not held:
        time.sleep(0.01)
    outcomes.close()
    assert all(map(gone, held))


def test_a_killed_server_fails_what_runs_and_the_next_run_has_another() -> None:
    parent = facts([A])[0]["parent"]
    outcomes = Processes(workers=1).map(run, [Told("a", "hold"), B], lambda _: os.kill(parent, signal.SIGKILL))
    failed, told = outcomes
    assert failed.reason == "its worker process died and left no word (out of memory?)"
    assert '"pid"' in told.reason
    assert facts([A])[0]["parent"] not in (parent, os.getpid())


def test_forked_and_started_workers_are_alike(monkeypatch: Any) -> None:
    (forked,) = facts([A])
    monkeypatch.setattr("albench_executors.processes.forked", lambda *_: None)
    (started,) = facts([A])
    assert (forked["path"], forked["folder"]) == (started["path"], started["folder"])
    open_of_forked, open_of_started = (
        [re.sub(r"\d+", "", each) for each in told["open"]] for told in (forked, started)
    )
    assert open_of_forked == open_of_started, "a server's files are its own"


def test_a_server_that_nobody_asks_leaves() -> None:
    ours, other = socket.socketpair()
    code = "from albench_executors import fork_server; fork_server.IDLE = 0.1; fork_server.main('{}', [])"
    with ours, other:
        words = [sys.executable, "-c", code.format(other.fileno())]
        path = os.pathsep.join(filter(None, sys.path))
        with subprocess.Popen(words, pass_fds=[other.fileno()], env={**os.environ, "PYTHONPATH": path}) as server:
            assert server.wait(300) == 0

"""What executors say of a process that died: its last words."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from albench_executors.workers import death, worker_environment

WORDS = {
    "import no_such_library": "died: ModuleNotFoundError: No module named 'no_such_library'",
    "try:\n    1 / 0\nexcept ZeroDivisionError:\n    {}['x']": "died: KeyError: 'x'",
    "import faulthandler; faulthandler._sigsegv()": "was killed by SIGSEGV, signal 11: Segmentation fault, File "
    '"<string>", line 1 in <module>',
    "import os, signal; print('busy'); os.kill(os.getpid(), signal.SIGKILL)": "was killed by SIGKILL, signal 9 "
    "(out of memory?)",
    "import os; os._exit(3)": "ended with exit code 3 and left no word",
    "import os; print('one'); print('two', flush=True); os._exit(3)": "ended with exit code 3 after printing 'two'",
    "raise SystemExit('no licence')": "ended with exit code 1 after printing 'no licence'",
}


@pytest.mark.parametrize("code", WORDS, ids=[f"end{number}" for number in range(len(WORDS))])
def test_a_dead_process_s_reason_is_its_last_words(code: str) -> None:
    environment = worker_environment()
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert death(done.returncode, done.stdout) == WORDS[code]


def test_where_a_library_crashed_is_told_of_the_thread_that_crashed() -> None:
    words = (
        'Fatal Python error: Aborted\n\nThread 0x1 (most recent call first):\n  File "threading.py", line 3 in wait\n\n'
        'Current thread 0x2 (most recent call first):\n  File "solver.py", line 7 in solve\n'
    )
    assert (
        death(-signal.SIGABRT, words) == 'was killed by SIGABRT, signal 6: Aborted, File "solver.py", line 7 in solve'
    )


def test_a_system_s_word_is_taken_and_a_signal_without_a_name_has_its_number() -> None:
    said = "starting\nslurmstepd: error: Detected 1 oom_kill event in StepId=7.0.\n"
    assert death(1, said).startswith("died: slurmstepd: error: Detected 1 oom_kill event")
    assert death(-int(max(signal.valid_signals())), "").startswith("was killed by SIGRTMAX, signal ")
    assert death(-40, "") == "was killed by signal 40"

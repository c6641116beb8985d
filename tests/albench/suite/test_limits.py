"""Time limits: what hangs fails by itself, and what cannot be interrupted ends with its worker."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import albench
from albench.errors import SuiteError
from albench.suite.limits import STOPPED, TooLong, at_most


def catch_all() -> None:
    """What a plugin may catch does not stop the limit."""
    while True:
        try:
            time.sleep(0.01)
        except Exception:
            continue


def test_what_ends_in_time_is_left_alone_and_what_does_not_is_ended() -> None:
    with at_most(60):
        pass
    with at_most(None):
        pass
    with pytest.raises(TooLong), at_most(0.05):
        catch_all()
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0), "the timer is off again"


def spin() -> None:
    while True:
        pass


def test_computing_is_counted_without_waiting() -> None:
    with at_most(0.2, computing=True):
        time.sleep(0.4)
    with pytest.raises(TooLong), at_most(0.05, computing=True):
        spin()


def test_a_worker_that_cannot_be_interrupted_ends() -> None:
    code = (
        "import signal, time, albench.suite.limits as limits\n"
        "limits.GRACE = 0.1\n"
        "with limits.at_most(0.1):\n"
        "    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])\n"
        "    time.sleep(600)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={"ALBENCH_WORKER": "1", "PYTHONPATH": str(Path(albench.__file__).parents[1])},
    )
    assert done.returncode == STOPPED
    assert done.stderr == "not ended after 0.1 s, and not to be interrupted: the worker process ends.\n"


@pytest.mark.parametrize("executor", ["local", "processes[workers=1]"])
def test_a_query_that_hangs_or_exits_fails_its_own_trial(small_run: Any, executor: str) -> None:
    results = small_run(
        strategy=["wrong[how=hang]", "wrong[how=sys-exit]", "first"],
        method="supervised",
        executor=executor,
        rounds=2,
        query_time_limit=1.0,
        on_failure="keep",
    )
    reasons = {failure.strategy: failure.reason for failure in results.failed.itertuples()}
    assert reasons == {
        "wrong[how=hang]": "strategy 'wrong[how=hang]' had not chosen after 1 s (--query-time-limit).",
        "wrong[how=sys-exit]": "a plugin called sys.exit('enough')",
    }
    assert (results.frame["strategy"] == "first").sum() == 2


def test_a_limit_is_above_zero(small_run: Any) -> None:
    with pytest.raises(SuiteError, match=r"--query-time-limit 0: it is a number of seconds above 0"):
        small_run(query_time_limit=0.0)

"""What this machine grants, as every part of albench counts it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from albench.disk.processes import cores

CODE = """
import os
from albench.disk.processes import cores
from albench.bench.machine import this_machine
from albench_executors.processes import Processes
from albench.api import cores as of_plugins
print(cores(), of_plugins(), Processes().concurrency(), this_machine().cores)
"""


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system binds no process to cores")
def test_a_process_bound_to_one_core_counts_one() -> None:
    (first, *_) = os.sched_getaffinity(0)
    bind = f"import os\nos.sched_setaffinity(0, {{{first}}})\n"
    found = subprocess.run([sys.executable, "-c", bind + CODE], capture_output=True, text=True, check=True).stdout
    assert found.split() == ["1", "1", "1", "1"]


def test_a_run_on_one_core_stays_in_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    from albench.execution.prepare import prepare
    from albench.execution.settle import settle
    from albench.session import suite_from
    from albench.suite.settings import run_settings

    suite = suite_from(dataset="digits", strategy="random", rounds=1, initial=20)
    assert cores() == len(os.sched_getaffinity(0))
    for count, executor in ((1, "local"), (4, "processes")):
        monkeypatch.setattr("albench.execution.prepare.cores", lambda count=count: count)
        assert prepare(settle(suite, run_settings(out=Path("nowhere"), device="cpu"))).executor.name == executor

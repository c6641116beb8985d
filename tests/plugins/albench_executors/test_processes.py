"""Worker processes: they end with their driver, whatever they are doing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

DRIVER = """
import os, sys, time
from dataclasses import dataclass
from pathlib import Path
from albench_executors.processes import Processes

@dataclass(frozen=True)
class Box:
    key: str
    file: str

def run(job, emit):
    Path(job.file).write_text(str(os.getpid()))
    time.sleep(60)  # a long query: it says nothing

if __name__ == "__main__":
    import driver_of_workers
    jobs = [driver_of_workers.Box("a", sys.argv[1])]
    list(Processes(workers=1).map(driver_of_workers.run, jobs, print))
"""


def test_a_worker_that_says_nothing_ends_with_its_driver(tmp_path: Path) -> None:
    (tmp_path / "driver_of_workers.py").write_text(DRIVER)
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    words = [sys.executable, tmp_path / "driver_of_workers.py", tmp_path / "pid"]
    with subprocess.Popen(words, env={**os.environ, "PYTHONPATH": path}) as driver:
        until = time.monotonic() + 30
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            assert driver.poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)
        worker = Path("/proc") / (tmp_path / "pid").read_text()
        assert worker.exists()
        driver.kill()
    until = time.monotonic() + 10
    while worker.exists():
        assert time.monotonic() < until, "the worker lives on"
        time.sleep(0.02)

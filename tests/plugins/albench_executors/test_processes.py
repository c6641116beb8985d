"""Worker processes: they end with their driver, whatever they are doing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from albench_executors.workers import worker_environment

DRIVER = """
import os, sys, time
from dataclasses import dataclass
from pathlib import Path
from albench_executors.processes import Processes

@dataclass(frozen=True)
class Box:
    key: str
    file: str
    device: str = "cpu"

def run(job, emit):
    Path(job.file).write_text(f"{os.getpid()} {os.getppid()}")
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
        until = time.monotonic() + 300
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            assert driver.poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)
        processes = [Path("/proc") / number for number in (tmp_path / "pid").read_text().split()]
        assert str(driver.pid) not in {process.name for process in processes}, "what it is a fork of is another one"
        assert all(process.exists() for process in processes)
        driver.kill()
    until = time.monotonic() + 300
    while any(process.exists() for process in processes):
        assert time.monotonic() < until, "the worker lives on, or what it is a fork of"
        time.sleep(0.02)


def test_a_worker_imports_nothing_from_the_working_folder_that_its_driver_would_not(tmp_path: Path) -> None:
    """A script there that is called as a module of the library, or another copy of albench, is not a worker's."""
    here, driver = tmp_path / "here", tmp_path / "driver.py"
    driver.write_text("import sys; from albench.cli.main import main; main(sys.argv[1:])")
    for name in ("albench", "albench_executors"):
        (here / name).mkdir(parents=True)
        (here / name / "__init__.py").write_text("raise SystemExit('another copy')")
    (here / "random.py").write_text("raise SystemExit('mine')")
    words = [
        "run",
        "-d",
        "digits",
        "-s",
        "random",
        "-m",
        "supervised",
        "--seeds",
        "2",
        "--rounds",
        "1",
        "--steps",
        "2",
        "--executor",
    ]
    command = [sys.executable, str(driver), *words, "processes[workers=1]"]
    done = subprocess.run(command, cwd=here, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_worker_finds_what_its_driver_finds_in_the_working_folder(tmp_path: Path, monkeypatch: Any) -> None:
    """An interactive session looks there; so do the workers that it starts."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", "/elsewhere"])
    environment = worker_environment()
    assert environment["PYTHONPATH"] == os.pathsep.join([str(tmp_path), "/elsewhere"])
    assert environment["PYTHONSAFEPATH"] == "1"

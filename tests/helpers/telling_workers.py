"""Jobs that tell what the worker is that carries them out, or end it."""

from __future__ import annotations

import atexit
import dataclasses
import json
import os
import random
import signal
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy

from albench.api import Executor, Failed
from albench_executors.processes import Processes

IMPORTS = ("colorsys",)
kept: list[Any] = []


@dataclass(frozen=True)
class Told:
    """A job whose outcome is what its worker knows; ``act`` is a signal or an exit code to end with, ``hold``, or
    ``write`` to leave work for the worker's end."""

    key: str
    act: int | str = ""
    device: str = "cpu"
    variable: str = ""

    def on_device(self, name: str) -> Told:
        return dataclasses.replace(self, device=name)


def run(job: Any, emit: Any) -> Failed:
    imported = "colorsys" in sys.modules
    if job.act == "hold":
        emit(os.getpid())
        time.sleep(600)
    if job.act == "write":
        kept.append((Path.cwd() / "left-open").open("w", encoding="utf-8"))
        kept[0].write("all of it")
        atexit.register((Path.cwd() / "at-exit").write_text, "called")
        threading.Thread(target=lambda: time.sleep(0.2) or (Path.cwd() / "thread").write_text("ended")).start()
    if isinstance(job.act, int):
        print("about to end", flush=True)
        if job.act < 0:
            os.kill(os.getpid(), -job.act)
        os._exit(job.act)
    facts = {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "imported": imported,
        "variable": os.environ.get(job.variable),
        "folder": str(Path.cwd()),
        "path": sys.path,
        "ignores Ctrl-C": signal.getsignal(signal.SIGINT) is signal.SIG_IGN,
        "drawn": [random.random(), float(numpy.random.random())],  # noqa: NPY002 - the state of the process
        "device": job.device,
        "open": sorted(str(each.readlink()) for each in Path("/proc/self/fd").iterdir() if each.exists()),
    }
    time.sleep(0.05)  # so that others get some, too
    return Failed(job.key, json.dumps(facts))


def facts(jobs: list[Told], executor: Executor | None = None) -> list[dict[str, Any]]:
    """What the workers of some jobs tell, in the order of the jobs."""
    outcomes = {outcome.key: outcome for outcome in (executor or Processes(workers=1)).map(run, jobs, print)}
    return [json.loads(outcomes[job.key].reason) for job in jobs]

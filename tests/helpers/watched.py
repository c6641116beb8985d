"""A suite that processes of their own carry out, step by step as they are told."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from albench.render.watch import view
from albench.results.follow import SuiteState
from albench.results.store import SuiteStore

WORKER = """
import sys
from pathlib import Path
from albench.results.store import SuiteStore
from watched_parts import facts, record
store = SuiteStore(Path(sys.argv[1])).trial(sys.argv[2])
with store.claim() as owner:
    print("claimed", flush=True)
    for line in sys.stdin:
        if line.strip() == "start":
            store.start(facts(sys.argv[2]))
        elif line.strip() != "end":
            store.append(record(int(line)))
        print("ok", flush=True)
        if line.strip() == "end":
            break
"""
PARTS = """
def facts(key):
    names = dict(zip(("dataset", "method", "strategy", "backbone"), key.split("--")))
    about = {"rounds": 2, "device": "cpu"}
    seed = int(key.split("--s")[-1].split("--")[0])
    return {"key": key, **names, "seed": seed, "protocol_hash": "p", "protocol": about, "data_hash": "d"}

def record(number, seconds=2.0):
    return {"round": number, "test": {"macro_f1": 0.5 + number / 10}, "seconds": {"train": seconds, "query": seconds}}
"""
PARTS_OF: dict[str, Any] = {}
exec(PARTS, PARTS_OF)
KEYS = tuple(f"digits--fixmatch--random--mlp--s{seed}--{seed}abc" for seed in range(4))


class Worker:
    """A process of its own that carries a trial out, step by step as it is told."""

    def __init__(self, suite: Path, key: str) -> None:
        (suite.parent / "watched_parts.py").write_text(PARTS)
        path = os.pathsep.join([str(suite.parent), *filter(None, sys.path)])
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(suite), key],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        self._answer("claimed")

    def _answer(self, word: str) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == word

    def tell(self, *words: str) -> None:
        assert self.process.stdin is not None
        for word in words:
            self.process.stdin.write(f"{word}\n")
            self.process.stdin.flush()
            self._answer("ok")
        if words[-1] == "end":
            self.process.wait()

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


def watched_suite(folder: Path) -> Path:
    """The folder of a run that has four trials to carry out, none of which has begun."""
    store = SuiteStore(folder)
    store.open()
    run = {"started": "2020-01-01T00:00:00+00:00", "command": ["albench", "run", "a b.yaml"], "trials": len(KEYS)}
    store.update_manifest({"format": 1, "suite": "s", "runs": [run]})
    return folder


@contextlib.contextmanager
def workers(suite: Path) -> Iterator[Callable[[int], Worker]]:
    """Makes a process that claims the trial of a seed; all of them end with the block."""
    made: list[Worker] = []

    def make(seed: int) -> Worker:
        made.append(Worker(suite, KEYS[seed]))
        return made[-1]

    yield make
    for each in made:
        each.close()


def text(state: SuiteState) -> str:
    """What a terminal shows of it."""
    console = Console(file=io.StringIO(), width=120)
    with console.capture() as captured:
        console.print(view([state]))
    return captured.get()

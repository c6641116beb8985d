"""Commands and scripts that are forked from a process that imported what they need: that is most of a short one's time.

A fork is a process of its own: with its own session, folder, environment and signals, and an exit code. What it does
not show is how a command starts: what it imports, and what libraries read from the environment while they load.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).parents[2]
TOY = ROOT / "tests" / "plugin_files" / "toy.py"
PATIENCE = 300.0
"""Seconds that no command of a test takes, on however busy a machine."""


def _environment() -> dict[str, str]:
    """This process's, in which albench of this folder is found first."""
    path = [str(ROOT), str(ROOT / "plugins"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path)}


class Nursery:
    """A process that has imported what a command needs, and forks one each time it is asked."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**_environment(), "OMP_NUM_THREADS": "1"},
        )

    def _ask(self, question: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def start(
        self,
        words: list[str],
        log: Path,
        *,
        errors: Path | None = None,
        cwd: Path | None = None,
        environment: dict[str, str] | None = None,
    ) -> int:
        """Begin ``albench`` with some words; the process's number.

        Parameters
        ----------
        words
            A script and what it is given, where the first ends in ``.py``.
        log, errors
            Files for what it prints; without the second both go to the first.
        environment
            The whole of it, where it is not this process's; what PYTHONPATH names is looked at first.
        """
        where = [str(log), str(errors or log), str(cwd or Path.cwd())]
        return int(self._ask([words, *where, _environment() if environment is None else environment]))

    def poll(self, pid: int) -> int | None:
        """A process's exit code; None while it runs."""
        code = self._ask(pid)
        return None if code is None else int(code)

    def wait(self, pid: int, seconds: float = PATIENCE) -> int:
        """A process's exit code, once it has ended.

        Raises
        ------
        subprocess.TimeoutExpired
            If it has not ended after some seconds, far more than it needs; it is killed.
        """
        end = time.monotonic() + seconds
        while (code := self.poll(pid)) is None:
            if time.monotonic() > end:
                os.killpg(pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(f"process {pid}", seconds)
            time.sleep(0.01)
        return code

    def until(self, pid: int, sign: Callable[[], object], seconds: float = PATIENCE) -> None:
        """Wait for a sign that a process has come so far.

        Raises
        ------
        RuntimeError
            If it ends before; after some seconds it is killed.
        """
        end = time.monotonic() + seconds
        while not sign():
            if time.monotonic() > end:
                os.killpg(pid, signal.SIGKILL)
            if (code := self.poll(pid)) is not None:
                raise RuntimeError(f"it ended with {code} and had not come so far")
            time.sleep(0.01)

    def run(
        self, *words: str, cwd: Path, environment: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Carry out ``albench`` or a script with some words, as ``subprocess.run`` does."""
        with tempfile.TemporaryDirectory() as folder:
            output, errors = Path(folder, "out"), Path(folder, "err")
            pid = self.start(list(words), output, errors=errors, cwd=cwd, environment=environment)
            return subprocess.CompletedProcess(words, self.wait(pid), *(path.read_text() for path in (output, errors)))

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


@contextlib.contextmanager
def nursery() -> Iterator[Nursery]:
    """A nursery for as long as the block lasts."""
    made = Nursery()
    try:
        yield made
    finally:
        made.close()


def _nurse() -> None:
    """The nursery's side."""
    import torch

    from albench.components import registry as plugins
    from albench.results.provenance import Provenance

    for name in ("compare", "render", "results.load", "trial.rounds", "cli.main", "cli.run", "cli.doctor"):
        importlib.import_module(f"albench.{name}")
    for name in ("bench.estimate", "render.closing", "render.live", "session", "suite.suite_file"):
        importlib.import_module(f"albench.{name}")
    for name in ("pandas", "scipy.stats", "sklearn.metrics", "sklearn.datasets"):
        importlib.import_module(name)
    found = plugins.registry((str(TOY),))
    task = found.build("dataset", "blobs").load(None).task
    found.build("backbone", "mlp").build(task, torch.Generator())
    found.build("executor", "local")
    made = Provenance(found, None)  # reads and parses all that decides a trial
    for kind, name in (("method", "boostmis"), ("strategy", "boostmis"), ("strategy", "random"), ("backbone", "mlp")):
        found.build(kind, name)
        made.part(kind, name)
    plugins._registries.clear()  # a fork may find others installed
    gc.collect()
    gc.freeze()  # what is there stays, and a fork shares its memory as long as no look for garbage writes to it
    codes: dict[int, int] = {}
    for line in sys.stdin:
        question = json.loads(line)
        if isinstance(question, list):
            answer: int | None = os.fork()
            if answer == 0:
                _carry_out(*question)
        else:
            if question not in codes:
                pid, status = os.waitpid(question, os.WNOHANG)
                if pid:
                    codes[question] = os.waitstatus_to_exitcode(status)
            answer = codes.get(question)
        print(json.dumps(answer), flush=True)


def _carry_out(words: list[str], log: str, errors: str, cwd: str, environment: dict[str, str]) -> NoReturn:
    """What ``python -m albench`` or ``python SCRIPT`` does, in the process that was forked for it."""
    os.setsid()
    os.chdir(cwd)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open(log, flags), 1)
    os.dup2(1 if errors == log else os.open(errors, flags), 2)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:0] = [cwd, *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    script = words[0] if words[:1] and words[0].endswith(".py") else None
    sys.argv = words if script else ["albench", *words]
    code = 0
    try:
        if script:
            sys.path[0] = str(Path(script).parent)
            runpy.run_path(script, run_name="__main__")
        else:
            importlib.import_module("albench.__main__").main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 1
    with contextlib.suppress(OSError, ValueError):  # as of a reader that went away
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _nurse()

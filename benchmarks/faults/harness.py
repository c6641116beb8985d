"""Kills runs of a small suite at random moments, starts them again, and compares what is there in the end.

A run is ``python -m albench run`` in a process group of its own, or a fork that has imported all already (``forks``).
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forks import ROOT, TOY, Nursery

SLOW_DISK = Path(__file__).parent / "slow_disk.py"
DONE_WITHIN = 300.0
"""Seconds after which a run that should have ended is a fault of its own."""


def small_suite(*more: str, rounds: int = 4, steps: int = 15, seeds: int = 2) -> list[str]:
    """The options of a suite of two strategies that share first rounds, warm so that there are checkpoints."""
    return [
        *("--plugin", str(TOY), "-d", "blobs", "-m", "boostmis", "-s", "boostmis", "-s", "random"),
        *("--seeds", str(seeds), "--initial", "12", "--query-size", "8", "--rounds", str(rounds)),
        *("--steps", str(steps), "--set", "batch_size=16", "--set", "evaluations=2", "--warm-start", *more),
    ]


class Run:
    """One ``albench run``, in a process group of its own; what it prints goes to ``log``."""

    def __init__(
        self, options: list[str], folder: Path, nursery: Nursery | None = None, log: Path | None = None
    ) -> None:
        self._log = log or folder.with_name(f"{folder.name}-{time.monotonic_ns()}.log")
        words = ["run", *options, "--out", str(folder.parent), "--name", folder.name]
        self._nursery = nursery
        self._process: subprocess.Popen[bytes] | None = None
        if nursery:
            self.pid = nursery.start(words, self._log)
            return
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "albench", *words],
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=folder.parent,
                env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "plugins")])},
            )
        self.pid = self._process.pid

    @property
    def printed(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""

    def poll(self) -> int | None:
        """The exit code; None while it runs."""
        if self._process:
            return self._process.poll()
        assert self._nursery is not None
        return self._nursery.poll(self.pid)

    def wait(self, seconds: float = DONE_WITHIN) -> int:
        """Its exit code, once it has ended."""
        until = time.monotonic() + seconds
        while (code := self.poll()) is None:
            if time.monotonic() > until:
                self.kill()
                raise AssertionError(f"the run did not end within {seconds:g} s:\n{self.printed}")
            time.sleep(0.01)
        return code

    def kill(self) -> None:
        """End it and all that it started, at once."""
        for pid in [self.pid, *descendants(self.pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        while self.poll() is None:
            time.sleep(0.005)

    def kill_worker(self, rng: random.Random) -> bool:
        """End one of its worker processes; False where there is none."""
        workers = [pid for pid in descendants(self.pid) if _is_worker(pid)]
        if workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(rng.choice(workers), signal.SIGKILL)
        return bool(workers)


def descendants(pid: int) -> list[int]:
    """All processes that a process started, directly or not, as far as their parents are still there."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            fields = path.read_text(errors="replace").rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(path.parent.name))
    found: list[int] = []
    queue = [pid]
    while queue:
        queue += children.get(queue.pop(), [])
        found = list(dict.fromkeys([*found, *queue]))
    return found


def _is_worker(pid: int) -> bool:
    """Whether a process carries trials out for another: of ``processes``, or of Ray while it has a task."""
    words = _words(pid)
    if b"albench_executors.fork_server" in words:  # the words of what it is a fork of
        return b"albench_executors.fork_server" in _words(_parent(pid))
    return b"albench_executors.worker" in words or words[0].startswith(b"ray::carry_out")


def _words(pid: int) -> list[bytes]:
    """What a process was started with; none of one that is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return [b""]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0


@dataclass
class Tally:
    """What was done and found."""

    kills: int = 0
    worker_kills: int = 0
    runs: int = 0
    suites: int = 0
    records: int = 0
    differences: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Whole:
    """A suite that nothing disturbed, and the seconds that its trials took."""

    folder: Path
    seconds: float


def reference(options: list[str], folder: Path, nursery: Nursery | None = None) -> Whole:
    """Carry the suite out without any fault."""
    run = Run(options, folder, nursery)
    while run.poll() is None and not claimed(folder):
        time.sleep(0.01)
    started = time.monotonic()
    code = run.wait()
    if code:
        raise RuntimeError(f"the run that nothing disturbs ended with {code}:\n{run.printed}")
    return Whole(folder, time.monotonic() - started)


def claimed(folder: Path) -> set[Path]:
    """The files of all claims: a run that does anything adds to them, beginning with the manifest's."""
    return {*folder.glob(".manifest-*"), *folder.glob("trials/*/claim-*")}


def torment(
    options: list[str],
    folder: Path,
    whole: Whole,
    *,
    kills: int,
    rng: random.Random,
    worker_share: float = 0.0,
    nursery: Nursery | None = None,
) -> Tally:
    """Kill runs of a suite until so many kills are done, completing a suite whenever one survives.

    Parameters
    ----------
    folder
        Where suites go: ``folder-0``, ``folder-1``...
    whole
        The suite that nothing disturbed. A run is killed at a moment drawn from its seconds, after its own first claim.
    worker_share
        Share of the kills that hit one worker process alone.
    """
    tally = Tally()
    while tally.kills < kills:
        suite = folder.with_name(f"{folder.name}-{tally.suites}")
        code: int | None = None
        while code != 0:
            before = claimed(suite)
            run = Run(options, suite, nursery)
            tally.runs += 1
            if tally.kills < kills:
                while run.poll() is None and claimed(suite) == before:
                    time.sleep(0.002)
                code = _kill_one(run, tally, rng.uniform(0, whole.seconds), rng, worker_share)
            else:
                code = run.wait()
            if code not in (None, 0) and not _worker_died(run.printed):
                tally.differences.append(f"{suite.name}: a run ended with {code}: {run.printed[-2000:]}")
                return tally
        tally.suites += 1
        found, n_records = differences(suite, whole.folder)
        tally.records += n_records
        tally.differences += found
    return tally


def _worker_died(printed: str) -> bool:
    return "its worker process" in printed


def _kill_one(run: Run, tally: Tally, seconds: float, rng: random.Random, worker_share: float) -> int | None:
    """Kill a run, or one of its workers, after some seconds; its exit code if it ended by itself, before or after."""
    until = time.monotonic() + seconds
    while run.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    if run.poll() is not None:
        return run.poll()
    if rng.random() < worker_share:
        if run.kill_worker(rng):
            tally.kills += 1
            tally.worker_kills += 1
        return run.wait()
    run.kill()
    tally.kills += 1
    return None


def differences(suite: Path, whole: Path) -> tuple[list[str], int]:
    """Where a suite is not the same as another but for what is measured, one line each; and its number of records."""
    found = []
    wanted, there = _content(whole), _content(suite)
    for key in sorted({*wanted, *there}):
        if key not in there:
            found.append(f"{suite.name}: trial {key} is missing")
        elif key not in wanted:
            found.append(f"{suite.name}: trial {key} is one too many")
        elif wanted[key] != there[key]:
            found.append(f"{suite.name}: trial {key} is not the same ({len(there[key]) - 1} records)")
    left = [path for path in suite.rglob("*") if path.is_file() and _is_leftover(path)]
    found += [f"{suite.name}: {path.relative_to(suite)} was left behind" for path in left]
    return found, sum(len(content) - 1 for content in there.values())


def _content(suite: Path) -> dict[str, list[Any]]:
    """Trial -> its facts and records, read line by line so that a record that is there twice is seen.

    Which process made which round is not part of it.
    """
    from albench.disk.files import read_sealed
    from albench.environment import ATTEMPTS
    from albench.results.records import decode_record, without_measured

    found = {}
    for folder in sorted((suite / "trials").iterdir()):
        lines = (folder / "rounds.jsonl").read_text().splitlines(keepends=True)
        records = [decode_record(line) or line for line in lines]
        found[folder.name] = [
            {name: fact for name, fact in read_sealed(folder / "trial.json").items() if name != ATTEMPTS},
            *(without_measured(record) if isinstance(record, dict) else record for record in records),
        ]
    return found


def _is_leftover(path: Path) -> bool:
    return (
        path.name.startswith("checkpoint-")
        or path.suffix == ".tmp"
        or path.name in ("outcome.json", "traceback.txt")
        or (path.parent.name == "shared")
    )
